package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"homeroom/events"
)

const eventColumns = `channel, seq, type, class, at, actor, data, client_key`

func (t *tx) insertEvent(e *events.Event) error {
	return t.exec(`INSERT INTO events (`+eventColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		string(e.Channel), e.Seq, string(e.Type), e.Class, int64(e.At), e.Actor, string(e.Data), e.ClientKey)
}

func (t *tx) putHead(channel events.Channel, head int64) error {
	return t.exec(`INSERT INTO channels (id, head) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET head = excluded.head`,
		string(channel), head)
}

func scanEvent(r row) (e events.Event, err error) {
	err = r.scan((*string)(&e.Channel), &e.Seq, (*string)(&e.Type), &e.Class, (*int64)(&e.At), &e.Actor, (*[]byte)(&e.Data), &e.ClientKey)
	return e, err
}

// Tail implements [storage.Reader].
func (s snapshot) Tail(_ context.Context, channel events.Channel, limit int) ([]events.Event, error) {
	tail, err := list(s.conn, scanEvent,
		`SELECT `+eventColumns+` FROM events WHERE channel = ? ORDER BY seq DESC LIMIT ?`, string(channel), int64(limit))
	slices.Reverse(tail)
	return tail, err
}

// Read implements [storage.Driver]. One statement is one snapshot.
func (d *driver) Read(ctx context.Context, channel events.Channel, after int64, limit int) ([]events.Event, error) {
	c, err := d.read.take(ctx)
	if err != nil {
		return nil, err
	}
	defer d.read.put(c)
	return list(c, scanEvent,
		`SELECT `+eventColumns+` FROM events WHERE channel = ? AND seq > ? ORDER BY seq LIMIT ?`, string(channel), after, int64(limit))
}

// Heads implements [storage.Driver].
func (d *driver) Heads(ctx context.Context, channels []events.Channel) (at events.Heads, err error) {
	err = d.view(ctx, func(s snapshot) error {
		if at.Epoch, err = s.Epoch(ctx); err != nil {
			return err
		}
		at.Extents, err = s.Extents(ctx, channels)
		return err
	})
	return at, err
}

// Epoch implements [storage.Reader].
func (s snapshot) Epoch(context.Context) (string, error) {
	epoch, err := one(s.conn, scanText, `SELECT value FROM settings WHERE key = 'epoch'`)
	if err != nil || epoch == nil {
		return "", err
	}
	return *epoch, nil
}

// Extents implements [storage.Reader].
func (s snapshot) Extents(_ context.Context, channels []events.Channel) (map[events.Channel]events.Extent, error) {
	return extents(s.conn, channels)
}

// extents reads the extents of channels that exist. They are one parameter, so that one statement serves any number.
func extents(c *conn, channels []events.Channel) (map[events.Channel]events.Extent, error) {
	if len(channels) == 0 {
		return map[events.Channel]events.Extent{}, nil
	}
	keys, err := json.Marshal(channels)
	if err != nil {
		return nil, fmt.Errorf("encode channels: %w", err)
	}
	return queryExtents(c, `SELECT id, head, trimmed FROM channels WHERE id IN (SELECT value FROM json_each(?))`, string(keys))
}

// queryExtents reads rows of id, head and trimmed.
func queryExtents(c *conn, sql string, values ...any) (map[events.Channel]events.Extent, error) {
	found := map[events.Channel]events.Extent{}
	err := c.query(func(r row) error {
		var id string
		var at events.Extent
		err := r.scan(&id, &at.Head, &at.Trimmed)
		found[events.Channel(id)] = at
		return err
	}, sql, values...)
	return found, err
}
