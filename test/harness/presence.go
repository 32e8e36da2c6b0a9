package harness

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Presence is how a member looks to a class.
type Presence struct {
	User       string     `json:"user"`
	Name       string     `json:"name"`
	Role       string     `json:"role"`
	State      string     `json:"state"`
	LastSeenAt *time.Time `json:"last_seen_at"`
	Active     bool       `json:"active"`
}

// Attendance is how long a member was present.
type Attendance struct {
	User      string     `json:"user"`
	Name      string     `json:"name"`
	Role      string     `json:"role"`
	FirstSeen *time.Time `json:"first_seen_at"`
	LastSeen  *time.Time `json:"last_seen_at"`
	Minutes   int        `json:"minutes"`
	Sessions  int        `json:"sessions"`
}

// Presence is how all members of a class look to it, by user.
func (c *Client) Presence(class string) map[string]Presence {
	c.tb.Helper()
	all := map[string]Presence{}
	for _, p := range List[Presence](c, ClassPath(class, "presence"), url.Values{"limit": {"200"}}) {
		all[p.User] = p
	}
	return all
}

// Attendance is that of all members of a class, by user. Query may have from
// and to.
func (c *Client) Attendance(class string, query url.Values) map[string]Attendance {
	c.tb.Helper()
	if query == nil {
		query = url.Values{}
	}
	query.Set("limit", "200")
	all := map[string]Attendance{}
	for _, a := range List[Attendance](c, ClassPath(class, "attendance"), query) {
		all[a.User] = a
	}
	return all
}

// Type says that the user types in a class, or stopped.
func (c *Client) Type(class string, typing bool) {
	c.tb.Helper()
	c.Do(http.MethodPut, ClassPath(class, "typing"), map[string]bool{"typing": typing}).Want(http.StatusNoContent)
}

// Appear says that the user is "online" or "away".
func (c *Client) Appear(state string) {
	c.tb.Helper()
	c.Do(http.MethodPut, "/v1/presence", map[string]string{"state": state}).Want(http.StatusNoContent)
}

// Present is who the stream knows to be in a class, and as what, from the
// snapshot and what came after it; nil before the snapshot.
func (s *Stream) Present(class string) map[string]string {
	var known map[string]string
	for _, f := range s.Frames() {
		if f.Parsed.Class != class || !strings.HasPrefix(f.Event, "presence.") {
			continue
		}
		if f.Event == "presence.snapshot" {
			known = map[string]string{}
		}
		var data struct{ Online, Away, Offline []string }
		if json.Unmarshal(f.Parsed.Data, &data) != nil || known == nil || f.HasID {
			return map[string]string{"": f.Data} // which nobody expects
		}
		for _, user := range data.Online {
			known[user] = "online"
		}
		for _, user := range data.Away {
			known[user] = "away"
		}
		for _, user := range data.Offline {
			delete(known, user)
		}
	}
	return known
}

// Typing is who types in a class, as the stream last heard: the users, and how
// many they are; -1 if it heard nothing.
func (s *Stream) Typing(class string) (users []string, count int) {
	for _, f := range slices.Backward(s.Frames()) {
		if f.Event != "typing.updated" || f.Parsed.Class != class {
			continue
		}
		var data struct {
			Users []struct{ User string }
			Count int
		}
		_ = json.Unmarshal(f.Parsed.Data, &data)
		for _, u := range data.Users {
			users = append(users, u.User)
		}
		return users, data.Count
	}
	return nil, -1
}

// Count is how many frames of some types came so far.
func (s *Stream) Count(types ...string) int {
	n := 0
	for _, f := range s.Frames() {
		if slices.Contains(types, f.Event) {
			n++
		}
	}
	return n
}
