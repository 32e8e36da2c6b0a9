package storagetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

// hear is for [storage.Store.OnReceipts].
func (p *tape) hear(changed []events.Receipt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = append(p.heard, changed...)
}

// receiptsOf is what was told of the receipts of a class.
func (p *tape) receiptsOf(class string) []events.Receipt {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.heard), func(r events.Receipt) bool { return r.Class != class })
}

// acknowledge moves a member's receipt on; a negative position is left away.
func (s *school) acknowledge(t *testing.T, p storage.Principal, class string, delivered, read int64) storage.Receipt {
	t.Helper()
	var change storage.ReceiptChange
	if delivered >= 0 {
		change.Delivered = &delivered
	}
	if read >= 0 {
		change.Read = &read
	}
	r, err := s.UpdateReceipt(t.Context(), p, class, change)
	wantError(t, err, nil)
	return r
}

// receipts is every receipt of a class, by user.
func (s *school) receipts(t *testing.T, class string) map[string]storage.Receipt {
	t.Helper()
	all := map[string]storage.Receipt{}
	for _, r := range pages(t, func(page storage.Page) (storage.List[storage.Receipt], error) {
		page.Limit = 200
		return s.Receipts(t.Context(), root, class, page)
	}) {
		all[r.User] = r
	}
	return all
}

// wantReceipt checks the positions of a receipt.
func wantReceipt(t *testing.T, r storage.Receipt, delivered, read int64) {
	t.Helper()
	if r.Delivered != delivered || r.Read != read {
		t.Errorf("receipt %s, want %d delivered and %d read", show(r), delivered, read)
	}
}

// eventually waits for what happens in the background.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	const patience, glance = 30 * time.Second, 2 * time.Millisecond
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for end := time.After(patience); !condition(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func testReceipts(t *testing.T, fresh Fresh) {
	s := newSchool(t, fresh(t))

	t.Run("who has acknowledged nothing is listed with nothing", func(t *testing.T) {
		class := s.class(t)
		var users []string
		for _, limit := range []int{1, 3, 4, 5} {
			list := pages(t, func(page storage.Page) (storage.List[storage.Receipt], error) {
				page.Limit = limit
				return s.Receipts(t.Context(), ben, class, page)
			})
			users = nil
			for _, r := range list {
				users = append(users, r.User)
				equal(t, "receipt", r, storage.Receipt{Class: class, User: r.User})
			}
			equal(t, fmt.Sprintf("members by %d", limit), users, []string{"anna", "ben", "clio", "dora"})
		}
		list, err := s.Receipts(t.Context(), ben, class, storage.Page{Limit: 1})
		wantError(t, err, nil)
		equal(t, "position of the list", list.At.Class, s.head(t, class))
		_, err = s.Receipts(t.Context(), ben, class, storage.Page{Limit: 1, After: "!"})
		wantError(t, err, storage.ErrPage)
	})

	t.Run("positions only go on, and what was read was delivered", func(t *testing.T) {
		class := s.class(t)
		last := s.post(t, anna, class, "hello").Seq
		before := events.Now()
		r := s.acknowledge(t, ben, class, 2, -1)
		wantReceipt(t, r, 2, 0)
		if r.Class != class || r.User != "ben" || r.UpdatedAt < before || r.UpdatedAt > events.Now() {
			t.Errorf("receipt %s", show(r))
		}
		wantReceipt(t, s.acknowledge(t, ben, class, -1, 3), 3, 3)
		wantReceipt(t, s.acknowledge(t, ben, class, last, 1), last, 3)
		wantReceipt(t, s.acknowledge(t, ben, class, 2, last), last, last)
		stands := s.receipts(t, class)["ben"]
		for _, back := range []int64{0, 1, last} {
			equal(t, "receipt after going back", s.acknowledge(t, ben, class, back, back), stands)
		}
		equal(t, "stored", s.receipts(t, class)["ben"], stands)
		equal(t, "told", s.tape.receiptsOf(class), []events.Receipt{
			{Class: class, User: "ben", Delivered: 2},
			{Class: class, User: "ben", Delivered: 3, Read: 3},
			{Class: class, User: "ben", Delivered: last, Read: 3},
			{Class: class, User: "ben", Delivered: last, Read: last},
		})
	})

	t.Run("nothing stands before anything was acknowledged", func(t *testing.T) {
		class := s.class(t)
		equal(t, "receipt", s.acknowledge(t, ben, class, 0, 0), storage.Receipt{Class: class, User: "ben"})
	})

	t.Run("nobody gets ahead of the log", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		ahead := head + 1
		for _, change := range []storage.ReceiptChange{{Read: &ahead}, {Delivered: &ahead}, {Delivered: &head, Read: &ahead}} {
			_, err := s.UpdateReceipt(t.Context(), ben, class, change)
			wantError(t, err, storage.ErrReceiptAhead)
		}
		wantReceipt(t, s.receipts(t, class)["ben"], 0, 0)
		wantReceipt(t, s.acknowledge(t, ben, class, -1, head), head, head)
	})

	t.Run("a receipt makes no event", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		s.acknowledge(t, ben, class, -1, head)
		s.wantEvents(t, class, head)
	})

	t.Run("a message's receipts are those of the others", func(t *testing.T) {
		class := s.class(t)
		m, next := s.post(t, ben, class, "hello"), s.post(t, anna, class, "hi")
		s.acknowledge(t, ben, class, -1, next.Seq)
		s.acknowledge(t, anna, class, next.Seq, m.Seq)
		s.acknowledge(t, clio, class, m.Seq, -1)
		s.acknowledge(t, dora, class, m.Seq-1, -1)
		got, err := s.MessageReceipts(t.Context(), dora, class, m.ID)
		wantError(t, err, nil)
		equal(t, "receipts", got, storage.MessageReceipts{
			Message: m.ID, Seq: m.Seq, Members: 3,
			Delivered: storage.Reach{Count: 2, Users: []string{"anna", "clio"}},
			Read:      storage.Reach{Count: 1, Users: []string{"anna"}},
		})
		wantError(t, s.RemoveMember(t.Context(), anna, class, "clio", storage.AnyVersion), nil)
		got, err = s.MessageReceipts(t.Context(), root, class, next.ID)
		wantError(t, err, nil)
		equal(t, "receipts", got, storage.MessageReceipts{
			Message: next.ID, Seq: next.Seq, Members: 2,
			Delivered: storage.Reach{Count: 1, Users: []string{"ben"}},
			Read:      storage.Reach{Count: 1, Users: []string{"ben"}},
		})
		if _, ok := s.receipts(t, class)["clio"]; ok {
			t.Error("one who left is listed")
		}
		_, err = s.MessageReceipts(t.Context(), anna, s.class(t), m.ID)
		wantError(t, err, storage.ErrNotFound) // a message of another class
	})

	t.Run("of many who have read a message some are named, and all counted", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, anna, class, "hello")
		const many = storage.MaxReceiptUsers + 20
		var reading sync.WaitGroup
		for i := range many {
			p := storage.Principal{User: fmt.Sprintf("reader-%03d", i)}
			reading.Go(func() {
				_, _, err := s.PutMember(t.Context(), anna, class, p.User, storage.MemberChange{Role: storage.Student}, storage.AnyVersion)
				check(t, err)
				_, err = s.UpdateReceipt(t.Context(), p, class, storage.ReceiptChange{Read: &m.Seq})
				check(t, err)
			})
		}
		reading.Wait()
		got, err := s.MessageReceipts(t.Context(), anna, class, m.ID)
		wantError(t, err, nil)
		if got.Members != many+3 || got.Read.Count != many || len(got.Read.Users) != storage.MaxReceiptUsers || !slices.IsSorted(got.Read.Users) {
			t.Errorf("%d members, %d have read it, %d are named", got.Members, got.Read.Count, len(got.Read.Users))
		}
	})

	t.Run("who comes back has still read what was read", func(t *testing.T) {
		class := s.class(t)
		head := s.head(t, class)
		s.acknowledge(t, ben, class, -1, head)
		wantError(t, s.RemoveMember(t.Context(), anna, class, "ben", storage.AnyVersion), nil)
		s.put(t, class, ben, storage.Student)
		wantReceipt(t, s.receipts(t, class)["ben"], head, head)
	})

	t.Run("deliveries of opened streams count in the background", func(t *testing.T) {
		class := s.class(t)
		m := s.post(t, anna, class, "hello")
		s.Delivered(ben, class, 2)
		s.Delivered(ben, class, m.Seq)
		s.Delivered(ben, class, 1)
		s.Delivered(dora, class, m.Seq+100) // no further than the log
		s.Delivered(eve, class, m.Seq)      // no member
		s.Delivered(ben, noClass, m.Seq)
		eventually(t, "the deliveries are stored", func() bool {
			all := s.receipts(t, class)
			return all["ben"].Delivered == m.Seq && all["dora"].Delivered == m.Seq
		})
		wantReceipt(t, s.receipts(t, class)["ben"], m.Seq, 0)
		if all := s.receipts(t, class); len(all) != 4 {
			t.Errorf("receipts %s", show(all))
		}
		s.acknowledge(t, ben, class, -1, m.Seq)
		s.Delivered(ben, class, 2)
		s.Delivered(clio, class, 2)
		eventually(t, "the next delivery is stored", func() bool { return s.receipts(t, class)["clio"].Delivered == 2 })
		wantReceipt(t, s.receipts(t, class)["ben"], m.Seq, m.Seq)
	})

	t.Run("a thousand streams that open at once cost a few writes", func(t *testing.T) {
		s, stage := newStaged(t, fresh(t))
		class := s.class(t)
		head := s.head(t, class)
		const streams = 1000
		var mu sync.Mutex
		commits := 0
		stage.onCommit(func(_ int, commit func() error) error {
			mu.Lock()
			commits++
			mu.Unlock()
			return commit()
		})
		entered, release := stage.holdNext()
		defer release()
		s.Delivered(ben, class, head)
		<-entered
		for i := range streams {
			s.Delivered([]storage.Principal{anna, clio, dora, {User: fmt.Sprint("stranger ", i%600)}}[i%4], class, int64(i)%head+1)
		}
		release()
		eventually(t, "the deliveries are stored", func() bool {
			all := s.receipts(t, class)
			return all["anna"].Delivered > 0 && all["clio"].Delivered > 0 && all["dora"].Delivered > 0
		})
		mu.Lock()
		defer mu.Unlock()
		if commits > 3 {
			t.Errorf("%d transactions", commits)
		}
	})

	t.Run("many who acknowledge at once lose nothing", func(t *testing.T) {
		acknowledgeAtOnce(t, []*school{s})
	})

	t.Run("closing writes the deliveries that wait, and a restart keeps all", func(t *testing.T) {
		open := fresh(t)
		first := newSchool(t, open)
		class := first.class(t)
		head := first.head(t, class)
		first.acknowledge(t, ben, class, -1, 2)
		first.Delivered(ben, class, 3)
		first.Delivered(dora, class, head)
		wantError(t, first.Close(), nil)
		first.Delivered(clio, class, head) // too late
		all := newSchool(t, open).receipts(t, class)
		wantReceipt(t, all["ben"], 3, 2)
		wantReceipt(t, all["dora"], head, 0)
		wantReceipt(t, all["clio"], 0, 0)
	})
}

// acknowledgeAtOnce has one member acknowledge in any order, through stores that share a database: the furthest must
// stand, and no answer may be behind what it asked for.
func acknowledgeAtOnce(t *testing.T, through []*school) {
	t.Helper()
	class := through[0].class(t)
	for range 30 {
		through[0].post(t, anna, class, "hello")
	}
	head := through[0].head(t, class)
	var acknowledging sync.WaitGroup
	for w := range 12 {
		s := through[w%len(through)]
		acknowledging.Go(func() {
			for range 15 {
				seq := rand.Int64N(head-1) + 1
				r, err := s.UpdateReceipt(t.Context(), ben, class, storage.ReceiptChange{Delivered: &seq})
				if check(t, err); r.Delivered < seq {
					t.Errorf("acknowledged %d, and %d stands", seq, r.Delivered)
				}
				if w%3 == 0 {
					s.Delivered(dora, class, seq)
				}
			}
			_, err := s.UpdateReceipt(t.Context(), ben, class, storage.ReceiptChange{Read: new(head - int64(w))})
			check(t, err)
		})
	}
	acknowledging.Wait()
	wantReceipt(t, through[0].receipts(t, class)["ben"], head, head)
}

func testSharedReceipts(t *testing.T, fresh Fresh) {
	together := func(t *testing.T) []*school {
		open := fresh(t)
		var all []*school
		for range 3 {
			s := newSchool(t, open)
			s.tape.mayMiss() // what the others write
			all = append(all, s)
		}
		return all
	}
	t.Run("one member acknowledges through all", func(t *testing.T) { acknowledgeAtOnce(t, together(t)) })

	t.Run("a stream that ended at one goes on at another", func(t *testing.T) {
		all := together(t)
		class := all[0].class(t)
		for i, s := range append(slices.Clone(all), all...) {
			at := events.Cursor{Epoch: "e", Class: int64(i), User: 1, System: 2, Tag: events.ClassTag(class)}
			wantError(t, s.PutPosition(t.Context(), ben, class, at), nil)
			for _, other := range all {
				got, err := other.Position(t.Context(), ben, class)
				wantError(t, err, nil)
				equal(t, "position", got, &at)
			}
		}
	})

	t.Run("many streams end at once everywhere", func(t *testing.T) {
		all := together(t)
		class := all[0].class(t)
		var ending sync.WaitGroup
		for i := range 60 {
			p := []storage.Principal{anna, ben, clio, dora}[(i/3+i)%4]
			ending.Go(func() {
				at := events.Cursor{Epoch: "e", Class: int64(i), Tag: events.ClassTag(class)}
				check(t, all[i%3].PutPosition(t.Context(), p, class, at))
			})
		}
		ending.Wait()
	})
}
