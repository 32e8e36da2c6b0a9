package storage

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

const (
	passKey     = "pass" // the name of the key that sessions and stream tokens are signed with
	passKeySize = 32     // bytes: as long as the hash of HS256 (RFC 7518, 3.2)
)

// SigningKey implements [Store].
func (e *Engine) SigningKey(ctx context.Context) ([]byte, error) {
	fresh := make([]byte, passKeySize)
	_, _ = rand.Read(fresh) // it never fails
	var kept string
	err := e.write(ctx, Needs{}, func(ctx context.Context, b *batch) (err error) {
		kept, err = b.tx.KeepKey(ctx, passKey, hex.EncodeToString(fresh))
		return err
	})
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(kept)
	if err != nil || len(key) != passKeySize {
		return nil, fmt.Errorf("the signing key %q in the database is none", passKey)
	}
	return key, nil
}
