package storage

import (
	"crypto/rand"

	"github.com/google/uuid"
)

// newID is a UUIDv7: ids sort by the time of their making, so indexes grow at their end.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// NewEpoch is a name for a log that no other log has: eight letters and digits, fit for a cursor.
func NewEpoch() string {
	const epochLen = 8
	text := rand.Text() // base32: letters and digits
	return text[:epochLen]
}
