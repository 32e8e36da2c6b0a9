package handlers

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"homeroom/storage"
)

// demoTokens is how long the tokens of development mode last.
const demoTokens = 24 * time.Hour

// Demo is the class of development mode, with its users.
type Demo struct {
	Class storage.ClassInfo
	Users []storage.Principal // the first is the teacher
}

// NewDemo finds the demo class, or makes it.
func NewDemo(ctx context.Context, store storage.Store) (*Demo, error) {
	demo := &Demo{Users: []storage.Principal{
		{User: "rivera", Name: "Ms. Rivera", Role: storage.GlobalTeacher},
		{User: "alice", Name: "Alice", Role: storage.GlobalStudent},
		{User: "bob", Name: "Bob", Role: storage.GlobalStudent},
	}}
	teacher := demo.Users[0]
	list, err := store.Classes(ctx, teacher, storage.Page{Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("find demo class: %w", err)
	}
	if len(list.Items) > 0 {
		demo.Class = list.Items[0].ClassInfo
		return demo, nil
	}
	class, err := store.CreateClass(ctx, teacher, storage.ClassDraft{Name: "Homeroom 7B"})
	if err != nil {
		return nil, fmt.Errorf("create demo class: %w", err)
	}
	demo.Class = class.ClassInfo
	for _, student := range demo.Users[1:] {
		change := storage.MemberChange{Role: storage.Student, Name: student.Name}
		if _, _, err := store.PutMember(ctx, teacher, class.ID, student.User, change, storage.AnyVersion); err != nil {
			return nil, fmt.Errorf("add %s to the demo class: %w", student.User, err)
		}
	}
	return demo, nil
}

// DemoUser is a user of development mode with a token to act as that user.
type DemoUser struct {
	User  string             `json:"user"`
	Name  string             `json:"name"`
	Role  storage.GlobalRole `json:"role"`
	Token string             `json:"token"`
}

// Tokens makes a fresh token for each user.
func (d *Demo) Tokens(tokens *Tokens) ([]DemoUser, error) {
	users := make([]DemoUser, len(d.Users))
	for i, p := range d.Users {
		token, err := tokens.Mint(p, demoTokens)
		if err != nil {
			return nil, err
		}
		users[i] = DemoUser{p.User, p.Name, p.Role, token}
	}
	return users, nil
}

// demoSession hands out tokens for everybody in the demo class: the route exists in development mode only, which
// listens on loopback only. A Host that isn't loopback is a foreign name that was pointed at this machine.
func (s *Server) demoSession(w http.ResponseWriter, r *http.Request) error {
	if !loopbackHost(r.Host) {
		return newProblem(http.StatusForbidden, "forbidden", "Development mode answers under the names 127.0.0.1, [::1] and localhost only.")
	}
	users, err := s.demo.Tokens(s.tokens)
	if err != nil {
		return err
	}
	type class struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	return reply(w, http.StatusOK, struct {
		Class class      `json:"class"`
		Users []DemoUser `json:"users"`
	}{class{s.demo.Class.ID, s.demo.Class.Name}, users})
}

// loopbackHost reports whether a Host header names this machine.
func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip := net.ParseIP(host)
	return host == "localhost" || host == "[::1]" || ip != nil && ip.IsLoopback()
}
