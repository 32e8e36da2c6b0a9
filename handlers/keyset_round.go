package handlers

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

const (
	// keyLook is the time between looks whether a file has changed.
	keyLook = 5 * time.Second
	// maxDoublings is how often the time between failed fetches doubles, while it is below the refresh.
	maxDoublings = 10
)

// run fetches until ctx ends: at once, then when the set has become old, a file has changed, or a request asks for it.
func (k *KeySet) run(ctx context.Context) {
	look := time.NewTicker(keyLook)
	defer look.Stop()
	due := time.NewTimer(0)
	defer due.Stop()
	failures := 0
	var last []byte
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wanted:
		case <-due.C:
		case <-look.C:
			if !k.source.changed() {
				continue
			}
		}
		k.begin()
		document, err := k.fetch(ctx, last)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			last = document
		}
		failures = k.report(failures, err)
		due.Reset(k.pause(failures))
	}
}

// begin begins a round, or takes up the one that a request has begun.
func (k *KeySet) begin() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.round == nil {
		k.beginLocked()
	}
	select {
	case <-k.wanted: // it came together with another reason
	default:
	}
}

// fetch is one round. It returns the document, which is looked into only if it isn't the last one.
func (k *KeySet) fetch(ctx context.Context, last []byte) ([]byte, error) {
	var keys []*signingKey
	var ignored []string
	document, err := k.source.read(ctx)
	same := last != nil && bytes.Equal(document, last)
	if err == nil && !same {
		keys, ignored, err = parseKeys(document)
	}
	added, dropped := k.finish(keys, same, err)
	if err != nil {
		return nil, err
	}
	if !same {
		k.log.Info("key set is new", "keys", len(keys), "added", added, "dropped", dropped)
	}
	if len(ignored) > 0 {
		k.log.Warn("keys of the set left out", "why", strings.Join(ignored, "; "))
	}
	return document, nil
}

// finish ends a round, with the keys that it brought.
func (k *KeySet) finish(keys []*signingKey, same bool, err error) (added, dropped int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	close(k.round)
	k.round = nil
	if err == nil {
		k.fetched, k.ever = time.Now(), true
	}
	if err != nil || same {
		return 0, 0
	}
	return k.replaceLocked(keys)
}

// replaceLocked puts new keys in the place of the old ones. One that stays stays itself, and so do the tokens that were
// verified with it.
func (k *KeySet) replaceLocked(keys []*signingKey) (added, dropped int) {
	added = len(keys)
	for i, key := range keys {
		if old := slices.IndexFunc(k.keys, key.same); old >= 0 {
			keys[i] = k.keys[old]
			added--
		}
	}
	for _, old := range k.keys {
		if !slices.Contains(keys, old) {
			old.dropped.Store(true)
			dropped++
		}
	}
	k.keys = keys
	return added, dropped
}

// report counts a round, and logs it if it didn't go as the one before. It returns how many have failed in a row.
func (k *KeySet) report(failures int, err error) int {
	if err == nil {
		k.fetches.WithLabelValues("ok").Inc()
		if failures > 0 {
			k.log.Info("key set is fetched again")
		}
		return 0
	}
	k.fetches.WithLabelValues("failed").Inc()
	if failures == 0 {
		k.log.Error("key set can't be fetched", "error", err)
	}
	return failures + 1
}

// pause is how long it takes to the next round: after a failure less, at first, and never the same on all nodes.
func (k *KeySet) pause(failures int) time.Duration {
	pause := k.refresh
	if failures > 0 {
		pause = min(pause, k.cooldown<<min(failures-1, maxDoublings))
	}
	return pause + rand.N(pause/10+1)
}
