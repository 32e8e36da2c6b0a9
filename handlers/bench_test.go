package handlers

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

// benchToken is what a client of a benchmark sends, and who takes it.
func benchToken(b *testing.B) (*Tokens, string) {
	b.Helper()
	tokens, err := NewTokens(TokenConfig{Secret: []byte("a secret of the benchmarks, long enough for HS256")})
	if err != nil {
		b.Fatal(err)
	}
	token, err := tokens.Mint(storage.Principal{User: "anna", Name: "Anna", Role: storage.GlobalTeacher}, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	return tokens, token
}

// BenchmarkToken measures taking a token that is new to the process, and one that it knows.
func BenchmarkToken(b *testing.B) {
	tokens, token := benchToken(b)
	for name, take := range map[string]func(string) error{
		"new":   func(text string) error { _, _, err := tokens.check(b.Context(), text); return err },
		"known": func(text string) error { _, err := tokens.verify(b.Context(), text); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := take(token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// noStore takes every message and keeps none.
type noStore struct{ storage.Store }

func (noStore) Heads(context.Context, []events.Channel) (events.Heads, error) {
	return events.Heads{Epoch: "k3f9"}, nil
}

func (noStore) Revocations(context.Context) ([]events.Revocation, error) { return nil, nil }

func (noStore) CreateMessage(_ context.Context, p storage.Principal, class string, draft storage.MessageDraft) (storage.Message, error) {
	return storage.Message{ID: class, Class: class, Seq: 1043, Author: p.User, Text: &draft.Text, Version: 1}, nil
}

// nobody is a client that looks at the status only.
type nobody struct {
	header http.Header
	status int
}

func (n *nobody) Header() http.Header         { return n.header }
func (n *nobody) Write(p []byte) (int, error) { return len(p), nil }
func (n *nobody) WriteHeader(status int)      { n.status = status }

func (n *nobody) SetReadDeadline(time.Time) error { return nil }

// BenchmarkPost measures what a post costs in the handlers: everything between the server that reads the request and
// the store.
func BenchmarkPost(b *testing.B) {
	tokens, token := benchToken(b)
	hub, err := events.New(events.Config{Log: noStore{}})
	if err != nil {
		b.Fatal(err)
	}
	defer hub.Close()
	handler := New(Config{Store: noStore{}, Hub: hub, Tokens: tokens, Unlimited: true}).Handler()
	const text = `{"text":"Could somebody explain once more why the mitochondrion has two membranes? I missed the end of the lesson."}`
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/v1/classes/019ab3c4-5d6e-7f80-9123-456789abcdef/messages", strings.NewReader(text))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		w := nobody{header: http.Header{}}
		if handler.ServeHTTP(&w, r); w.status != http.StatusCreated {
			b.Fatalf("status %d", w.status)
		}
	}
}
