package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"homeroom/events"
)

// PutPreferences implements [storage.Tx].
func (t *tx) PutPreferences(_ context.Context, user string, p *events.Preferences) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode preferences: %w", err)
	}
	return t.exec(`INSERT INTO preferences (user, version, data) VALUES (?, ?, ?)
		ON CONFLICT (user) DO UPDATE SET version = excluded.version, data = excluded.data`, user, p.Version, string(data))
}

// Preferences implements [storage.Reader].
func (s snapshot) Preferences(_ context.Context, users []string) (map[string]*events.Preferences, error) {
	return preferences(s.conn, users)
}

// preferences reads those of users who have set any.
func preferences(c *conn, users []string) (map[string]*events.Preferences, error) {
	found := map[string]*events.Preferences{}
	if len(users) == 0 {
		return found, nil
	}
	keys, err := json.Marshal(users)
	if err != nil {
		return nil, fmt.Errorf("encode users: %w", err)
	}
	err = c.query(func(r row) error {
		var user, data string
		if err := r.scan(&user, &data); err != nil {
			return err
		}
		found[user] = &events.Preferences{}
		return json.Unmarshal([]byte(data), found[user])
	}, `SELECT user, data FROM preferences WHERE user IN (SELECT value FROM json_each(?))`, string(keys))
	return found, err
}
