package events

import (
	"encoding/json"
	"fmt"
	"time"
)

// timeLayout is RFC 3339 in UTC with exactly three digits of milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Time is a moment in milliseconds since 1970 in UTC: the precision of the wire, so that a value that went
// through a database or a client is still the same value. Zero means no time, and is null in JSON.
type Time int64

// Now is the present moment.
func Now() Time { return Time(time.Now().UnixMilli()) }

// Std is t as the standard library's time.
func (t Time) Std() time.Time { return time.UnixMilli(int64(t)).UTC() }

// String is t as on the wire.
func (t Time) String() string { return t.Std().Format(timeLayout) }

// MarshalJSON writes an RFC 3339 string, or null for no time.
func (t Time) MarshalJSON() ([]byte, error) {
	if t == 0 {
		return []byte("null"), nil
	}
	return t.Std().AppendFormat(make([]byte, 0, len(timeLayout)+2), `"`+timeLayout+`"`), nil
}

// UnmarshalJSON reads any RFC 3339 string, or null.
func (t *Time) UnmarshalJSON(b []byte) error {
	var std *time.Time
	if err := json.Unmarshal(b, &std); err != nil {
		return fmt.Errorf("time: %w", err)
	}
	*t = 0
	if std != nil {
		*t = Time(std.UnixMilli())
	}
	return nil
}
