package handlers

import (
	"crypto/sha256"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// maxTokens is how many verified tokens are remembered: some 3 MB. Verifying one costs as much as the rest of a request.
const maxTokens = 10_000

// tokenCache remembers who verified tokens speak for, by the tokens' hashes, until they expire or the key that they are
// signed with is good no more. It knows no token, and none that was refused.
type tokenCache struct {
	skew   time.Duration
	known  *lru.Cache[[sha256.Size]byte, knownToken]
	result *prometheus.CounterVec
}

// knownToken is what is remembered of a token.
type knownToken struct {
	identity
	key *signingKey
}

func newTokenCache(skew time.Duration) *tokenCache {
	known, err := lru.New[[sha256.Size]byte, knownToken](maxTokens)
	if err != nil {
		panic(err) // a size above zero is all it asks for
	}
	return &tokenCache{skew: skew, known: known, result: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "homeroom_token_cache_total", Help: "Tokens that were looked up among the verified ones, by result: hit or miss.",
	}, []string{"result"})}
}

// find is who a token speaks for, if it is known and good.
func (c *tokenCache) find(text string) (identity, bool) {
	hash := sha256.Sum256([]byte(text))
	token, ok := c.known.Get(hash)
	if ok && (token.key.dropped.Load() || !time.Now().Before(token.expires.Add(c.skew))) {
		c.known.Remove(hash)
		ok = false
	}
	if !ok {
		c.result.WithLabelValues("miss").Inc()
		return identity{}, false
	}
	c.result.WithLabelValues("hit").Inc()
	return token.identity, true
}

// keep remembers a token that was verified with a key. If the key was dropped meanwhile it is of no use: see find.
func (c *tokenCache) keep(text string, id identity, key *signingKey) {
	c.known.Add(sha256.Sum256([]byte(text)), knownToken{id, key})
}
