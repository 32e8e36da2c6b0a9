package harness

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
)

// Key is a key that an identity provider signs tokens with.
type Key struct {
	Algorithm jwa.SignatureAlgorithm
	Private   jwk.Key // with its kid
}

// NewKey makes a key of RS256, ES256 or EdDSA. Its kid may be empty.
func NewKey(tb testing.TB, alg jwa.SignatureAlgorithm, kid string) Key {
	tb.Helper()
	var raw any
	var err error
	switch alg {
	case jwa.RS256:
		raw, err = rsa.GenerateKey(rand.Reader, 2048)
	case jwa.ES256:
		raw, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jwa.EdDSA:
		_, raw, err = ed25519.GenerateKey(rand.Reader)
	default:
		tb.Fatalf("no keys of %s are made here", alg)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return Key{alg, JWK(tb, raw, jwk.KeyIDKey, kid)}
}

// JWK is a raw key with fields, which are pairs of a name and a value; an empty value leaves the field out.
func JWK(tb testing.TB, raw any, fields ...string) jwk.Key {
	tb.Helper()
	key, err := jwk.FromRaw(raw)
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i+1] == "" {
			continue
		}
		if err := key.Set(fields[i], fields[i+1]); err != nil {
			tb.Fatal(err)
		}
	}
	return key
}

// Public is the half that is published.
func (k Key) Public(tb testing.TB) jwk.Key {
	tb.Helper()
	public, err := k.Private.PublicKey()
	if err != nil {
		tb.Fatal(err)
	}
	return public
}

// Token is a token for the user, signed with the key and naming it.
func (k Key) Token(tb testing.TB, user User) string {
	tb.Helper()
	return Sign(tb, k.Algorithm, k.Private, user.Claims(time.Hour))
}

// KeySet is the document that publishes keys.
func KeySet(tb testing.TB, keys ...jwk.Key) []byte {
	tb.Helper()
	set := jwk.NewSet()
	for _, key := range keys {
		if err := set.AddKey(key); err != nil {
			tb.Fatal(err)
		}
	}
	document, err := json.Marshal(set)
	if err != nil {
		tb.Fatal(err)
	}
	return document
}

// Issuer is an identity provider that publishes its keys on this machine.
type Issuer struct {
	URL string

	tb      testing.TB
	mu      sync.Mutex // guards the rest
	keys    []byte
	down    bool
	held    chan struct{} // closed when answers may go out; nil: at once
	fetches int
}

// NewIssuer starts a provider with these keys.
func NewIssuer(tb testing.TB, keys ...Key) *Issuer {
	tb.Helper()
	i := &Issuer{tb: tb}
	i.Publish(keys...)
	server := httptest.NewServer(http.HandlerFunc(i.serve))
	tb.Cleanup(server.Close)
	tb.Cleanup(func() { i.Release() })
	i.URL = server.URL + "/keys"
	return i
}

func (i *Issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.fetches++
	keys, down, held := i.keys, i.down, i.held
	i.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-r.Context().Done():
		}
	}
	if down {
		panic(http.ErrAbortHandler) // the connection breaks
	}
	w.Header().Set("Content-Type", "application/jwk-set+json")
	_, _ = w.Write(keys)
}

// Publish publishes these keys and no others.
func (i *Issuer) Publish(keys ...Key) {
	i.tb.Helper()
	public := make([]jwk.Key, len(keys))
	for n, key := range keys {
		public[n] = key.Public(i.tb)
	}
	i.PublishDocument(KeySet(i.tb, public...))
}

// PublishDocument publishes whatever this is.
func (i *Issuer) PublishDocument(document []byte) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = document
}

// Break has the provider break off every connection, until Mend.
func (i *Issuer) Break() { i.setDown(true) }

// Mend has it answer again.
func (i *Issuer) Mend() { i.setDown(false) }

func (i *Issuer) setDown(down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = down
}

// Hold has it keep everybody waiting, until Release.
func (i *Issuer) Hold() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.held = make(chan struct{})
}

// Release has it answer those who wait.
func (i *Issuer) Release() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.held != nil {
		close(i.held)
		i.held = nil
	}
}

// Fetches is how often its keys were asked for.
func (i *Issuer) Fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}
