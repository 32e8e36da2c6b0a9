package harness

import (
	"net/http"
	"time"
)

// Mute mutes a member until a time.
func (c *Client) Mute(class string, user User, until time.Time) Member {
	c.tb.Helper()
	var m Member
	c.Do(http.MethodPut, ClassPath(class, "members", user.ID, "mute"), map[string]time.Time{"until": until}).Want(http.StatusOK).Into(&m)
	return m
}

// Unmute ends that.
func (c *Client) Unmute(class string, user User) {
	c.tb.Helper()
	c.Do(http.MethodDelete, ClassPath(class, "members", user.ID, "mute"), nil).Want(http.StatusNoContent)
}

// Lock locks a class, or opens it.
func (c *Client) Lock(class string, locked bool) Class {
	c.tb.Helper()
	var after Class
	c.Do(http.MethodPatch, ClassPath(class), map[string]bool{"locked": locked}).Want(http.StatusOK).Into(&after)
	return after
}

// SlowDown sets a class's slow mode; 0 ends it.
func (c *Client) SlowDown(class string, seconds int) Class {
	c.tb.Helper()
	var after Class
	c.Do(http.MethodPatch, ClassPath(class), map[string]int{"slow_mode_seconds": seconds}).Want(http.StatusOK).Into(&after)
	return after
}
