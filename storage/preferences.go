package storage

import (
	"context"
	"reflect"

	"homeroom/events"
)

// PreferencesChange replaces a user's preferences.
type PreferencesChange struct {
	MutedClasses []string
	QuietHours   *events.QuietHours
}

// noPreferences are those of a user who has set none.
func noPreferences() *events.Preferences {
	return &events.Preferences{MutedClasses: []string{}, Version: 1}
}

// Preferences implements [Store].
func (e *Engine) Preferences(ctx context.Context, p Principal) (events.Preferences, error) {
	set, err := e.UserPreferences(ctx, []string{p.User})
	return set[p.User], err
}

// PutPreferences implements [Store]. Every node that has a stream of the user hears of it by the inbox.
func (e *Engine) PutPreferences(ctx context.Context, p Principal, change PreferencesChange, version int64) (events.Preferences, error) {
	inbox := events.UserChannel(p.User)
	needs := Needs{Channels: []events.Channel{inbox}, Preferences: []string{p.User}}
	var set events.Preferences
	err := e.write(ctx, needs, func(ctx context.Context, b *batch) error {
		old := b.rows.Preferences[p.User]
		if old == nil {
			old = noPreferences()
		}
		if version != AnyVersion && version != old.Version {
			return &VersionError{*old}
		}
		set = events.Preferences{MutedClasses: append([]string{}, change.MutedClasses...), QuietHours: change.QuietHours, Version: old.Version}
		if reflect.DeepEqual(set, *old) {
			return nil
		}
		set.Version++
		changed := set
		b.rows.Preferences[p.User] = &changed
		if err := b.tx.PutPreferences(ctx, p.User, &changed); err != nil {
			return err
		}
		return b.appendTo(inbox, events.PreferencesUpdated, "", p, &changed)
	})
	if err != nil {
		return events.Preferences{}, err
	}
	return set, nil
}

// UserPreferences implements [events.Log].
func (e *Engine) UserPreferences(ctx context.Context, users []string) (map[string]events.Preferences, error) {
	all := make(map[string]events.Preferences, len(users))
	err := e.driver.View(ctx, func(r Reader) error {
		set, err := r.Preferences(ctx, users)
		for _, user := range users {
			if all[user] = *noPreferences(); set[user] != nil {
				all[user] = *set[user]
			}
		}
		return err
	})
	return all, err
}
