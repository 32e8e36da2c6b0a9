package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"homeroom/test/harness"
)

// answer is what a client may keep of the answer to a call that creates something.
type answer struct {
	status         int
	location, etag string
	body           string
	replayed       bool
}

func answerOf(resp *harness.Response) answer {
	return answer{
		status: resp.Status, location: resp.Header.Get("Location"), etag: resp.Header.Get("ETag"),
		body: string(resp.Body), replayed: resp.Header.Get("Idempotency-Replayed") == "true",
	}
}

// again is the same answer as a repetition gets it.
func (a answer) again() answer {
	a.replayed = true
	return a
}

// sendUnder sends a POST under a key. Any goroutine may use it.
func sendUnder(ctx context.Context, c *harness.Client, key, path string, body any) (*harness.Response, error) {
	return c.Send(ctx, harness.Call{Method: "POST", Path: path, Body: body, Header: map[string]string{"Idempotency-Key": key}})
}

// postUnder sends a POST under a key.
func postUnder(t *testing.T, c *harness.Client, key, path string, body any) *harness.Response {
	t.Helper()
	resp, err := sendUnder(t.Context(), c, key, path, body)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

func text(s string) map[string]string { return map[string]string{"text": s} }

func TestIdempotency(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})

		t.Run("a repeated post gets the first answer, however it is written", func(t *testing.T) {
			r := furnish(t, srv)
			before := r.as(t, anna).Cursor(r.class)
			var m harness.Message
			first := postUnder(t, r.as(t, ben), "k-1", r.path("messages"), text("hello")).Want(http.StatusCreated).Into(&m)
			want := answerOf(first)
			if want.replayed || want.location != r.path("messages", m.ID) || want.etag != `"1"` {
				t.Errorf("the first is answered %+v", want)
			}
			check := func(resp *harness.Response) {
				t.Helper()
				if got := answerOf(resp); got != want.again() {
					t.Errorf("again: %+v, first: %+v", got, want)
				}
			}
			check(postUnder(t, r.as(t, ben), "k-1", r.path("messages"), text("hello")))
			check(postUnder(t, r.as(t, ben), `"k-1"`, r.path("messages"), "{\n\t\"text\" : \"h\\u0065llo\" }"))
			check(postUnder(t, r.as(t, ben), "k-1", "/v1/classes/"+strings.ToUpper(r.class)+"/messages", text("hello")))
			if events := r.as(t, anna).History(r.class, before); len(events) != 1 {
				t.Errorf("it made %d events", len(events))
			}
			r.as(t, ben).Edit(r.class, m.ID, "changed since")
			check(postUnder(t, r.as(t, ben), "k-1", r.path("messages"), text("hello")))
			r.as(t, ben).Delete(r.class, m.ID)
			check(postUnder(t, r.as(t, ben), "k-1", r.path("messages"), text("hello")))
			if n := len(r.as(t, anna).Messages(r.class)); n != 1 {
				t.Errorf("there are %d messages", n)
			}
		})

		t.Run("a class is made once", func(t *testing.T) {
			teacher := srv.As(t, harness.Teacher("ida"))
			body := map[string]string{"name": "Once"}
			var class harness.Class
			first := postUnder(t, teacher, "class-1", "/v1/classes", body).Want(http.StatusCreated).Into(&class)
			if got := answerOf(postUnder(t, teacher, "class-1", "/v1/classes", body)); got != answerOf(first).again() {
				t.Errorf("again: %+v", got)
			}
			if classes := harness.List[harness.Class](teacher, "/v1/classes", nil); len(classes) != 1 {
				t.Errorf("there are %d classes", len(classes))
			}
			if events := teacher.History(class.ID, ""); len(events) != 1 || events[0].ClientKey != "class-1" {
				t.Errorf("events %+v", events)
			}
		})

		t.Run("another request under the key is refused, by the same user on the same path", func(t *testing.T) {
			r, other := furnish(t, srv), furnish(t, srv)
			postUnder(t, r.as(t, ben), "k", r.path("messages"), text("this")).Want(http.StatusCreated)
			postUnder(t, r.as(t, ben), "k", r.path("messages"), text("that")).WantProblem(http.StatusUnprocessableEntity, "idempotency_key_reused")
			postUnder(t, r.as(t, dora), "k", r.path("messages"), text("that")).Want(http.StatusCreated)
			postUnder(t, r.as(t, ben), "k", other.path("messages"), text("that")).Want(http.StatusCreated)
			if got := texts(r.as(t, anna).Messages(r.class)); !slices.Equal(got, []string{"this", "that"}) {
				t.Errorf("messages %q", got)
			}
		})

		t.Run("what was refused is judged anew", func(t *testing.T) {
			r := furnish(t, srv)
			postUnder(t, r.as(t, ben), "k", r.path("messages"), `{"text":`).WantProblem(http.StatusBadRequest, "invalid_body")
			postUnder(t, r.as(t, ben), "k", r.path("messages"), text(" ")).WantProblem(http.StatusUnprocessableEntity, "invalid_field")
			postUnder(t, r.as(t, ben), "k", r.path("messages"), text("at last")).Want(http.StatusCreated)
			postUnder(t, r.as(t, hugo), "k", r.path("messages"), text("me too")).WantProblem(http.StatusNotFound, "not_found")
			r.as(t, anna).AddMember(r.class, hugo, "student")
			if got := answerOf(postUnder(t, r.as(t, hugo), "k", r.path("messages"), text("me too"))); got.status != http.StatusCreated || got.replayed {
				t.Errorf("after it was let in: %+v", got)
			}
		})

		t.Run("who was removed gets no answer from before", func(t *testing.T) {
			r := furnish(t, srv)
			postUnder(t, r.as(t, ben), "k", r.path("messages"), text("mine")).Want(http.StatusCreated)
			r.as(t, anna).RemoveMember(r.class, ben)
			postUnder(t, r.as(t, ben), "k", r.path("messages"), text("mine")).WantProblem(http.StatusNotFound, "not_found")
		})

		t.Run("a bad key is refused, whatever else is right", func(t *testing.T) {
			r := furnish(t, srv)
			for _, key := range []string{" ", `""`, strings.Repeat("k", 256), "two words", "schlüssel", "鍵", `"open`, `"k";a=1`, `"a\b"`} {
				postUnder(t, r.as(t, ben), key, r.path("messages"), text("hello")).WantProblem(http.StatusBadRequest, "invalid_idempotency_key")
				postUnder(t, r.as(t, anna), key, "/v1/classes", map[string]string{"name": "x"}).WantProblem(http.StatusBadRequest, "invalid_idempotency_key")
			}
			for _, key := range []string{"k", strings.Repeat("k", 255), `"` + strings.Repeat("q", 255) + `"`, "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"} {
				postUnder(t, r.as(t, ben), key, r.path("messages"), text("hello "+key)).Want(http.StatusCreated)
			}
			if n := len(r.as(t, anna).Messages(r.class)); n != 4 {
				t.Errorf("there are %d messages", n)
			}
		})

		t.Run("of those that come together one is carried out, and all get its answer", func(t *testing.T) {
			r := furnish(t, srv)
			answers := postAtOnce(t, "k", r.path("messages"), text("once"), []*harness.Client{r.as(t, ben)}, 20)
			wantOneAnswer(t, answers)
			if n := len(r.as(t, anna).Messages(r.class)); n != 1 {
				t.Errorf("there are %d messages", n)
			}
		})
	})
}

// postAtOnce makes one call under one key so many times, over several clients.
func postAtOnce(t *testing.T, key, path string, body any, clients []*harness.Client, times int) []answer {
	t.Helper()
	answers := make(chan answer, times)
	for i := range times {
		go func() {
			resp, err := sendUnder(t.Context(), clients[i%len(clients)], key, path, body)
			if err != nil {
				t.Errorf("post: %v", err)
				answers <- answer{}
				return
			}
			answers <- answerOf(resp)
		}()
	}
	all := make([]answer, times)
	for i := range all {
		all[i] = <-answers
	}
	return all
}

// wantOneAnswer checks that one call was carried out and that the others got its answer.
func wantOneAnswer(t *testing.T, answers []answer) {
	t.Helper()
	first := slices.IndexFunc(answers, func(a answer) bool { return !a.replayed })
	if first < 0 || answers[first].status != http.StatusCreated {
		t.Errorf("none was carried out: %+v", answers)
		return
	}
	for i, a := range answers {
		if i != first && a != answers[first].again() {
			t.Errorf("one got %+v, another %+v", answers[first], a)
		}
	}
}

func TestClientKey(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		r := openRoom(t, harness.Options{Database: db})
		t.Run("the author's streams and answers have it, nobody else's, live and replayed and after a restart", func(t *testing.T) {
			const key = `7"\<&'` // which JSON escapes
			start := r.as(t, anna).Cursor(r.class)
			users := []harness.User{ben, dora, anna, root}
			var streams []*harness.Stream
			for _, user := range users {
				stream := r.as(t, user).Stream(r.class)
				stream.Ready()
				streams = append(streams, stream)
			}
			postUnder(t, r.as(t, ben), key, r.path("messages"), text("keyed")).Want(http.StatusCreated)
			r.as(t, ben).Post(r.class, "without")
			check := func(user harness.User, how string, evs []harness.Event) {
				t.Helper()
				want := ""
				if user == ben {
					want = key
				}
				if len(evs) != 2 || evs[0].ClientKey != want || evs[1].ClientKey != "" {
					t.Errorf("%s, %s: %+v", user.ID, how, evs)
				}
			}
			all := func(how string) {
				t.Helper()
				for i, user := range users {
					stream := streams[i]
					stream.WaitFor("the end", harness.Created("without"))
					check(user, how, stream.Events())
					for _, f := range stream.Frames() {
						if user != ben && strings.Contains(f.Data, "client_key") {
							t.Errorf("%s, %s: %s", user.ID, how, f.Data)
						}
					}
					check(user, how+", as JSON", r.as(t, user).History(r.class, start))
					stream.Cut()
					streams[i] = r.as(t, user).Stream(r.class, harness.From(start))
				}
			}
			all("live")
			all("replayed")
			for _, stream := range streams {
				stream.Cut()
			}
			r.srv.Kill9()
			r.srv.Restart()
			for i, user := range users {
				streams[i] = r.as(t, user).Stream(r.class, harness.From(start))
			}
			all("after a restart")
		})
	})
}

func TestOneKeyOnTwoProcesses(t *testing.T) {
	t.Parallel()
	one := harness.Start(t, harness.Options{Database: harness.Postgres})
	two := harness.Start(t, harness.Options{DatabaseURL: one.DataURL})
	r := furnish(t, one)
	rounds := scale(20, 20, 5)

	t.Run("of those that race one is carried out, and all get its answer", func(t *testing.T) {
		posters := []*harness.Client{one.As(t, ben), two.As(t, ben)}
		for i := range rounds {
			key := fmt.Sprint("race-", i)
			wantOneAnswer(t, postAtOnce(t, key, r.path("messages"), text(key), posters, 6))
			newcomer := harness.Teacher(key)
			teachers := []*harness.Client{one.As(t, newcomer), two.As(t, newcomer)}
			wantOneAnswer(t, postAtOnce(t, key, "/v1/classes", map[string]string{"name": key}, teachers, 6))
			if n := len(harness.List[harness.Class](teachers[0], "/v1/classes", nil)); n != 1 {
				t.Errorf("there are %d classes", n)
			}
		}
		if n := len(two.As(t, anna).Messages(r.class)); n != rounds {
			t.Errorf("there are %d messages, want %d", n, rounds)
		}
	})

	t.Run("what one process was asked and died of, the other answers", func(t *testing.T) {
		first := answerOf(postUnder(t, one.As(t, ben), "k", r.path("messages"), text("before the crash")).Want(http.StatusCreated))
		one.Kill9()
		if got := answerOf(postUnder(t, two.As(t, ben), "k", r.path("messages"), text("before the crash"))); got != first.again() {
			t.Errorf("again: %+v, first: %+v", got, first)
		}
		one.Restart()
		if got := answerOf(postUnder(t, one.As(t, ben), "k", r.path("messages"), text("before the crash"))); got != first.again() {
			t.Errorf("again: %+v, first: %+v", got, first)
		}
		postUnder(t, two.As(t, ben), "k", r.path("messages"), text("something else")).WantProblem(http.StatusUnprocessableEntity, "idempotency_key_reused")
	})
}
