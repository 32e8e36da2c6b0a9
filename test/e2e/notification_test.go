package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"homeroom/test/harness"
)

func TestNotification(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db, Args: []string{"--heartbeat", "100ms"}})

		t.Run("a mention and a reply reach every stream of theirs, and nobody else's", func(t *testing.T) {
			r, elsewhere := furnish(t, srv), furnish(t, srv)
			streams := []*harness.Stream{r.as(t, ben).Stream(r.class), r.as(t, ben).Stream(elsewhere.class), r.as(t, ben).Stream(harness.AllClasses)}
			other := r.as(t, dora).Stream(r.class)
			for _, s := range append(streams, other) {
				s.Ready()
			}
			question := r.as(t, ben).Post(r.class, "Why?")
			mention := r.as(t, anna).Post(r.class, "Ask @ben.")
			reply := r.as(t, clio).Reply(r.class, question.ID, "Because.")
			if len(mention.Mentions) != 1 || mention.Mentions[0] != ben.ID {
				t.Errorf("mentions %v", mention.Mentions)
			}
			for _, s := range streams {
				m := s.WaitFor("the mention", harness.Told("message.mention"))
				if n := m.Parsed.Notification(); !m.HasID || *n.Subject != mention.ID || n.Seq != mention.Seq || *n.Text != "Ask @ben." || n.Actor != anna.ID || n.Silent {
					t.Errorf("mentioned by %s", m.Data)
				}
				if n := s.WaitFor("the reply", harness.Told("message.reply")).Parsed.Notification(); *n.Subject != reply.ID || n.Actor != clio.ID {
					t.Errorf("replied by %+v", n)
				}
			}
			other.WaitFor("the reply itself", harness.Created("Because."))
			for _, f := range other.Frames() {
				if f.Event == "notification.created" {
					t.Errorf("dora is told %s", f.Data)
				}
			}
		})

		t.Run("what is announced reaches every stream of the members, and the list", func(t *testing.T) {
			r, elsewhere := furnish(t, srv), furnish(t, srv)
			stranger := srv.As(t, harness.Student("stranger-"+r.class[30:]))
			elsewhere.as(t, anna).AddMember(elsewhere.class, stranger.User, "student")
			streams := []*harness.Stream{r.as(t, ben).Stream(elsewhere.class), r.as(t, ben).Stream(harness.AllClasses)}
			other := stranger.Stream(elsewhere.class)
			for _, s := range append(streams, other) {
				s.Ready()
			}
			var announcement struct{ ID string }
			body := map[string]any{"title": "Trip", "text": "Tomorrow"}
			r.as(t, anna).Do("POST", r.path("announcements"), body).Want(http.StatusCreated).Into(&announcement)
			for _, s := range streams {
				f := s.WaitFor("the word of it", harness.Told("announcement.created"))
				n := f.Parsed.Notification()
				if f.HasID || *n.Subject != announcement.ID || *n.Class != r.class || *n.Title != "Trip" || *n.Text != "Tomorrow" {
					t.Errorf("told as %s", f.Data)
				}
				if listed := r.as(t, ben).Inbox(nil).Items[0]; listed.ID != n.ID {
					t.Errorf("listed as %+v", listed)
				}
			}
			elsewhere.as(t, anna).Post(elsewhere.class, "after it")
			other.WaitFor("what comes after it", harness.Created("after it"))
			for _, f := range other.Frames() {
				if harness.Told("announcement.created")(f) {
					t.Errorf("a stranger is told %s", f.Data)
				}
			}
		})

		t.Run("the inbox lists and counts what is unread, over all classes", func(t *testing.T) {
			r, elsewhere := furnish(t, srv), furnish(t, srv)
			student := srv.As(t, harness.Student("inbox-"+r.class[30:]))
			r.as(t, anna).AddMember(r.class, student.User, "student")
			elsewhere.as(t, anna).AddMember(elsewhere.class, student.User, "student")
			for i := range 3 {
				r.as(t, anna).Post(r.class, fmt.Sprintf("@%s number %d", student.User.ID, i))
			}
			inbox := student.Inbox(nil)
			if len(inbox.Items) != 5 || inbox.Unread != 5 || *inbox.Items[0].Text != fmt.Sprintf("@%s number 2", student.User.ID) {
				t.Fatalf("inbox %+v", inbox)
			}
			if got := student.Inbox(url.Values{"kind": {"member.joined"}, "class": {elsewhere.class}}); len(got.Items) != 1 || *got.Items[0].Role != "student" {
				t.Errorf("filtered: %+v", got)
			}
			all := harness.List[harness.Notification](student, harness.NotificationsPath, url.Values{"limit": {"2"}})
			for i, n := range all {
				if n.ID != inbox.Items[i].ID {
					t.Errorf("page by page, number %d is %+v", i, n)
				}
			}
			if left := student.MarkRead(map[string]any{"ids": []string{inbox.Items[0].ID}}); left != 4 {
				t.Errorf("%d unread after one of five", left)
			}
			if left := student.MarkRead(map[string]any{"up_to": inbox.Items[2].ID}); left != 1 {
				t.Errorf("%d unread, want the middle mention", left)
			}
			unread := student.Inbox(url.Values{"unread": {"true"}})
			if len(unread.Items) != 1 || unread.Items[0].ID != inbox.Items[1].ID || unread.Items[0].Read {
				t.Errorf("unread: %+v", unread.Items)
			}
		})

		t.Run("a stream from the inbox's cursor goes on with the next one", func(t *testing.T) {
			r := furnish(t, srv)
			r.as(t, anna).Post(r.class, "@dora one")
			cursor := r.as(t, dora).Get(harness.NotificationsPath).Want(http.StatusOK).Header.Get("Homeroom-Cursor")
			next := r.as(t, anna).Post(r.class, "@dora two")
			s := r.as(t, dora).Stream(harness.AllClasses, harness.From(cursor))
			f := s.WaitFor("a notification", harness.OfType("notification.created"))
			if *f.Parsed.Notification().Subject != next.ID {
				t.Errorf("first comes %s", f.Data)
			}
		})

		t.Run("who is left alone is left alone", func(t *testing.T) {
			r := furnish(t, srv)
			student := srv.As(t, harness.Student("quiet-"+r.class[30:]))
			r.as(t, anna).AddMember(r.class, student.User, "student")
			s := student.Stream(r.class)
			s.Ready()
			tag := student.Get(harness.PreferencesPath).Want(http.StatusOK).Header.Get("ETag")
			body := map[string]any{"muted_classes": []string{r.class, r.class}, "quiet_hours": nil}
			student.Do("PUT", harness.PreferencesPath, body, "If-Match", tag).Want(http.StatusOK)
			student.Do("PUT", harness.PreferencesPath, body, "If-Match", tag).WantProblem(http.StatusPreconditionFailed, "version_mismatch")
			s.WaitFor("the change", harness.OfType("preferences.updated"))
			r.as(t, anna).Post(r.class, "@"+student.User.ID)
			if n := s.WaitFor("the mention", harness.Told("message.mention")).Parsed.Notification(); !n.Silent {
				t.Errorf("%+v is not silent", n)
			}
			if inbox := student.Inbox(nil); inbox.Unread != 2 {
				t.Errorf("%d unread of %+v", inbox.Unread, inbox.Items)
			}
		})
	})

	t.Run("what can't be meant is refused", func(t *testing.T) {
		r := openRoom(t, harness.Options{})
		c := r.as(t, ben)
		for _, query := range []string{"unread=1", "unread=", "class=x", "kind=", "kind=heartbeat", "limit=0", "page=%21", "nope=1"} {
			c.Get(harness.NotificationsPath+"?"+query).WantProblem(http.StatusBadRequest, "invalid_query")
		}
		future := "0fffffff-ffff-7000-8000-000000000000"
		for field, bodies := range map[string][]string{
			"up_to": {`{}`, `{"ids":[]}`, `{"up_to":"x"}`, `{"up_to":"` + future + `"}`, `{"up_to":"2f0e8b7a-6c41-4c1a-9f10-5d0e8b7a6c41"}`},
			"ids":   {`{"ids":["x"]}`, `{"ids":["` + future + `"]}`, `{"ids":["` + r.class + `"` + many(100, `,"`+r.class+`"`) + `]}`},
		} {
			for _, body := range bodies {
				wantFieldError(t, c.Do("PUT", harness.NotificationsPath+"/read", body), field)
			}
		}
		hours := func(from, to, zone string) string {
			return fmt.Sprintf(`{"muted_classes":[],"quiet_hours":{"from":%q,"to":%q,"time_zone":%q}}`, from, to, zone)
		}
		for field, bodies := range map[string][]string{
			"muted_classes":         {`{}`, `{"muted_classes":["x"]}`},
			"quiet_hours.from":      {hours("24:00", "07:00", "UTC"), hours("7:00", "08:00", "UTC"), `{"muted_classes":[],"quiet_hours":{"to":"07:00","time_zone":"UTC"}}`},
			"quiet_hours.to":        {hours("22:00", "07:60", "UTC"), hours("22:00", "22:00", "UTC")},
			"quiet_hours.time_zone": {hours("22:00", "07:00", "Mars/Olympus"), hours("22:00", "07:00", ""), hours("22:00", "07:00", "Local"), hours("22:00", "07:00", "../etc/passwd")},
		} {
			for _, body := range bodies {
				wantFieldError(t, c.Do("PUT", harness.PreferencesPath, body), field)
			}
		}
		c.Do("PUT", harness.PreferencesPath, hours("22:00", "07:00", "Europe/Berlin")).Want(http.StatusOK)
	})

	t.Run("are kept for a while", func(t *testing.T) {
		r := openRoom(t, harness.Options{Args: []string{"--retain-every", "50ms", "--retain-notifications", "200ms"}})
		r.as(t, anna).Post(r.class, "@ben")
		harness.Eventually(t, "it is forgotten", func() bool { return len(r.as(t, ben).Inbox(nil).Items) == 0 })
	})
}

func many(n int, text string) string {
	out := ""
	for range n {
		out += text
	}
	return out
}
