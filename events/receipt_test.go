package events

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// told is the newest receipt of each user in a reader's signals.
func told(t *testing.T, r *reader) map[string]Receipt {
	t.Helper()
	known := map[string]Receipt{}
	for _, frame := range r.got(ReceiptUpdated) {
		var s struct {
			Type  Type
			Class string
			Data  receipts
		}
		if err := json.Unmarshal([]byte(frame.data), &s); err != nil {
			t.Fatal(err)
		}
		if frame.id != "" || s.Type != ReceiptUpdated || s.Class != class || len(s.Data.Receipts) == 0 {
			t.Errorf("signal with id %q: %s", frame.id, frame.data)
		}
		for _, receipt := range s.Data.Receipts {
			known[receipt.User] = receipt
		}
	}
	return known
}

func TestReceipts(t *testing.T) {
	t.Run("the first change is told at once, without an id", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			f.hub.Receipts([]Receipt{{Class: class, User: "t", Delivered: 2, Read: 1}})
			synctest.Wait()
			if got, want := told(t, r)["t"], (Receipt{User: "t", Delivered: 2, Read: 1}); got != want {
				t.Errorf("told %+v, want %+v", got, want)
			}
		})
	})
	t.Run("whatever the traffic, a class has its rate, and the last state comes", func(t *testing.T) {
		inBubble(t, Config{Ring: 4}, func(f *fixture) {
			r := f.open("s", nil)
			const users, seconds = 300, 10
			start := time.Now()
			for i := range seconds * 1000 {
				f.hub.Receipts([]Receipt{{Class: class, User: fmt.Sprint(i % users), Delivered: int64(i), Read: int64(i)}})
				time.Sleep(time.Millisecond) // fake time
			}
			time.Sleep(time.Second) // fake time
			synctest.Wait()
			most := DefaultReceiptRate*int(time.Since(start)/time.Second) + 1
			if n := len(r.got(ReceiptUpdated)); n > most || n < seconds {
				t.Errorf("%d signals, want at most %d", n, most)
			}
			known := told(t, r)
			for i := range users {
				if last := int64(seconds*1000 - users + i); known[fmt.Sprint(last%users)].Read != last {
					t.Errorf("member %d: told %+v, want %d", last%users, known[fmt.Sprint(last%users)], last)
				}
			}
		})
	})
	t.Run("more members than one signal holds are told by the next ones", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			var all []Receipt
			for i := range 2*receiptsMost + 1 {
				all = append(all, Receipt{Class: class, User: fmt.Sprint(i), Delivered: 1})
			}
			f.hub.Receipts(all)
			time.Sleep(time.Second) // fake time
			synctest.Wait()
			if n := len(told(t, r)); n != len(all) {
				t.Errorf("told of %d members, want %d", n, len(all))
			}
			if n := len(r.got(ReceiptUpdated)); n != 3 {
				t.Errorf("%d signals", n)
			}
		})
	})
	t.Run("handed over in the wrong order, none shrinks", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			r := f.open("s", nil)
			f.hub.Receipts([]Receipt{{Class: class, User: "t", Delivered: 5, Read: 2}, {Class: class, User: "t", Delivered: 4, Read: 3}})
			synctest.Wait()
			if got, want := told(t, r)["t"], (Receipt{User: "t", Delivered: 5, Read: 3}); got != want {
				t.Errorf("told %+v, want %+v", got, want)
			}
		})
	})
	t.Run("of a class that nobody reads take up no memory", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			f.hub.Receipts([]Receipt{{Class: "elsewhere", User: "t", Delivered: 5}})
			synctest.Wait()
			if kept := f.hub.receipts.waiting; len(kept) > 0 {
				t.Errorf("kept %v", kept)
			}
		})
	})
}

func TestSignal(t *testing.T) {
	t.Run("reaches a stream that still has to catch up, after stream.ready", func(t *testing.T) {
		inBubble(t, Config{Ring: 4}, func(f *fixture) {
			s, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class})
			if err != nil {
				t.Fatal(err)
			}
			f.post(logBatch) // now it is behind the ring
			f.hub.Signal(class, ReceiptUpdated, receipts{[]Receipt{{User: "t"}}})
			r := newReader(t)
			go func() { r.ended <- s.Run(f.t.Context(), r, time.Now().Add(time.Minute)) }()
			f.wantSeqs(r, span(3, logBatch+2))
			if r.frames[0].event != string(StreamReady) || len(r.got(ReceiptUpdated)) != 1 {
				t.Errorf("%d signals; the first frame is %s", len(r.got(ReceiptUpdated)), r.frames[0].event)
			}
		})
	})
	t.Run("is kept from one who was removed before the stream began to run", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			s, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class})
			if err != nil {
				t.Fatal(err)
			}
			f.hub.Publish([]Event{f.log.commit(class, MemberLeft, "s")})
			f.hub.Signal(class, ReceiptUpdated, receipts{[]Receipt{{User: "t"}}})
			r := newReader(t)
			if ended := s.Run(f.t.Context(), r, time.Now().Add(time.Minute)); ended.Reason != ReasonRemoved {
				t.Errorf("ended for %s", ended.Reason)
			}
			if n := len(r.got(ReceiptUpdated)); n > 0 {
				t.Errorf("%d signals", n)
			}
		})
	})
	t.Run("is not what a long poll waits for", func(t *testing.T) {
		inBubble(t, Config{}, func(f *fixture) {
			s, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class})
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				time.Sleep(time.Second) // fake time
				f.hub.Signal(class, ReceiptUpdated, receipts{[]Receipt{{User: "t"}}})
				time.Sleep(time.Second) // fake time
				f.post(1)
			}()
			list, _, err := s.Collect(f.t.Context(), 10, time.Minute)
			if err != nil || len(list) != 1 {
				t.Errorf("%d entries, %v", len(list), err)
			}
		})
	})
}

func TestSignalTypes(t *testing.T) {
	inBubble(t, Config{}, func(f *fixture) {
		for _, tt := range []struct {
			types map[Type]bool
			want  int
		}{{nil, 1}, {map[Type]bool{ReceiptUpdated: true}, 1}, {map[Type]bool{MessageCreated: true}, 0}} {
			s, err := f.hub.Open(f.t.Context(), Request{User: "s", Class: class, Types: tt.types})
			if err != nil {
				t.Fatal(err)
			}
			r := newReader(t)
			go func() { r.ended <- s.Run(f.t.Context(), r, time.Now().Add(time.Minute)) }()
			synctest.Wait()
			f.hub.Signal(class, ReceiptUpdated, receipts{[]Receipt{{User: "t"}}})
			synctest.Wait()
			if n := len(r.got(ReceiptUpdated)); n != tt.want || len(r.got(StreamReady)) != 1 {
				t.Errorf("types %v: %d signals, want %d", tt.types, n, tt.want)
			}
		}
	})
}
