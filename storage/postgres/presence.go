package postgres

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

// PutRun implements [storage.Tx].
func (t *tx) PutRun(_ context.Context, run string, at events.Time) error {
	t.add(`INSERT INTO runs (id, alive_at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET alive_at = excluded.alive_at`, run, int64(at))
	return nil
}

// PutSightings implements [storage.Tx].
func (t *tx) PutSightings(_ context.Context, run string, sightings []events.Sighting) error {
	n := len(sightings)
	if n == 0 {
		return nil
	}
	users, at, there := make([]string, n), make([]int64, n), make([]string, n)
	for i, s := range sightings {
		users[i], at[i] = s.User, int64(s.At)
		if s.There {
			there[i] = run
		}
	}
	t.add(`INSERT INTO sightings ("user", at, run) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])
		ON CONFLICT ("user") DO UPDATE SET at = greatest(sightings.at, excluded.at), run = excluded.run`, users, at, there)
	return nil
}

// LastSeen implements [storage.Reader].
func (s *snapshot) LastSeen(ctx context.Context, class, after string, limit int) ([]storage.LastSeen, error) {
	return list(ctx, s, func(r row) (seen storage.LastSeen, err error) {
		err = r.Scan(&seen.User, &seen.Name, (*string)(&seen.Role), (*int64)(&seen.At))
		return seen, err
	}, `SELECT m."user", m.name, m.role, greatest(s.at, r.alive_at, 0)
		FROM members AS m LEFT JOIN sightings AS s ON s."user" = m."user" LEFT JOIN runs AS r ON r.id = s.run
		WHERE m.class = $1 AND m."user" > $2 ORDER BY m."user" LIMIT $3`, class, after, limit)
}

// DeadRun implements [storage.Reader].
func (s *snapshot) DeadRun(ctx context.Context, before events.Time) (string, error) {
	run, err := one(ctx, s, scanText, `SELECT id FROM runs WHERE alive_at < $1 LIMIT 1`, int64(before))
	if err != nil || run == nil {
		return "", err
	}
	return *run, nil
}

// endings end what a run left open. Each takes the run and a limit. Rows that another process is ending are left to it.
var endings = [...]string{
	`UPDATE attendance SET until = greatest(since, (SELECT alive_at FROM runs WHERE id = $1)) WHERE (class, "user", since) IN
		(SELECT class, "user", since FROM attendance WHERE run = $1 AND until = 0 LIMIT $2 FOR UPDATE SKIP LOCKED)`,
	`UPDATE sightings SET at = greatest(at, (SELECT alive_at FROM runs WHERE id = $1)), run = '' WHERE "user" IN
		(SELECT "user" FROM sightings WHERE run = $1 AND run <> '' LIMIT $2 FOR UPDATE SKIP LOCKED)`,
	`DELETE FROM runs WHERE id = $1 AND $2 > 0 AND NOT EXISTS (SELECT 1 FROM attendance WHERE run = $1 AND until = 0)
		AND NOT EXISTS (SELECT 1 FROM sightings WHERE run = $1 AND run <> '')`,
}

// EndRun implements [storage.Tx].
func (t *tx) EndRun(ctx context.Context, run string, limit int) (int, error) {
	return t.inSteps(ctx, endings[:], run, limit)
}
