package handlers

import (
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// maxTokens is how many verified tokens are remembered: some 3 MB. Verifying one costs as much as the rest of a request.
const maxTokens = 10_000

// tokenCache remembers who verified tokens speak for, by the tokens' hashes, until they expire. It knows no token, and
// none that was refused.
type tokenCache struct {
	known  *lru.Cache[[sha256.Size]byte, identity]
	result *prometheus.CounterVec
}

func newTokenCache() *tokenCache {
	known, err := lru.New[[sha256.Size]byte, identity](maxTokens)
	if err != nil {
		panic(err) // a size above zero is all it asks for
	}
	return &tokenCache{known: known, result: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "homeroom_token_cache_total", Help: "Tokens that were looked up among the verified ones, by result: hit or miss.",
	}, []string{"result"})}
}

// find is who a token speaks for, if it is known and good.
func (c *tokenCache) find(text string) (identity, bool) {
	key := sha256.Sum256([]byte(text))
	id, ok := c.known.Get(key)
	if ok && !time.Now().Before(id.expires.Add(clockSkew)) {
		c.known.Remove(key)
		ok = false
	}
	if ok {
		c.result.WithLabelValues("hit").Inc()
	} else {
		c.result.WithLabelValues("miss").Inc()
	}
	return id, ok
}

func (c *tokenCache) keep(text string, id identity) { c.known.Add(sha256.Sum256([]byte(text)), id) }
