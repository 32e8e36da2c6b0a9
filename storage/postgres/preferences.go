package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"homeroom/events"
)

const selectPreferences = `SELECT "user", data FROM preferences WHERE "user" = ANY($1::text[])`

// userPreferences is a row of preferences.
type userPreferences struct {
	user string
	set  *events.Preferences
}

func scanPreferences(r row) (p userPreferences, err error) {
	var data []byte
	if err := r.Scan(&p.user, &data); err != nil {
		return p, err
	}
	err = json.Unmarshal(data, &p.set)
	return p, err
}

// byUser are preferences by their user.
func byUser(found []userPreferences) map[string]*events.Preferences {
	all := make(map[string]*events.Preferences, len(found))
	for _, p := range found {
		all[p.user] = p.set
	}
	return all
}

// PutPreferences implements [storage.Tx].
func (t *tx) PutPreferences(_ context.Context, user string, p *events.Preferences) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode preferences: %w", err)
	}
	t.add(`INSERT INTO preferences ("user", version, data) VALUES ($1, $2, $3)
		ON CONFLICT ("user") DO UPDATE SET version = excluded.version, data = excluded.data`, user, p.Version, string(data))
	return nil
}

// Preferences implements [storage.Reader].
func (s *snapshot) Preferences(ctx context.Context, users []string) (map[string]*events.Preferences, error) {
	found, err := list(ctx, s, scanPreferences, selectPreferences, users)
	return byUser(found), err
}
