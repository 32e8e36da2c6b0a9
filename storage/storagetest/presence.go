package storagetest

import (
	"fmt"
	"testing"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

// enter gives sessions and sightings to a store.
func (s *school) enter(t *testing.T, e events.Entries) {
	t.Helper()
	wantError(t, s.EnterPresence(t.Context(), e), nil)
}

// lastSeen is when each member of a class was last seen.
func (s *school) lastSeen(t *testing.T, class string, limit int) map[string]events.Time {
	t.Helper()
	all := map[string]events.Time{}
	for _, seen := range pages(t, func(page storage.Page) (storage.List[storage.LastSeen], error) {
		page.Limit = limit
		return s.LastSeen(t.Context(), ben, class, page)
	}) {
		all[seen.User] = seen.At
	}
	return all
}

// sum is a member's attendance over a span.
func (s *school) sum(t *testing.T, class, user string, from, to events.Time) storage.Attendance {
	t.Helper()
	span := storage.Span{From: from, To: to, Gap: 10 * time.Second}
	for _, a := range pages(t, func(page storage.Page) (storage.List[storage.Attendance], error) {
		page.Limit = 3
		return s.Attendance(t.Context(), anna, class, span, page)
	}) {
		if a.User == user {
			return a
		}
	}
	t.Fatalf("%s is not listed", user)
	return storage.Attendance{}
}

const (
	second = events.Time(1000)
	minute = 60 * second
)

func testPresence(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))

	t.Run("who was never seen is listed without a time", func(t *testing.T) {
		class := s.class(t)
		for _, limit := range []int{1, 3, 4, 50} {
			equal(t, "seen", s.lastSeen(t, class, limit), map[string]events.Time{"anna": 0, "ben": 0, "clio": 0, "dora": 0})
		}
		list, err := s.LastSeen(t.Context(), ben, class, storage.Page{Limit: 2})
		wantError(t, err, nil)
		equal(t, "first", list.Items[0], storage.LastSeen{User: "anna", Name: "Anna Ames", Role: storage.Teacher})
		equal(t, "position of the list", list.At.Class, s.head(t, class))
	})

	t.Run("the last time counts, in whatever order it comes", func(t *testing.T) {
		class := s.class(t)
		for _, at := range []events.Time{1000, 3000, 2000} {
			s.enter(t, events.Entries{Sightings: []events.Sighting{{User: "ben", At: at}, {User: "eve", At: at}}})
		}
		equal(t, "seen", s.lastSeen(t, class, 50), map[string]events.Time{"anna": 0, "ben": 3000, "clio": 0, "dora": 0})
	})

	t.Run("who is there is seen with every sign of life", func(t *testing.T) {
		class := s.class(t)
		before := events.Now()
		s.enter(t, events.Entries{Sightings: []events.Sighting{{User: "dora", At: 1000, There: true}}})
		first := s.lastSeen(t, class, 50)["dora"]
		if first < before || first > events.Now() {
			t.Errorf("seen at %v, before the entry at %v", first, before)
		}
		eventually(t, "a sign of life counts", func() bool {
			s.enter(t, events.Entries{})
			return s.lastSeen(t, class, 50)["dora"] > first
		})
		s.enter(t, events.Entries{Sightings: []events.Sighting{{User: "dora", At: before}}})
		equal(t, "seen", s.lastSeen(t, class, 50)["dora"], before)
	})

	t.Run("many at once are entered, and each of them again", func(t *testing.T) {
		class := s.class(t)
		const many = 300
		var e events.Entries
		for i := range many {
			user := fmt.Sprintf("u%03d", i)
			s.put(t, class, storage.Principal{User: user}, storage.Student)
			e.Sightings = append(e.Sightings, events.Sighting{User: user, At: 5})
			e.Sessions = append(e.Sessions, events.Session{Class: class, User: user, Since: 5 * second, Until: 6 * second})
		}
		s.enter(t, e)
		s.enter(t, e)
		seen := s.lastSeen(t, class, 7)
		for i := range many {
			user := fmt.Sprintf("u%03d", i)
			if a := s.sum(t, class, user, 1, minute); seen[user] != 5 || a.Sessions != 1 {
				t.Fatalf("%s seen at %v, %+v", user, seen[user], a)
			}
			if testing.Short() || i > 5 {
				break
			}
		}
	})

	t.Run("only who may post may type", func(t *testing.T) {
		class := s.class(t)
		m, err := s.MayType(t.Context(), ben, class)
		wantError(t, err, nil)
		equal(t, "name", m.Name, "Ben Bell")
		m, err = s.MayType(t.Context(), root, class)
		wantError(t, err, nil)
		if m != nil {
			t.Errorf("an admin who is no member types as %+v", m)
		}
		_, err = s.UpdateClass(t.Context(), anna, class, storage.ClassChange{Archived: new(true)}, storage.AnyVersion)
		wantError(t, err, nil)
		_, err = s.MayType(t.Context(), ben, class)
		wantError(t, err, storage.ErrClassArchived)
	})
}

func testAttendance(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))
	at := func(class string, user storage.Principal, since, until events.Time) {
		s.enter(t, events.Entries{Sessions: []events.Session{{Class: class, User: user.User, Since: since, Until: until}}})
	}
	const from, to = 100 * minute, 200 * minute

	t.Run("all members are listed, also who wasn't there, page by page", func(t *testing.T) {
		class := s.class(t)
		at(class, ben, 110*minute, 120*minute)
		at(class, eve, 110*minute, 120*minute) // was a member then
		want := []storage.Attendance{
			{User: "anna", Name: "Anna Ames", Role: storage.Teacher},
			{User: "ben", Name: "Ben Bell", Role: storage.Student, FirstSeen: 110 * minute, LastSeen: 120 * minute, Minutes: 10, Sessions: 1},
			{User: "clio", Name: "Clio Cole", Role: storage.Assistant},
			{User: "dora", Name: "Dora Dean", Role: storage.Student},
		}
		for _, limit := range []int{1, 2, 3, 4, 50} {
			equal(t, fmt.Sprintf("attendance by %d", limit), pages(t, func(page storage.Page) (storage.List[storage.Attendance], error) {
				page.Limit = limit
				return s.Attendance(t.Context(), anna, class, storage.Span{From: from, To: to}, page)
			}), want)
		}
		for _, p := range []storage.Principal{ben, clio} {
			_, err := s.Attendance(t.Context(), p, class, storage.Span{From: from, To: to}, storage.Page{Limit: 1})
			wantError(t, err, storage.ErrForbidden)
		}
	})

	t.Run("it is cut to the span, of this class, and adds up", func(t *testing.T) {
		class, other := s.class(t), s.class(t)
		at(class, ben, 1*minute, 50*minute)    // before
		at(class, ben, 90*minute, 101*minute)  // 1 minute of it
		at(class, ben, 110*minute, 115*minute) // 5
		at(class, ben, 199*minute, 300*minute) // 1
		at(class, ben, 200*minute, 400*minute) // after
		at(other, ben, 120*minute, 180*minute)
		equal(t, "attendance", s.sum(t, class, "ben", from, to), storage.Attendance{
			User: "ben", Name: "Ben Bell", Role: storage.Student, FirstSeen: from, LastSeen: to, Minutes: 7, Sessions: 3,
		})
	})

	t.Run("what overlaps counts once, and a short break is none", func(t *testing.T) {
		class := s.class(t)
		at(class, ben, 110*minute, 120*minute)
		at(class, ben, 112*minute, 115*minute) // on another node
		at(class, ben, 118*minute, 125*minute)
		at(class, ben, 125*minute+10*second, 130*minute)
		at(class, ben, 130*minute+11*second, 131*minute+11*second)
		got := s.sum(t, class, "ben", from, to)
		if got.Sessions != 2 || got.Minutes != 21 || got.FirstSeen != 110*minute || got.LastSeen != 131*minute+11*second {
			t.Errorf("attendance %+v", got)
		}
	})

	t.Run("a session that goes on lasts until now, and its end stays", func(t *testing.T) {
		class := s.class(t)
		now := events.Now()
		began := now - 5*minute
		at(class, ben, began, 0)
		got := s.sum(t, class, "ben", now-60*minute, now+60*minute)
		if got.FirstSeen != began || got.LastSeen < now || got.LastSeen > events.Now() || got.Sessions != 1 {
			t.Errorf("attendance %+v", got)
		}
		at(class, ben, began, now-minute)
		at(class, ben, began, 0) // said again, late
		equal(t, "last seen", s.sum(t, class, "ben", now-60*minute, now+60*minute).LastSeen, now-minute)
	})

	t.Run("what a crash left open ends with the last sign of life", func(t *testing.T) {
		open := fresh(t)
		driver, err := open(t.Context())
		wantError(t, err, nil)
		first := newSchoolOn(t, driver)
		class := first.class(t)
		first.enter(t, events.Entries{
			Sessions:  []events.Session{{Class: class, User: "ben", Since: 1, Until: 0}, {Class: class, User: "dora", Since: 1, Until: 2}},
			Sightings: []events.Sighting{{User: "ben", At: 1, There: true}},
		})
		alive := events.Now() // at the latest
		wantError(t, first.Close(), nil)

		driver, err = open(t.Context())
		wantError(t, err, nil)
		s := newSchoolOn(t, driver)
		s.tape.mayTrim()
		ends := s.sum(t, class, "ben", 0, alive+60*minute)
		if ends.LastSeen > alive || ends.LastSeen < alive-minute || ends.Sessions != 1 {
			t.Errorf("attendance %+v, the last sign of life was before %v", ends, alive)
		}
		equal(t, "last seen", s.lastSeen(t, class, 50)["ben"], ends.LastSeen)
		s.enter(t, events.Entries{}) // this run's life is its own
		equal(t, "after a sign of life", s.sum(t, class, "ben", 0, alive+60*minute), ends)

		dead := func() (run string) {
			wantError(t, driver.View(t.Context(), func(r storage.Reader) (err error) {
				run, err = r.DeadRun(t.Context(), ends.LastSeen+1)
				return err
			}), nil)
			return run
		}
		for run := dead(); run != ""; run = dead() {
			tx, _, err := driver.Begin(t.Context(), storage.Needs{})
			wantError(t, err, nil)
			n, err := tx.EndRun(t.Context(), run, 1)
			wantError(t, err, nil)
			equal(t, "rows in a step", n, 1)
			wantError(t, tx.Commit(t.Context(), nil, nil), nil)
		}
		equal(t, "after it was ended for good", s.sum(t, class, "ben", 0, alive+60*minute), ends)
		equal(t, "last seen", s.lastSeen(t, class, 50)["ben"], ends.LastSeen)
	})

	t.Run("old sessions are forgotten, and those of other classes stay when one is purged", func(t *testing.T) {
		s := newSchool(t, fresh(t))
		s.tape.mayTrim()
		class := s.class(t)
		now := events.Now()
		old := now - events.Time(storage.SessionLife.Milliseconds()) - minute
		var e events.Entries
		for i := range 450 {
			e.Sessions = append(e.Sessions, events.Session{Class: class, User: "ben", Since: old - events.Time(i)*minute, Until: old})
		}
		e.Sessions = append(e.Sessions, events.Session{Class: class, User: "ben", Since: old + 2*minute, Until: old + 3*minute})
		s.enter(t, e)
		n, err := s.Trim(t.Context(), storage.Retention{Age: 1000 * time.Hour, Count: 1000})
		wantError(t, err, nil)
		equal(t, "forgotten", n, 450)
		equal(t, "sessions left", s.sum(t, class, "ben", 0, now).Sessions, 1)
	})
}
