package postgres

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"homeroom/events"
)

// addEvents queues events for the log.
func (t *tx) addEvents(evs []events.Event) {
	n := len(evs)
	if n == 0 {
		return
	}
	channels, types, classes := make([]string, n), make([]string, n), make([]string, n)
	actors, data, clientKeys := make([]string, n), make([]string, n), make([]string, n)
	seqs, at := make([]int64, n), make([]int64, n)
	for i := range evs {
		e := &evs[i]
		channels[i], types[i], classes[i] = string(e.Channel), string(e.Type), e.Class
		actors[i], data[i], clientKeys[i] = e.Actor, string(e.Data), e.ClientKey
		seqs[i], at[i] = e.Seq, int64(e.At)
	}
	t.queue.Queue(`INSERT INTO events (`+eventColumns+`) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[],
		$4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[])`, channels, seqs, types, classes, at, actors, data, clientKeys)
}

// addHeads queues the new heads of channels, in the order in which their rows are locked.
func (t *tx) addHeads(heads map[events.Channel]int64) {
	if len(heads) == 0 {
		return
	}
	ids, seqs := make([]string, 0, len(heads)), make([]int64, 0, len(heads))
	for _, channel := range slices.Sorted(maps.Keys(heads)) {
		ids, seqs = append(ids, string(channel)), append(seqs, heads[channel])
	}
	t.queue.Queue(`INSERT INTO channels (id, head) SELECT id, head FROM unnest($1::text[], $2::bigint[]) AS h (id, head) ORDER BY id COLLATE "C"
		ON CONFLICT (id) DO UPDATE SET head = excluded.head`, ids, seqs)
}

const eventColumns = `channel, seq, type, class, at, actor, data, client_key`

func scanEvent(r row) (e events.Event, err error) {
	err = r.Scan((*string)(&e.Channel), &e.Seq, (*string)(&e.Type), &e.Class, (*int64)(&e.At), &e.Actor, (*[]byte)(&e.Data), &e.ClientKey)
	return e, err
}

// Tail implements [storage.Reader].
func (s *snapshot) Tail(ctx context.Context, channel events.Channel, limit int) ([]events.Event, error) {
	tail, err := list(ctx, s, scanEvent,
		`SELECT `+eventColumns+` FROM events WHERE channel = $1 ORDER BY seq DESC LIMIT $2`, string(channel), limit)
	slices.Reverse(tail)
	return tail, err
}

// Read implements [storage.Driver].
func (d *driver) Read(ctx context.Context, channel events.Channel, after int64, limit int) (evs []events.Event, err error) {
	conn, err := onLive(ctx, d.read, func(b *pgx.Batch) {
		evs = nil
		collect(b, &evs, scanEvent,
			`SELECT `+eventColumns+` FROM events WHERE channel = $1 AND seq > $2 ORDER BY seq LIMIT $3`, string(channel), after, limit)
	})
	if err != nil {
		return nil, err
	}
	conn.Release()
	return evs, nil
}

// Heads implements [storage.Driver]. One statement is one snapshot.
func (d *driver) Heads(ctx context.Context, channels []events.Channel) (events.Heads, error) {
	var epoch *string
	var found []extent
	conn, err := onLive(ctx, d.read, func(b *pgx.Batch) {
		found = nil
		collect(b, &found, func(r row) (e extent, err error) {
			var id *string
			var head, trimmed *int64
			if err = r.Scan(&epoch, &id, &head, &trimmed); err == nil && id != nil {
				e = extent{events.Channel(*id), events.Extent{Head: *head, Trimmed: *trimmed}}
			}
			return e, err
		}, `SELECT settings.value, channels.id, channels.head, channels.trimmed FROM settings
			LEFT JOIN channels ON channels.id = ANY($1::text[]) AND channels.head > 0 WHERE settings.key = 'epoch'`, keys(channels))
	})
	if err != nil {
		return events.Heads{}, err
	}
	conn.Release()
	at := events.Heads{Extents: extents(found)}
	if epoch != nil {
		at.Epoch = *epoch
	}
	delete(at.Extents, "") // of the row that has the epoch alone
	return at, nil
}

// Epoch implements [storage.Reader].
func (s *snapshot) Epoch(ctx context.Context) (string, error) {
	if s.epoch == nil {
		if _, err := s.Extents(ctx, nil); err != nil {
			return "", err
		}
	}
	if len(s.epoch) == 0 {
		return "", nil
	}
	return s.epoch[0], nil
}

// Extents implements [storage.Reader]. It brings the epoch along: who asks for one asks for the other next.
func (s *snapshot) Extents(ctx context.Context, channels []events.Channel) (map[events.Channel]events.Extent, error) {
	var found []extent
	err := s.ask(ctx, func(b *pgx.Batch) {
		found, s.epoch = nil, []string{}
		collect(b, &s.epoch, scanText, `SELECT value FROM settings WHERE key = 'epoch'`)
		if len(channels) > 0 {
			collect(b, &found, scanExtent, `SELECT id, head, trimmed FROM channels WHERE id = ANY($1::text[])`, keys(channels))
		}
	})
	return extents(found), err
}

// extent is a row of channels.
type extent struct {
	id events.Channel
	at events.Extent
}

func scanExtent(r row) (e extent, err error) {
	err = r.Scan((*string)(&e.id), &e.at.Head, &e.at.Trimmed)
	return e, err
}

func extents(found []extent) map[events.Channel]events.Extent {
	at := make(map[events.Channel]events.Extent, len(found))
	for _, e := range found {
		at[e.id] = e.at
	}
	return at
}

// keys are channels as they are stored.
func keys(channels []events.Channel) []string {
	ids := make([]string, len(channels))
	for i, c := range channels {
		ids[i] = string(c)
	}
	return ids
}
