package postgres

import (
	"context"
	"errors"
	"sync"
	"testing"

	"homeroom/events"
	"homeroom/storage"
	"homeroom/storage/storagetest"
	"homeroom/test/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// fresh is an empty database.
func fresh(tb testing.TB) storagetest.Open {
	url := pgtest.URL(tb)
	return func(ctx context.Context) (storage.Driver, error) { return open(ctx, url) }
}

func TestStore(t *testing.T) { storagetest.Run(t, fresh) }

func TestShared(t *testing.T) { storagetest.RunShared(t, fresh) }

func BenchmarkPost(b *testing.B) { storagetest.BenchmarkPost(b, fresh) }

func BenchmarkSize(b *testing.B) { storagetest.BenchmarkSize(b, fresh) }

func BenchmarkRead(b *testing.B) { storagetest.BenchmarkRead(b, fresh) }

var anna = storage.Principal{User: "anna", Role: storage.GlobalTeacher}

// mustOpen opens a store that the test's end closes.
func mustOpen(t *testing.T, url string) *storage.Engine {
	t.Helper()
	s, err := Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func mustCreate(t *testing.T, s storage.Store) string {
	t.Helper()
	class, err := s.CreateClass(t.Context(), anna, storage.ClassDraft{Name: "Biology 10b"})
	if err != nil {
		t.Fatal(err)
	}
	return class.ID
}

func post(ctx context.Context, s storage.Store, class string) (storage.Message, error) {
	return s.CreateMessage(ctx, anna, class, storage.MessageDraft{Text: "hello"})
}

func TestProcessesThatStartAtOnceOnAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	const n = 3
	var epochs sync.Map
	var starting sync.WaitGroup
	for range n {
		starting.Go(func() {
			s, err := Open(t.Context(), url)
			if err != nil {
				t.Error(err)
				return
			}
			heads, err := s.Heads(t.Context(), nil)
			if err != nil || heads.Epoch == "" {
				t.Errorf("heads %+v, %v", heads, err)
			}
			epochs.Store(heads.Epoch, true)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	found := 0
	epochs.Range(func(any, any) bool { found++; return true })
	if found != 1 {
		t.Errorf("they have %d epochs", found)
	}
}

func TestThePoolIsAsLargeAsTheURLSays(t *testing.T) {
	for url, want := range map[string]int32{
		"postgres://localhost/db":                   readers(),
		"postgres://localhost/db?pool_max_conns=17": 17,
		"postgresql://localhost/db?sslmode=disable": readers(),
		"postgres://user:pass@one:5432,two:5433/db?target_session_attrs=read-write&pool_max_conns=5": 5,
	} {
		config, err := configure(url)
		if err != nil {
			t.Fatal(err)
		}
		if config.MaxConns != want {
			t.Errorf("%s: %d connections, want %d", url, config.MaxConns, want)
		}
	}
}

// A server that was told not to wait for the disk must do so for us.
func TestCommitsWaitForTheDisk(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	d, err := open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.exec(t.Context(), `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$`); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if d, err = open(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var set string
	conn, err := d.write.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if err := conn.QueryRow(t.Context(), `SHOW synchronous_commit`).Scan(&set); err != nil || set != "on" {
		t.Errorf("synchronous_commit is %q, %v", set, err)
	}
}

// A write that is refused must not make an inbox for a user who may not even exist.
func TestARefusedWriteLeavesNothing(t *testing.T) {
	t.Parallel()
	d, err := open(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	s := storage.NewEngine(d)
	defer s.Close()
	class := mustCreate(t, s)
	eve := storage.Principal{User: "eve", Role: storage.GlobalStudent}
	_, _, err = s.PutMember(t.Context(), eve, class, "nobody", storage.MemberChange{Role: storage.Student}, storage.AnyVersion)
	if !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("error %v, want %v", err, storage.ErrNotFound)
	}
	var channels int
	if err := d.read.QueryRow(t.Context(), `SELECT count(*) FROM channels`).Scan(&channels); err != nil || channels != 2 {
		t.Errorf("%d channels, %v; want the class's and its teacher's", channels, err)
	}
}

// history is all that a class's log has.
func history(t *testing.T, s storage.Store, class string) []events.Event {
	t.Helper()
	var all []events.Event
	for {
		evs, err := s.Read(t.Context(), events.ClassChannel(class), int64(len(all)), 500)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, evs...)
		if len(evs) == 0 {
			return all
		}
	}
}
