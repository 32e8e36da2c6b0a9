package sqlite

import (
	"context"

	"homeroom/events"
	"homeroom/storage"
)

// PutRun implements [storage.Tx].
func (t *tx) PutRun(_ context.Context, run string, at events.Time) error {
	return t.exec(`INSERT INTO runs (id, alive_at) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET alive_at = excluded.alive_at`,
		run, int64(at))
}

// PutSightings implements [storage.Tx].
func (t *tx) PutSightings(_ context.Context, run string, sightings []events.Sighting) error {
	for _, s := range sightings {
		there := ""
		if s.There {
			there = run
		}
		if err := t.exec(`INSERT INTO sightings (user, at, run) VALUES (?, ?, ?)
			ON CONFLICT (user) DO UPDATE SET at = max(at, excluded.at), run = excluded.run`, s.User, int64(s.At), there); err != nil {
			return err
		}
	}
	return nil
}

// LastSeen implements [storage.Reader].
func (s snapshot) LastSeen(_ context.Context, class, after string, limit int) ([]storage.LastSeen, error) {
	return list(s.conn, func(r row) (seen storage.LastSeen, err error) {
		err = r.scan(&seen.User, &seen.Name, (*string)(&seen.Role), (*int64)(&seen.At))
		return seen, err
	}, `SELECT m.user, m.name, m.role, max(coalesce(s.at, 0), coalesce(r.alive_at, 0))
		FROM members AS m LEFT JOIN sightings AS s ON s.user = m.user LEFT JOIN runs AS r ON r.id = s.run
		WHERE m.class = ? AND m.user > ? ORDER BY m.user LIMIT ?`, class, after, int64(limit))
}

// DeadRun implements [storage.Reader].
func (s snapshot) DeadRun(_ context.Context, before events.Time) (string, error) {
	run, err := one(s.conn, scanText, `SELECT id FROM runs WHERE alive_at < ? LIMIT 1`, int64(before))
	if err != nil || run == nil {
		return "", err
	}
	return *run, nil
}

// endings end what a run left open. Each takes the run and a limit.
var endings = [...]string{
	`UPDATE attendance SET until = max(since, (SELECT alive_at FROM runs WHERE id = ?1)) WHERE (class, user, since) IN
		(SELECT class, user, since FROM attendance WHERE run = ?1 AND until = 0 LIMIT ?2) RETURNING ''`,
	`UPDATE sightings SET at = max(at, (SELECT alive_at FROM runs WHERE id = ?1)), run = '' WHERE user IN
		(SELECT user FROM sightings WHERE run = ?1 AND run <> '' LIMIT ?2) RETURNING ''`,
	`DELETE FROM runs WHERE id = ?1 AND ?2 > 0 AND NOT EXISTS (SELECT 1 FROM attendance WHERE run = ?1 AND until = 0)
		AND NOT EXISTS (SELECT 1 FROM sightings WHERE run = ?1 AND run <> '') RETURNING ''`,
}

// EndRun implements [storage.Tx].
func (t *tx) EndRun(_ context.Context, run string, limit int) (int, error) {
	return t.inSteps(endings[:], run, limit)
}
