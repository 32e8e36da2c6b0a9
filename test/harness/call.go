package harness

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
)

// ClassPath is the path of a class, with what follows it: its parts are joined
// by slashes and escaped.
func ClassPath(class string, parts ...string) string {
	path := "/v1/classes/" + url.PathEscape(class)
	for _, part := range parts {
		path += "/" + url.PathEscape(part)
	}
	return path
}

// CreateClass makes a class with the user as its teacher.
func (c *Client) CreateClass(name string) Class {
	c.tb.Helper()
	var class Class
	c.Do(http.MethodPost, "/v1/classes", map[string]string{"name": name}).Want(http.StatusCreated).Into(&class)
	return class
}

// Class reads a class.
func (c *Client) Class(id string) Class {
	c.tb.Helper()
	var class Class
	c.Get(ClassPath(id)).Want(http.StatusOK).Into(&class)
	return class
}

// AddMember makes the user a member, under the name in its token.
func (c *Client) AddMember(class string, user User, role string) Member {
	c.tb.Helper()
	var m Member
	body := map[string]string{"role": role, "name": user.Name}
	c.Do(http.MethodPut, ClassPath(class, "members", user.ID), body).Want(http.StatusCreated).Into(&m)
	return m
}

// RemoveMember ends a membership.
func (c *Client) RemoveMember(class string, user User) {
	c.tb.Helper()
	c.Do(http.MethodDelete, ClassPath(class, "members", user.ID), nil).Want(http.StatusNoContent)
}

// Post posts a message.
func (c *Client) Post(class, text string) Message {
	c.tb.Helper()
	m, err := c.TryPost(c.tb.Context(), class, text)
	if err != nil {
		c.tb.Fatal(err)
	}
	return m
}

// TryPost posts a message; an answer other than 201 is a [Refused]. Any
// goroutine may use it.
func (c *Client) TryPost(ctx context.Context, class, text string) (Message, error) {
	var m Message
	resp, err := c.Send(ctx, Call{
		Method: http.MethodPost, Path: ClassPath(class, "messages"), Body: map[string]string{"text": text},
	})
	if err != nil {
		return m, err
	}
	return m, resp.expect(http.StatusCreated, &m)
}

// Reply posts a reply to a message.
func (c *Client) Reply(class, parent, text string) Message {
	c.tb.Helper()
	m, err := c.TryReply(c.tb.Context(), class, parent, text)
	if err != nil {
		c.tb.Fatal(err)
	}
	return m
}

// TryReply is Reply for any goroutine.
func (c *Client) TryReply(ctx context.Context, class, parent, text string) (Message, error) {
	var m Message
	resp, err := c.Send(ctx, Call{
		Method: http.MethodPost, Path: ClassPath(class, "messages"), Body: map[string]string{"text": text, "parent_id": parent},
	})
	if err != nil {
		return m, err
	}
	return m, resp.expect(http.StatusCreated, &m)
}

// Message reads one message.
func (c *Client) Message(class, id string) Message {
	c.tb.Helper()
	var m Message
	c.Get(ClassPath(class, "messages", id)).Want(http.StatusOK).Into(&m)
	return m
}

// Edit changes the text of a message.
func (c *Client) Edit(class, id, text string) Message {
	c.tb.Helper()
	var m Message
	c.Do(http.MethodPatch, ClassPath(class, "messages", id), map[string]string{"text": text}).
		Want(http.StatusOK).Into(&m)
	return m
}

// Delete deletes a message.
func (c *Client) Delete(class, id string) {
	c.tb.Helper()
	c.Do(http.MethodDelete, ClassPath(class, "messages", id), nil).Want(http.StatusNoContent)
}

// Messages reads all messages of a class, oldest first, page by page.
func (c *Client) Messages(class string) []Message {
	c.tb.Helper()
	return List[Message](c, ClassPath(class, "messages"), url.Values{"order": {"asc"}, "limit": {"200"}})
}

// List reads a whole list by following next from page to page.
func List[T any](c *Client, path string, query url.Values) []T {
	c.tb.Helper()
	var all []T
	for pages := 0; ; pages++ {
		var page Page[T]
		c.Get(path + "?" + query.Encode()).Want(http.StatusOK).Into(&page)
		all = append(all, page.Items...)
		if page.Next == nil {
			return all
		}
		if pages > 10_000 {
			c.tb.Fatalf("%s: the list has no end", path)
		}
		query = cloneQuery(query)
		query.Set("page", *page.Next)
	}
}

func cloneQuery(query url.Values) url.Values {
	clone := url.Values{}
	for key, values := range query {
		clone[key] = values
	}
	return clone
}

// Cursor is the position that the class's message list is current to.
func (c *Client) Cursor(class string) string {
	c.tb.Helper()
	cursor := c.Get(ClassPath(class, "messages") + "?limit=1").Want(http.StatusOK).Header.Get("Homeroom-Cursor")
	if cursor == "" {
		c.tb.Fatal("the message list names no Homeroom-Cursor")
	}
	return cursor
}

// EventsQuery are the parameters of the events call; zero ones are left out.
type EventsQuery struct {
	After string
	Wait  int // seconds
	Limit int
}

func (q EventsQuery) path(class string) string {
	query := url.Values{}
	if q.After != "" {
		query.Set("after", q.After)
	}
	if q.Wait > 0 {
		query.Set("wait", strconv.Itoa(q.Wait))
	}
	if q.Limit > 0 {
		query.Set("limit", strconv.Itoa(q.Limit))
	}
	return ClassPath(class, "events") + "?" + query.Encode()
}

// Events reads a page of a class's log.
func (c *Client) Events(class string, q EventsQuery) EventPage {
	c.tb.Helper()
	page, err := c.TryEvents(c.tb.Context(), class, q)
	if err != nil {
		c.tb.Fatal(err)
	}
	return page
}

// TryEvents is Events for any goroutine.
func (c *Client) TryEvents(ctx context.Context, class string, q EventsQuery) (EventPage, error) {
	var page EventPage
	resp, err := c.Send(ctx, Call{Method: http.MethodGet, Path: q.path(class)})
	if err != nil {
		return page, err
	}
	return page, resp.expect(http.StatusOK, &page)
}

// History reads the class's own log to its end: after a cursor, or from the
// oldest event kept if there is none. Inbox and notices are left out.
func (c *Client) History(class, after string) []Event {
	c.tb.Helper()
	var all []Event
	for {
		page := c.Events(class, EventsQuery{After: after, Limit: 1000})
		if len(page.Events) == 0 {
			return all
		}
		for _, e := range page.Parsed() {
			if e.OfClass() {
				all = append(all, e)
			}
		}
		after = page.Cursor
	}
}
