package postgres

import (
	"context"
	"errors"

	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"homeroom/events"
	"homeroom/storage"
	"homeroom/test/pgtest"
)

// The longest that a test waits for what must happen some time.
const eventually = time.Minute

func TestAServerThatIsKilled(t *testing.T) {
	t.Parallel()
	cluster := pgtest.StartCluster(t)
	s := mustOpen(t, cluster.URL("postgres"))
	class := mustCreate(t, s)

	// While many write, the server crashes.
	var mu sync.Mutex
	var kept []storage.Message // answered, so never to be lost
	var writing sync.WaitGroup
	enough := make(chan struct{})
	for range 8 {
		writing.Go(func() {
			for {
				m, err := post(t.Context(), s, class)
				if err != nil {
					if !errors.Is(err, storage.ErrUnavailable) {
						t.Errorf("error %v, want that it is unavailable", err)
					}
					return
				}
				mu.Lock()
				if kept = append(kept, m); len(kept) == 100 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	cluster.Kill()
	writing.Wait()

	// Everything says so, soon.
	began := time.Now()
	for name, call := range map[string]func() error{
		"Ping":  func() error { return s.Ping(t.Context()) },
		"write": func() error { _, err := post(t.Context(), s, class); return err },
		"read":  func() error { _, err := s.Load(t.Context(), class, 5); return err },
	} {
		if err := call(); !errors.Is(err, storage.ErrUnavailable) {
			t.Errorf("%s: error %v, want that it is unavailable", name, err)
		}
	}
	if took := time.Since(began); took > patience {
		t.Errorf("that took %s", took)
	}

	// It comes back, and all goes on as if nothing had been.
	cluster.Start()
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	m, err := post(t.Context(), s, class)
	if err != nil {
		t.Fatalf("post: %v", err)
	}
	logged := history(t, s, class)
	if m.Seq != int64(len(logged)) {
		t.Errorf("the newest message is %d, the newest event %d", m.Seq, len(logged))
	}
	for i, e := range logged {
		if e.Seq != int64(i)+1 {
			t.Fatalf("event %d stands at %d", e.Seq, i+1)
		}
	}
	for _, m := range kept {
		found, err := s.Message(t.Context(), anna, class, m.ID)
		if err != nil || found.Seq != m.Seq {
			t.Fatalf("message %d was answered, and now: %+v, %v", m.Seq, found, err)
		}
	}
	if len(logged)-1 < len(kept)+1 { // the first event is a member's
		t.Errorf("%d events of %d messages", len(logged)-1, len(kept)+1)
	}
}

func TestAServerThatRestartsIsNotNoticed(t *testing.T) {
	t.Parallel()
	cluster := pgtest.StartCluster(t)
	s := mustOpen(t, cluster.URL("postgres"))
	class := mustCreate(t, s)
	var reading sync.WaitGroup
	for range 32 { // so that all the readers' connections lie in the pool
		reading.Go(func() {
			if _, err := s.Load(t.Context(), class, 5); err != nil {
				t.Error(err)
			}
		})
	}
	reading.Wait()
	for range 3 {
		cluster.Stop()
		cluster.Start()
		if _, err := s.Load(t.Context(), class, 5); err != nil {
			t.Errorf("load: %v", err)
		}
		if _, err := s.Read(t.Context(), events.ClassChannel(class), 0, 5); err != nil {
			t.Errorf("read: %v", err)
		}
		if _, err := post(t.Context(), s, class); err != nil {
			t.Errorf("post: %v", err)
		}
	}
}

func TestAServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	database, err := url.Parse(pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	if database.Query().Get("host") == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("the server is no throwaway one with a socket")
		}
		t.Skip("SKIPPED: the server is no throwaway one with a socket; run it without HOMEROOM_TEST_POSTGRES")
	}
	l := newLine(t, filepath.Join(database.Query().Get("host"), ".s.PGSQL.5432"))
	database.Host, database.RawQuery = l.address, "sslmode=disable"
	s := mustOpen(t, database.String())
	class := mustCreate(t, s)
	if _, err := s.Load(t.Context(), class, 5); err != nil {
		t.Fatal(err)
	}

	l.hold()
	began := time.Now()
	var calling sync.WaitGroup
	for range 4 {
		calling.Go(func() {
			if _, err := post(t.Context(), s, class); !errors.Is(err, storage.ErrUnavailable) {
				t.Errorf("post: error %v, want that it is unavailable", err)
			}
		})
		calling.Go(func() {
			if _, err := s.Load(t.Context(), class, 5); !errors.Is(err, storage.ErrUnavailable) {
				t.Errorf("load: error %v, want that it is unavailable", err)
			}
		})
	}
	calling.Wait()
	if took := time.Since(began); took > 3*patience {
		t.Errorf("that took %s", took)
	}
	l.release()
	ctx, cancel := context.WithTimeout(t.Context(), eventually)
	defer cancel()
	for _, err := post(ctx, s, class); err != nil; _, err = post(ctx, s, class) {
		if !errors.Is(err, storage.ErrUnavailable) {
			t.Fatalf("post: error %v", err)
		}
	}
	if evs := history(t, s, class); evs[len(evs)-1].Seq != int64(len(evs)) {
		t.Errorf("the newest of %d events is %d", len(evs), evs[len(evs)-1].Seq)
	}
}

// line carries connections to a socket, and can be held up: everything stays connected, and nothing comes through.
type line struct {
	address string
	mu      sync.Mutex // guards open
	open    chan struct{}
}

func newLine(t *testing.T, socket string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{address: listener.Addr().String(), open: make(chan struct{})}
	l.release()
	ended := make(chan struct{})
	var carrying sync.WaitGroup
	carrying.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("unix", socket)
			if err != nil {
				near.Close()
				continue
			}
			carrying.Go(func() { l.carry(far, near, ended) })
			carrying.Go(func() { l.carry(near, far, ended) })
			carrying.Go(func() { <-ended; near.Close(); far.Close() })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		close(ended)
		carrying.Wait()
	})
	return l
}

// carry copies from one end to the other while the line is open.
func (l *line) carry(to, from net.Conn, ended <-chan struct{}) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		l.mu.Lock()
		open := l.open
		l.mu.Unlock()
		select {
		case <-open:
		case <-ended:
			return
		}
		if _, writeErr := to.Write(buf[:n]); err != nil || writeErr != nil {
			return
		}
	}
}

func (l *line) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = make(chan struct{})
}

func (l *line) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.open)
}
