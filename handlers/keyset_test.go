package handlers

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"
)

// errAway is what a source says that can't be read.
var errAway = errors.New("away")

// memorySource is a key set in memory.
type memorySource struct {
	takes time.Duration // to read it

	mu    sync.Mutex // guards the rest
	text  []byte     // nil: it can't be read
	reads []time.Time
}

func (s *memorySource) read(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	s.reads = append(s.reads, time.Now())
	text := s.text
	s.mu.Unlock()
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if text == nil {
		return nil, errAway
	}
	return text, nil
}

func (s *memorySource) changed() bool  { return false }
func (s *memorySource) String() string { return "memory" }

func (s *memorySource) set(text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = text
}

func (s *memorySource) count() int { return len(s.times()) }

func (s *memorySource) times() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.reads)
}

// edKey is an Ed25519 key with a kid: as it is published, and to sign with.
func edKey(t *testing.T, kid string) (published json.RawMessage, private jwk.Key) {
	t.Helper()
	public, secret, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if private, err = jwk.FromRaw(secret); err != nil {
		t.Fatal(err)
	}
	if err := private.Set(jwk.KeyIDKey, kid); err != nil {
		t.Fatal(err)
	}
	return jwkOf(t, public, fields{"kid": kid}), private
}

// start starts a key set, and waits for its first round.
func start(t *testing.T, source *memorySource) *KeySet {
	t.Helper()
	k := newKeySet(source, KeySetConfig{})
	k.start()
	t.Cleanup(k.close)
	time.Sleep(source.takes) // fake time
	synctest.Wait()
	return k
}

func TestKeySetCooldown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, _ := edKey(t, "old")
		fresh, _ := edKey(t, "fresh")
		source := &memorySource{text: document(t, old)}
		k := start(t, source)

		storm := func(n int) {
			var all sync.WaitGroup
			for range n {
				all.Go(func() {
					if _, err := k.find(t.Context(), edDSA, rand.Text()); err == nil {
						t.Error("a kid that nobody has is found")
					}
				})
			}
			all.Wait()
		}
		storm(100)
		if n := source.count(); n != 1 {
			t.Errorf("%d fetches within the cooldown", n)
		}
		time.Sleep(DefaultKeyCooldown) // fake time
		storm(100)
		if n := source.count(); n != 2 {
			t.Errorf("%d fetches after it", n)
		}
		source.set(document(t, old, fresh))
		if _, err := k.find(t.Context(), edDSA, "fresh"); err == nil {
			t.Error("a key is found that wasn't fetched")
		}
		time.Sleep(DefaultKeyCooldown) // fake time
		if _, err := k.find(t.Context(), edDSA, "fresh"); err != nil || source.count() != 3 {
			t.Errorf("a new key: %v after %d fetches", err, source.count())
		}
	})
}

func TestKeySetIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, _ := edKey(t, "old")
		source := &memorySource{takes: 9 * time.Second, text: document(t, old)}
		k := start(t, source)
		time.Sleep(DefaultKeyCooldown) // fake time
		began := time.Now()
		if _, err := k.find(t.Context(), edDSA, "unknown"); err == nil || time.Since(began) != keyWait {
			t.Errorf("an unknown key: %v after %s", err, time.Since(began))
		}
		began = time.Now()
		if _, err := k.find(t.Context(), edDSA, "old"); err != nil || time.Since(began) != 0 {
			t.Errorf("a known key beside it: %v after %s", err, time.Since(began))
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, err := k.find(gone, edDSA, "unknown"); !errors.Is(err, context.Canceled) {
			t.Errorf("a caller who is gone: %v", err)
		}
		k.close() // in the middle of a fetch
		k.close()
	})
}

func TestKeySetRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &memorySource{}
		k := start(t, source)
		time.Sleep(2 * time.Hour) // fake time
		last := time.Duration(0)
		reads := source.times()
		for i := 1; i < len(reads); i++ {
			pause := reads[i].Sub(reads[i-1])
			if pause < DefaultKeyCooldown || pause > DefaultKeyRefresh*11/10 || i < 5 && pause < last {
				t.Errorf("pause %d is %s, after %s", i, pause, last)
			}
			last = pause
		}
		if len(reads) < 10 {
			t.Errorf("%d fetches in two hours", len(reads))
		}
		if age := k.seconds(); k.everFetched() || age != 7200 {
			t.Errorf("fetched %t, and %v s old", k.everFetched(), age)
		}
		if _, err := k.find(t.Context(), edDSA, "any"); !errors.Is(err, errNoKeys) {
			t.Errorf("without a set: %v", err)
		}
		key, _ := edKey(t, "any")
		source.set(document(t, key))
		time.Sleep(DefaultKeyCooldown) // fake time
		if _, err := k.find(t.Context(), edDSA, "any"); err != nil || !k.everFetched() || k.seconds() > 1 {
			t.Errorf("with one: %v, %v s old", err, k.seconds())
		}
	})
}

// TestDroppedKey has tokens that are remembered forgotten with the key that signed them, and no others.
func TestDroppedKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, oneKey := edKey(t, "one")
		two, twoKey := edKey(t, "two")
		another, _ := edKey(t, "one")
		source := &memorySource{text: document(t, one, two)}
		k := start(t, source)
		tokens := testTokens(t, func(cfg *TokenConfig) { cfg.Keys = k })
		sign := func(key jwk.Key) string {
			text, err := jws.Sign([]byte(`{"sub":"anna","exp":4102444800}`), jws.WithKey(jwa.EdDSA, key))
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
		byOne, byTwo := sign(oneKey), sign(twoKey)
		want := func(when string, one, two bool, hits float64) {
			t.Helper()
			_, errOne := tokens.verify(t.Context(), byOne)
			_, errTwo := tokens.verify(t.Context(), byTwo)
			if (errOne == nil) != one || (errTwo == nil) != two {
				t.Errorf("%s: %v, %v", when, errOne, errTwo)
			}
			if n := counted(t, tokens.known.result.WithLabelValues("hit")); n != hits {
				t.Errorf("%s: %v hits, want %v", when, n, hits)
			}
		}
		refresh := func(keys ...json.RawMessage) {
			source.set(document(t, keys...))
			time.Sleep(DefaultKeyRefresh * 11 / 10) // fake time
			synctest.Wait()
		}
		want("at first", true, true, 0)
		want("remembered", true, true, 2)
		refresh(two, one)
		want("in another order", true, true, 4)
		refresh(two)
		want("without the one", false, true, 5)
		refresh(two, another)
		want("with another under its kid", false, true, 6)
		refresh(one)
		want("the one is back, and verified anew", true, false, 6)
		want("and remembered", true, false, 7)
	})
}
