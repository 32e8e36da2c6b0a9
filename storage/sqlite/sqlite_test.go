package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"homeroom/events"
	"homeroom/storage"
	"homeroom/storage/storagetest"
)

// fresh is an empty folder for a database.
func fresh(tb testing.TB) storagetest.Open {
	folder := tb.TempDir()
	return func(ctx context.Context) (storage.Driver, error) { return open(ctx, folder) }
}

func TestStore(t *testing.T) { storagetest.Run(t, fresh) }

func BenchmarkPost(b *testing.B) { storagetest.BenchmarkPost(b, fresh) }

func BenchmarkSize(b *testing.B) { storagetest.BenchmarkSize(b, fresh) }

func BenchmarkRead(b *testing.B) { storagetest.BenchmarkRead(b, fresh) }

var anna = storage.Principal{User: "anna", Role: storage.GlobalTeacher}

func mustCreate(t *testing.T, s storage.Store) string {
	t.Helper()
	class, err := s.CreateClass(t.Context(), anna, storage.ClassDraft{Name: "Biology 10b"})
	if err != nil {
		t.Fatal(err)
	}
	return class.ID
}

func TestAFolderIsUsedByOneAtATime(t *testing.T) {
	folder := t.TempDir()
	s, err := Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), folder); !errors.Is(err, ErrInUse) {
		t.Errorf("error %v, want %v", err, ErrInUse)
	}
	mustCreate(t, s) // the failed attempt took nothing away
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAFolderMayHaveAnyName(t *testing.T) {
	for _, name := range []string{"with space", "50% off?x=1&y#z", "klasse 10ß", "file:x", `back\slash`} {
		folder := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), folder)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if at, err := os.Stat(filepath.Join(folder, file)); err != nil || at.Size() == 0 {
			t.Errorf("%s: the database is elsewhere: %v", name, err)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want %v", err, os.ErrNotExist)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, file), []byte(strings.Repeat("no database ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the folder isn't left locked
		if _, err := Open(t.Context(), folder); !errors.Is(err, storage.ErrUnavailable) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line that wraps %v", err, storage.ErrUnavailable)
		}
	}
}

// A full disk fails writes as long as it is full, and leaves no half of one.
func TestAFullDisk(t *testing.T) {
	d, err := open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := storage.NewEngine(d)
	defer s.Close()
	class := mustCreate(t, s)
	limit := func(pages int) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if err := d.query(func(row) error { return nil }, fmt.Sprintf(`PRAGMA max_page_count = %d`, pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(200)
	text := strings.Repeat("x", 4000)
	answered := 0
	for err == nil {
		if _, err = s.CreateMessage(t.Context(), anna, class, storage.MessageDraft{Text: text}); err == nil {
			answered++
		}
	}
	if !errors.Is(err, storage.ErrUnavailable) || answered == 0 {
		t.Fatalf("after %d messages error %v, want that it is unavailable", answered, err)
	}
	limit(1 << 20)
	m, err := s.CreateMessage(t.Context(), anna, class, storage.MessageDraft{Text: text})
	if err != nil {
		t.Fatal(err)
	}
	answered++
	at, err := s.Load(t.Context(), class, 1)
	if err != nil || at.Head != m.Seq || at.Head != int64(answered)+1 { // the first event is a member's
		t.Errorf("the head is %d, the newest message %d, answered were %d: %v", at.Head, m.Seq, answered, err)
	}
}

// While somebody always reads, the write-ahead log must not grow for ever.
func TestTheLogStaysSmall(t *testing.T) {
	folder := t.TempDir()
	d, err := open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	s := storage.NewEngine(d)
	defer s.Close()
	class := mustCreate(t, s)
	written := make(chan struct{})
	var reading, writing sync.WaitGroup
	for range 2 {
		reading.Go(func() {
			for {
				select {
				case <-written:
					return
				default:
				}
				if _, err := s.Load(t.Context(), class, 20); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	const writers, each = 64, 20 // about 15 MB
	text := strings.Repeat("x", 4000)
	for range writers {
		writing.Go(func() {
			for range each {
				if _, err := s.CreateMessage(t.Context(), anna, class, storage.MessageDraft{Text: text}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	close(written)
	reading.Wait()
	const slack = 2 << 20 // one transaction of as many as write
	at, err := os.Stat(filepath.Join(folder, file+"-wal"))
	if err != nil || at.Size() > walMost+slack {
		t.Errorf("the log has %d bytes, %v", at.Size(), err)
	}
	channel := events.ClassChannel(class)
	heads, err := s.Heads(t.Context(), []events.Channel{channel})
	if want := int64(writers*each) + 1; err != nil || heads.Extents[channel].Head != want {
		t.Errorf("heads %+v, %v, want %d", heads, err, want)
	}
}
