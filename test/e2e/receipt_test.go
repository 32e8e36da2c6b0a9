package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"homeroom/test/harness"
)

// wantPositions checks a receipt.
func wantPositions(t *testing.T, what string, r harness.Receipt, delivered, read int64) {
	t.Helper()
	if r.Delivered != delivered || r.Read != read {
		t.Errorf("%s: %d delivered, %d read; want %d and %d", what, r.Delivered, r.Read, delivered, read)
	}
}

func TestReceipt(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db, Args: []string{"--heartbeat", "250ms"}})

		t.Run("positions only go on", func(t *testing.T) {
			r := furnish(t, srv)
			m := r.as(t, anna).Post(r.class, "hello")
			student := r.as(t, ben)
			first := student.Acknowledge(r.class, -1, m.Seq-1)
			wantPositions(t, "read", first, m.Seq-1, m.Seq-1)
			if first.User != ben.ID || first.Class != r.class || first.UpdatedAt == nil {
				t.Errorf("receipt %+v", first)
			}
			wantPositions(t, "delivered further", student.Acknowledge(r.class, m.Seq, 1), m.Seq, m.Seq-1)
			stands := student.Receipts(r.class)[ben.ID]
			back := student.Acknowledge(r.class, 0, 2)
			wantPositions(t, "gone back", back, m.Seq, m.Seq-1)
			if !back.UpdatedAt.Equal(*stands.UpdatedAt) {
				t.Errorf("updated at %v by what changed nothing, before at %v", back.UpdatedAt, stands.UpdatedAt)
			}
		})

		t.Run("nobody acknowledges what isn't there", func(t *testing.T) {
			r := furnish(t, srv)
			student := r.as(t, ben)
			head := student.Receipts(r.class) // of four members: the log has four events
			seq := int64(len(head)) + 1
			for _, body := range []map[string]int64{{"read": seq}, {"delivered": seq}, {"delivered": 1, "read": seq}, {"read": 1<<53 - 1}} {
				student.Do("PUT", r.path("receipt"), body).WantProblem(http.StatusUnprocessableEntity, "receipt_ahead")
			}
			wantPositions(t, "after refusals", student.Receipts(r.class)[ben.ID], 0, 0)
		})

		t.Run("bad bodies are refused", func(t *testing.T) {
			r := furnish(t, srv)
			student := r.as(t, ben)
			wantFieldError(t, student.Do("PUT", r.path("receipt"), `{}`), "read")
			wantFieldError(t, student.Do("PUT", r.path("receipt"), `{"read":null,"delivered":null}`), "read")
			wantFieldError(t, student.Do("PUT", r.path("receipt"), `{"read":-1}`), "read")
			wantFieldError(t, student.Do("PUT", r.path("receipt"), `{"read":1,"delivered":-5}`), "delivered")
			for _, body := range []string{``, `[]`, `{"read":1.5}`, `{"read":"1"}`, `{"read":true}`, `{"seen":1}`, `{"read":99999999999999999999}`} {
				student.Do("PUT", r.path("receipt"), body).WantProblem(http.StatusBadRequest, "invalid_body")
			}
			student.Get(r.path("receipts")+"?limit=0").WantProblem(http.StatusBadRequest, "invalid_query")
			student.Get(r.path("receipts")+"?page=!").WantProblem(http.StatusBadRequest, "invalid_query")
			student.Get(r.path("messages", "none", "receipts")).WantProblem(http.StatusBadRequest, "invalid_id")
		})

		t.Run("an admin who is no member sees receipts, and has none", func(t *testing.T) {
			r := furnish(t, srv)
			admin := r.as(t, root)
			admin.Do("PUT", r.path("receipt"), `{"read":1}`).WantProblem(http.StatusForbidden, "forbidden")
			if _, there := admin.Receipts(r.class)[root.ID]; there {
				t.Error("the admin is listed")
			}
			if class := admin.Class(r.class); class.Read != nil || class.Unread != nil {
				t.Errorf("the admin has read %v", class.Read)
			}
		})

		t.Run("the list has every member, page by page, and names its cursor", func(t *testing.T) {
			r := furnish(t, srv)
			r.as(t, dora).Acknowledge(r.class, 3, 2)
			var users []string
			for _, receipt := range harness.List[harness.Receipt](r.as(t, ben), r.path("receipts"), url.Values{"limit": {"3"}}) {
				users = append(users, receipt.User)
				if receipt.User == dora.ID {
					wantPositions(t, "dora", receipt, 3, 2)
				} else if receipt.UpdatedAt != nil || receipt.Delivered+receipt.Read != 0 {
					t.Errorf("receipt %+v", receipt)
				}
			}
			if !slices.Equal(users, []string{anna.ID, ben.ID, clio.ID, dora.ID}) {
				t.Errorf("users %v", users)
			}
			resp := r.as(t, ben).Get(r.path("receipts")).Want(http.StatusOK)
			if got, want := resp.Header.Get("Homeroom-Cursor"), r.as(t, ben).Cursor(r.class); got != want {
				t.Errorf("cursor %s, want %s", got, want)
			}
		})

		t.Run("a message shows whom it has reached", func(t *testing.T) {
			r := furnish(t, srv)
			m := r.as(t, anna).Post(r.class, "hello")
			r.as(t, anna).Acknowledge(r.class, -1, m.Seq) // her own message
			r.as(t, ben).Acknowledge(r.class, -1, m.Seq)
			r.as(t, dora).Acknowledge(r.class, m.Seq, 1)
			got := r.as(t, anna).MessageReceipts(r.class, m.ID)
			if got.Message != m.ID || got.Seq != m.Seq || got.Members != 3 || got.Delivered.Count != 2 || got.Read.Count != 1 ||
				!slices.Equal(got.Delivered.Users, []string{ben.ID, dora.ID}) || !slices.Equal(got.Read.Users, []string{ben.ID}) {
				t.Errorf("receipts %+v", got)
			}
			r.as(t, anna).RemoveMember(r.class, dora)
			if got := r.as(t, clio).MessageReceipts(r.class, m.ID); got.Members != 2 || got.Delivered.Count != 1 {
				t.Errorf("after one was removed: %+v", got)
			}
		})

		t.Run("a class tells how much of it is unread", func(t *testing.T) {
			r := furnish(t, srv)
			one := r.as(t, anna).Post(r.class, "one")
			two := r.as(t, ben).Post(r.class, "two")
			want := func(user harness.User, read, unread int64) {
				t.Helper()
				class := r.as(t, user).Class(r.class)
				if class.Read == nil || class.Unread == nil || *class.Read != read || *class.Unread != unread {
					t.Errorf("%s: read %v, unread %v; want %d and %d", user.ID, class.Read, class.Unread, read, unread)
				}
				for _, listed := range harness.List[harness.Class](r.as(t, user), "/v1/classes", url.Values{"limit": {"200"}}) {
					if listed.ID == r.class && (*listed.Read != read || *listed.Unread != unread) {
						t.Errorf("%s lists read %d, unread %d; want %d and %d", user.ID, *listed.Read, *listed.Unread, read, unread)
					}
				}
			}
			want(dora, 0, 2)
			want(ben, 0, 1)
			r.as(t, dora).Acknowledge(r.class, -1, one.Seq)
			want(dora, one.Seq, 1)
			r.as(t, ben).Delete(r.class, two.ID)
			want(dora, one.Seq, 0)
		})

		t.Run("a cursor says what was delivered", func(t *testing.T) {
			r := furnish(t, srv)
			cursor := r.as(t, ben).Cursor(r.class)
			m := r.as(t, anna).Post(r.class, "hello")
			r.as(t, dora).Stream(r.class).Ready() // without a cursor: says nothing
			r.as(t, ben).Stream(r.class, harness.From(cursor)).Ready()
			harness.Eventually(t, "the cursor counts", func() bool { return r.as(t, anna).Receipts(r.class)[ben.ID].Delivered == m.Seq-1 })
			page := r.as(t, clio).Events(r.class, harness.EventsQuery{After: cursor})
			r.as(t, clio).Events(r.class, harness.EventsQuery{After: page.Cursor})
			harness.Eventually(t, "the long poll's cursor counts", func() bool { return r.as(t, anna).Receipts(r.class)[clio.ID].Delivered == m.Seq })
			wantPositions(t, "dora", r.as(t, anna).Receipts(r.class)[dora.ID], 0, 0)
			if got := r.as(t, anna).MessageReceipts(r.class, m.ID); got.Delivered.Count != 1 || got.Read.Count != 0 {
				t.Errorf("receipts %+v", got)
			}
		})

		t.Run("the streams of the class hear of it, without an id, and no others", func(t *testing.T) {
			r, other := furnish(t, srv), furnish(t, srv)
			m := r.as(t, anna).Post(r.class, "hello")
			stream, elsewhere := r.as(t, dora).Stream(r.class), other.as(t, dora).Stream(other.class)
			choosy := r.as(t, dora).Stream(r.class, harness.Position{Query: url.Values{"types": {"message.created"}}})
			for _, s := range []*harness.Stream{stream, elsewhere, choosy} {
				s.Ready()
			}
			cursor := stream.Cursor()
			r.as(t, ben).Acknowledge(r.class, -1, m.Seq)
			f := stream.WaitFor("the receipt", harness.OfType("receipt.updated"))
			if got := f.Parsed.Receipts(); len(got) != 1 || got[0].User != ben.ID || got[0].Read != m.Seq || f.Parsed.Class != r.class {
				t.Errorf("signal %s", f.Data)
			}
			if f.HasID || stream.Cursor() != cursor {
				t.Errorf("the signal moves the cursor from %s to %s", cursor, stream.Cursor())
			}
			r.as(t, ben).Acknowledge(r.class, -1, m.Seq) // no change, no signal
			elsewhere.Quiet(3)
			choosy.Quiet(3)
			stream.Quiet(3)
			if log := r.as(t, dora).History(r.class, cursor); len(log) != 0 {
				t.Errorf("the log has %+v", log)
			}
		})

		t.Run("they outlast a crash", func(t *testing.T) {
			r := furnish(t, srv)
			m := r.as(t, anna).Post(r.class, "hello")
			r.as(t, ben).Acknowledge(r.class, m.Seq, 2)
			srv.Kill9()
			srv.Restart()
			wantPositions(t, "after the crash", r.as(t, ben).Receipts(r.class)[ben.ID], m.Seq, 2)
		})
	})
}

// receiptRate is how many receipt.updated a class may send per second.
const receiptRate = 4

// TestReceiptCrowd has a whole class read along: everyone acknowledges every message, and everyone listens.
func TestReceiptCrowd(t *testing.T) {
	t.Parallel()
	members, messages := scale(100, 100, 30), scale(12, 6, 4)
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db, Args: []string{"--retry", "100ms"}})
		t.Run("a class that reads along gets few signals, and all know the end", func(t *testing.T) {
			teacher := srv.As(t, anna)
			class := teacher.CreateClass("Reading along").ID
			var readers []*harness.Client
			var streams []*harness.Stream
			for i := range members {
				user := harness.Student(fmt.Sprintf("reader-%d", i))
				teacher.AddMember(class, user, "student")
				readers = append(readers, srv.As(t, user))
			}
			for _, reader := range readers {
				streams = append(streams, reader.Stream(class))
			}
			for _, stream := range streams {
				stream.Ready()
			}
			start := time.Now()
			var last harness.Message
			for i := range messages {
				last = teacher.Post(class, fmt.Sprintf("message %d", i))
				readAlong(t, readers, class, last.Seq)
			}
			for i, stream := range streams {
				known := map[string]int64{}
				harness.Eventually(t, "the stream knows of everyone", func() bool {
					for _, f := range stream.Frames() {
						for _, receipt := range f.Parsed.Receipts() {
							known[receipt.User] = max(known[receipt.User], receipt.Read)
						}
					}
					for _, reader := range readers {
						if known[reader.User.ID] < last.Seq {
							return false
						}
					}
					return true
				})
				signals := 0
				for _, f := range stream.Frames() {
					if f.Event == "receipt.updated" {
						signals++
					}
				}
				// From the first acknowledgement to now there was room for so many; one goes out at once.
				if most := int(time.Since(start).Seconds()*receiptRate) + 1; signals > most {
					t.Errorf("member %d got %d signals, want at most %d", i, signals, most)
				}
				stream.Cut()
			}
			for user, receipt := range teacher.Receipts(class) {
				if user != anna.ID {
					wantPositions(t, user, receipt, last.Seq, last.Seq)
				}
			}
			if got := teacher.MessageReceipts(class, last.ID); got.Members != members || got.Read.Count != members {
				t.Errorf("%d of %d members have read the last message, want all %d", got.Read.Count, got.Members, members)
			}
			t.Logf("%d acknowledgements in %v", members*messages, time.Since(start).Round(time.Millisecond))
		})
	})
}

// readAlong has everyone acknowledge an event, side by side.
func readAlong(t *testing.T, readers []*harness.Client, class string, seq int64) {
	t.Helper()
	var reading sync.WaitGroup
	for _, reader := range readers {
		reading.Go(func() {
			resp, err := reader.Send(t.Context(), harness.Call{
				Method: "PUT", Path: harness.ClassPath(class, "receipt"), Body: map[string]int64{"read": seq},
			})
			if err != nil || resp.Status != http.StatusOK {
				t.Errorf("acknowledge: %v, %v", resp, err)
			}
		})
	}
	reading.Wait()
}
