package sqlite

import (
	"context"
	"slices"
	"strings"

	"homeroom/events"
)

func insertEvent(ctx context.Context, w *writer, e *events.Event) error {
	return w.exec(ctx, `INSERT INTO events (channel, seq, type, class, at, actor, data) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(e.Channel), e.Seq, string(e.Type), e.Class, int64(e.At), e.Actor, string(e.Data))
}

func putHead(ctx context.Context, w *writer, channel events.Channel, head int64) error {
	return w.exec(ctx, `INSERT INTO channels (id, head) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET head = excluded.head`,
		string(channel), head)
}

const eventColumns = `channel, seq, type, class, at, actor, data`

func scanEvent(r row) (e events.Event, err error) {
	var data string
	err = r.Scan(&e.Channel, &e.Seq, &e.Type, &e.Class, &e.At, &e.Actor, &data)
	e.Data = []byte(data)
	return e, err
}

// Tail implements [storage.Reader].
func (s snapshot) Tail(ctx context.Context, channel events.Channel, limit int) ([]events.Event, error) {
	tail, err := list(ctx, s, scanEvent,
		`SELECT `+eventColumns+` FROM events WHERE channel = ? ORDER BY seq DESC LIMIT ?`, string(channel), limit)
	slices.Reverse(tail)
	return tail, err
}

// Read implements [storage.Driver].
func (d *driver) Read(ctx context.Context, channel events.Channel, after int64, limit int) (evs []events.Event, err error) {
	err = d.view(ctx, func(s snapshot) error {
		evs, err = list(ctx, s, scanEvent,
			`SELECT `+eventColumns+` FROM events WHERE channel = ? AND seq > ? ORDER BY seq LIMIT ?`, string(channel), after, limit)
		return err
	})
	return evs, err
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
func (s snapshot) Epoch(ctx context.Context) (string, error) {
	epoch, err := one(ctx, s, scanText, `SELECT value FROM settings WHERE key = 'epoch'`)
	if err != nil || epoch == nil {
		return "", err
	}
	return *epoch, nil
}

// Extents implements [storage.Reader].
func (s snapshot) Extents(ctx context.Context, channels []events.Channel) (map[events.Channel]events.Extent, error) {
	return extents(ctx, s, channels)
}

// extents reads the extents of channels that exist.
func extents(ctx context.Context, q querier, channels []events.Channel) (map[events.Channel]events.Extent, error) {
	found := make(map[events.Channel]events.Extent, len(channels))
	if len(channels) == 0 {
		return found, nil
	}
	args := make([]any, len(channels))
	for i, c := range channels {
		args[i] = string(c)
	}
	type extent struct {
		id events.Channel
		at events.Extent
	}
	rows, err := list(ctx, q, func(r row) (e extent, err error) {
		err = r.Scan(&e.id, &e.at.Head, &e.at.Trimmed)
		return e, err
	}, `SELECT id, head, trimmed FROM channels WHERE id IN (?`+strings.Repeat(`, ?`, len(args)-1)+`)`, args...)
	for _, e := range rows {
		found[e.id] = e.at
	}
	return found, err
}
