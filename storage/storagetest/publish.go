package storagetest

import (
	"context"
	"errors"
	"testing"

	"homeroom/storage"
)

// testBulletinAuthorisation is who may do what with bulletins.
func testBulletinAuthorisation(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))
	page := storage.Page{Limit: 10}
	// What each may do: + yes, - forbidden, . not found.
	for _, c := range []struct {
		name    string
		call    func(ctx context.Context, p storage.Principal, key storage.BulletinKey) error
		allowed string // to root, anna (teacher), clio (assistant), ben (student), eve (stranger)
	}{
		{"CreateBulletin", func(ctx context.Context, p storage.Principal, key storage.BulletinKey) error {
			_, err := s.CreateBulletin(ctx, p, key.Class, draftOf(key.Kind))
			return err
		}, "++--."},
		{"Bulletins", func(ctx context.Context, p storage.Principal, key storage.BulletinKey) error {
			_, err := s.Bulletins(ctx, p, key.Class, key.Kind, nil, page)
			return err
		}, "++++."},
		{"Bulletin", func(ctx context.Context, p storage.Principal, key storage.BulletinKey) error {
			_, err := s.Bulletin(ctx, p, key)
			return err
		}, "++++."},
		{"UpdateBulletin", func(ctx context.Context, p storage.Principal, key storage.BulletinKey) error {
			_, err := s.UpdateBulletin(ctx, p, key, storage.BulletinChange{Title: &p.User}, storage.AnyVersion)
			return err
		}, "++--."},
		{"DeleteBulletin", func(ctx context.Context, p storage.Principal, key storage.BulletinKey) error {
			return s.DeleteBulletin(ctx, p, key, storage.AnyVersion)
		}, "++--."},
		{"Acknowledge", func(ctx context.Context, p storage.Principal, key storage.BulletinKey) error {
			_, err := s.Acknowledge(ctx, p, key)
			return err
		}, "-+++."},
		{"Acknowledgements", func(ctx context.Context, p storage.Principal, key storage.BulletinKey) error {
			_, err := s.Acknowledgements(ctx, p, key, storage.AnyState, page)
			return err
		}, "++--."},
	} {
		t.Run(c.name, func(t *testing.T) {
			for kind := range bulletinEvents {
				for i, p := range []storage.Principal{root, anna, clio, ben, eve} {
					class := s.class(t)
					key := keyOf(s.announce(t, class, draftOf(kind)))
					head := s.head(t, class)
					want := map[byte]error{'+': nil, '-': storage.ErrForbidden, '.': storage.ErrNotFound}[c.allowed[i]]
					if err := c.call(t.Context(), p, key); !errors.Is(err, want) {
						t.Errorf("%s: error %v, want %v", p.User, err, want)
					}
					if want != nil {
						s.wantEvents(t, class, head)
					}
					key.Class = noClass
					wantError(t, c.call(t.Context(), p, key), storage.ErrNotFound)
				}
			}
		})
	}
}

// testBulletinPurge is that nothing stays of a deleted class's bulletins.
func testBulletinPurge(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))
	fill := func(class string) {
		const each = 3
		for range each {
			m := s.announce(t, class, draftOf(storage.Assignment)) // with two jobs
			s.acknowledgeAs(t, ben, keyOf(m))
			s.acknowledgeAs(t, dora, keyOf(m))
			s.tx(t, func(tx storage.Tx) {
				check(t, tx.InsertReminder(t.Context(), &storage.Reminder{ID: m.ID, Class: class, Assignment: m.ID}))
			})
		}
	}
	const rows = 3 + 3*2 + 3*2 + 3 // bulletins, jobs, acknowledgements, reminders
	purge := func(class string) (total int) {
		for n := -1; n != 0; total += n {
			const limit = 4
			s.tx(t, func(tx storage.Tx) {
				var err error
				n, err = tx.Purge(t.Context(), class, limit)
				wantError(t, err, nil)
			})
			if n > limit {
				t.Fatalf("%d rows deleted at once", n)
			}
		}
		return total
	}
	kept, empty, class := s.class(t), s.class(t), s.class(t)
	fill(kept)
	fill(class)
	const bulletinEvents = 3 // which stay in the log until it goes
	const told = 3           // notifications, which go with their bulletin
	s.tape.mayTrim()
	equal(t, "rows of bulletins", purge(class)-purge(empty)-bulletinEvents-told, rows)
	equal(t, "jobs of another class", len(s.jobs(t, kept)), 6)
	all := s.bulletins(t, anna, kept, storage.Assignment, nil, 2)
	equal(t, "bulletins of another class", len(all), 3)
	for _, m := range all {
		equal(t, "acknowledged", m.AcknowledgedCount, int64(2))
	}

	t.Run("and of a deleted bulletin", func(t *testing.T) {
		head := s.head(t, kept)
		for _, m := range all {
			wantError(t, s.DeleteBulletin(t.Context(), anna, keyOf(m), storage.AnyVersion), nil)
		}
		events := int(s.head(t, kept) - head)
		again := s.class(t)
		before := purge(again)
		equal(t, "rows left", purge(kept)-before-bulletinEvents-events, 0)
	})
}
