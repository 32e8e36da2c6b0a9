package handlers

import (
	"fmt"
	"net/http"

	"homeroom/events"
	"homeroom/storage"
)

// maxMuted is how many classes a user can mute: more than a stream carries.
const maxMuted = 200

func (s *Server) getPreferences(w http.ResponseWriter, r *http.Request) error {
	p, err := s.store.Preferences(r.Context(), caller(r).Principal)
	if err != nil {
		return err
	}
	return replyVersion(w, http.StatusOK, p.Version, p)
}

func (s *Server) putPreferences(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		MutedClasses *[]string `json:"muted_classes"`
		QuietHours   *struct {
			From     *string `json:"from"`
			To       *string `json:"to"`
			TimeZone *string `json:"time_zone"`
		} `json:"quiet_hours"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	var c checks
	change := storage.PreferencesChange{MutedClasses: c.classes("muted_classes", body.MutedClasses)}
	if q := body.QuietHours; q != nil {
		change.QuietHours = &events.QuietHours{
			From: c.clock("quiet_hours.from", q.From), To: c.clock("quiet_hours.to", q.To), TimeZone: c.zone("quiet_hours.time_zone", q.TimeZone),
		}
		if q.From != nil && q.To != nil && *q.From == *q.To {
			c.add("quiet_hours.to", "must not be the same as from")
		}
	}
	if err := c.err(); err != nil {
		return err
	}
	var p events.Preferences
	if err := ifMatch(r, func(version int64) (err error) {
		p, err = s.store.PutPreferences(r.Context(), caller(r).Principal, change, version)
		return err
	}); err != nil {
		return err
	}
	return replyVersion(w, http.StatusOK, p.Version, p)
}

// classes checks a required list of ids of classes, and drops what comes again.
func (c *checks) classes(field string, value *[]string) []string {
	if value == nil {
		c.add(field, "is required")
		return nil
	}
	if len(*value) > maxMuted {
		c.add(field, fmt.Sprintf("must be at most %d", maxMuted))
		return nil
	}
	var classes []string
	seen := map[string]bool{}
	for _, text := range *value {
		id, ok := parseID(text)
		if !ok {
			c.add(field, "must be UUIDs")
			return nil
		}
		if !seen[id] {
			classes = append(classes, id)
		}
		seen[id] = true
	}
	return classes
}

// clock checks a required time of day.
func (c *checks) clock(field string, value *string) string {
	if value == nil {
		c.add(field, "is required")
		return ""
	}
	if !events.ValidClock(*value) {
		c.add(field, "must be a time of day like 22:00")
	}
	return *value
}

// zone checks a required name of a time zone.
func (c *checks) zone(field string, value *string) string {
	if value == nil {
		c.add(field, "is required")
		return ""
	}
	if !events.ValidZone(*value) {
		c.add(field, "must be a time zone like Europe/Berlin (IANA)")
	}
	return *value
}
