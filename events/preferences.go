package events

import (
	"fmt"
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // quiet hours must not depend on what the machine has installed
)

// Preferences are what a user wants to be told live; its JSON is the data of preferences.updated. Lists have
// everything in any case.
type Preferences struct {
	MutedClasses []string    `json:"muted_classes"`
	QuietHours   *QuietHours `json:"quiet_hours"` // nil: none
	Version      int64       `json:"version"`     // 1 as long as nothing was set
}

// QuietHours are a part of each day, by the clock of a time zone: from From until To, which may be on the next day.
type QuietHours struct {
	From     string `json:"from"` // as 22:00
	To       string `json:"to"`
	TimeZone string `json:"time_zone"` // as Europe/Berlin
}

// clock is how the hours are written.
const clock = "15:04"

// zones are the time zones that were asked for, by name: at most as many as there are.
var zones sync.Map

// zone is a time zone of the database by its name.
func zone(name string) (*time.Location, error) {
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location), nil
	}
	if name == "" || name == "Local" { // which time takes for UTC, and for the machine's own
		return nil, fmt.Errorf("time zone %q has no name", name)
	}
	loaded, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone: %w", err)
	}
	zones.Store(name, loaded)
	return loaded, nil
}

// ValidClock reports whether a text is a time of day as in [QuietHours].
func ValidClock(text string) bool {
	_, err := time.Parse(clock, text)
	return err == nil && len(text) == len(clock)
}

// ValidZone reports whether there is a time zone of that name.
func ValidZone(name string) bool {
	_, err := zone(name)
	return err == nil
}

// covers reports whether a moment is within the hours.
func (q *QuietHours) covers(at time.Time) bool {
	in, err := zone(q.TimeZone)
	if err != nil {
		return false // the zone was abolished
	}
	now := at.In(in).Format(clock)
	if q.From <= q.To {
		return q.From <= now && now < q.To
	}
	return q.From <= now || now < q.To
}

// Silences reports whether the user doesn't want to be told live of what happens in a class at a moment. "" is for what
// happens in none. Nil silences nothing.
func (p *Preferences) Silences(class string, at Time) bool {
	return p != nil && (p.Mutes(class) || p.QuietHours != nil && p.QuietHours.covers(at.Std()))
}

// Mutes reports whether the user has muted a class.
func (p *Preferences) Mutes(class string) bool {
	return p != nil && slices.Contains(p.MutedClasses, class)
}
