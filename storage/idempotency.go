package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"homeroom/events"
)

// AttemptLife is how long the answer to a creating write is kept, at least, for those who repeat it.
const AttemptLife = 24 * time.Hour

// Attempt is a request to create something under a key of the client's choice, which makes it safe to repeat: of all
// that a user sends to a path under one key, one is carried out, and the others get its answer. The zero Attempt has
// no key: it is carried out whenever it comes.
type Attempt struct {
	Path        string // what is called, in one spelling
	Key         string
	Fingerprint string // the same for the same request, and for no other
}

// AttemptKey names an attempt.
type AttemptKey struct{ User, Path, Key string }

// FirstAttempt is an attempt that was carried out, with what it was answered.
type FirstAttempt struct {
	AttemptKey
	Fingerprint string
	ID          string // of what it created
	Version     int64
	Answer      json.RawMessage // the object as created
	At          events.Time
}

// RepeatError is for an attempt that was carried out before. It is no failure: its caller is to get the first answer.
// An attempt that was refused is not kept, so a repetition of it is judged anew.
type RepeatError struct{ First FirstAttempt }

func (*RepeatError) Error() string { return "carried out before" }

// key names the attempt of a caller.
func (a Attempt) key(p Principal) AttemptKey { return AttemptKey{p.User, a.Path, a.Key} }

// needs are what a creating write looks at to find out whether it is a repetition.
func (a Attempt) needs(p Principal) []AttemptKey {
	if a.Key == "" {
		return nil
	}
	return []AttemptKey{a.key(p)}
}

// begin lets a creating write go on if it is the first under its key. It comes right after authorisation: who may no
// longer do the thing gets no answer from when they could, and all other checks are for the first attempt only. From
// here on the write's events carry the key.
func (b *batch) begin(p Principal, a Attempt) error {
	if a.Key == "" {
		return nil
	}
	first := b.rows.Attempts[a.key(p)]
	switch {
	case first == nil:
		b.clientKey = a.Key
		return nil
	case first.Fingerprint != a.Fingerprint:
		return ErrKeyReused
	default:
		return &RepeatError{*first}
	}
}

// keep ends what begin began: it keeps the answer, in the transaction of the write. Should another process have
// carried out the same attempt meanwhile, the transaction fails, and the write's next try finds the other's answer.
func (b *batch) keep(ctx context.Context, p Principal, a Attempt, id string, version int64, object any) error {
	if a.Key == "" {
		return nil
	}
	answer, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	first := &FirstAttempt{a.key(p), a.Fingerprint, id, version, answer, b.now}
	b.rows.Attempts[first.AttemptKey] = first
	return b.tx.InsertAttempt(ctx, first)
}

// forgetAttempts forgets those from before a moment, in small transactions, and returns how many.
func (e *Engine) forgetAttempts(ctx context.Context, before events.Time) (int, error) {
	return e.repeat(ctx, func(ctx context.Context, b *batch) (int, error) {
		return b.tx.ForgetAttempts(ctx, before, trimBatch)
	})
}
