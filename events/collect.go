package events

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// Collect reads the stream as JSON instead: logged events (and resync) as their data lines, at most limit of them.
// It returns what there is; if there is nothing it waits for the first, and in the end returns an empty list, never
// nil. The cursor is the position after them.
func (s *Stream) Collect(ctx context.Context, limit int, wait time.Duration) ([]json.RawMessage, Cursor, error) {
	defer s.close()
	patience := time.NewTimer(wait)
	defer patience.Stop()
	s.patience = patience.C
	list := []json.RawMessage{}
	for len(list) == 0 {
		err := s.next(ctx, func(f *Frame) bool {
			if f.seq != 0 || f.typ == Resync {
				list = append(list, f.data)
			}
			return len(list) < limit
		})
		if _, ended := errors.AsType[finished](err); ended || errors.Is(err, errIdle) {
			break // nothing came: the caller asks again with the same cursor
		}
		if err != nil {
			return nil, Cursor{}, err
		}
	}
	return list, s.cursor(), nil
}
