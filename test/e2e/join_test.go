package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"homeroom/test/harness"
)

// joinCode makes a class's code.
func (r room) joinCode(t *testing.T) string {
	t.Helper()
	var code harness.JoinCode
	r.as(t, anna).Do("PUT", r.path("join-code"), nil).Want(http.StatusOK).Into(&code)
	return code.Code
}

// join tries to join a class with a code.
func (r room) join(t *testing.T, user harness.User, code string) *harness.Response {
	t.Helper()
	return r.as(t, user).Do("POST", r.path("join"), map[string]string{"code": code})
}

func TestJoin(t *testing.T) {
	t.Parallel()
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{
			Database: db, Env: []string{"HOMEROOM_LOG_LEVEL=debug"},
		})

		t.Run("whoever has the code joins", func(t *testing.T) {
			r := furnish(t, srv)
			stream := r.as(t, ben).Stream(r.class)
			stream.Ready()
			code := r.joinCode(t)
			var m harness.Member
			resp := r.join(t, finn, code).Want(http.StatusCreated).Into(&m)
			if m.User != finn.ID || m.Role != "student" || m.Name == nil || *m.Name != finn.Name || m.Version != 1 || m.Class != r.class {
				t.Errorf("joined as %s", resp.Body)
			}
			if got, want := resp.Header.Get("Location"), r.path("members", finn.ID); got != want {
				t.Errorf("Location %q, want %q", got, want)
			}
			if read := r.as(t, finn).Get(resp.Header.Get("Location")).Want(http.StatusOK); !bytes.Equal(read.Body, resp.Body) || resp.Header.Get("ETag") != `"1"` {
				t.Errorf("read back %s", read.Body)
			}
			f := stream.WaitFor("who joined", harness.OfType("member.joined"))
			if f.Parsed.Member().User != finn.ID || f.Parsed.Actor != finn.ID {
				t.Errorf("the others hear %s", f.Data)
			}
			r.as(t, finn).Post(r.class, "hello")
			stream.WaitFor("the message", harness.Created("hello"))
			for _, again := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", "")} {
				if resp := r.join(t, finn, again).Want(http.StatusOK).Into(&m); m.Version != 1 || resp.Header.Get("ETag") != `"1"` {
					t.Errorf("joined again: %s", resp.Body)
				}
			}
			r.join(t, anna, code).Want(http.StatusOK).Into(&m)
			if m.Role != "teacher" {
				t.Errorf("the teacher joined and is %s", m.Role)
			}
			r.join(t, eve, strings.ToLower(strings.ReplaceAll(code, "-", ""))).Want(http.StatusCreated)
			name := harness.User{ID: "o'brien/17"}
			resp = r.join(t, name, code).Want(http.StatusCreated)
			r.as(t, name).Get(resp.Header.Get("Location")).Want(http.StatusOK)
		})

		t.Run("a wrong code, none at all and no class are the same answer", func(t *testing.T) {
			r, off, gone := furnish(t, srv), furnish(t, srv), furnish(t, srv)
			code, late := r.joinCode(t), gone.joinCode(t)
			off.as(t, anna).Do("DELETE", off.path("join-code"), nil).Want(http.StatusNoContent)
			gone.as(t, anna).Do("DELETE", gone.path(), nil).Want(http.StatusNoContent)
			nowhere := room{srv: srv, class: "01890a5d-ac96-774b-bcce-b302099a8057"}
			want := nowhere.join(t, eve, code)
			want.WantProblem(http.StatusForbidden, "wrong_code")
			for _, resp := range []*harness.Response{
				r.join(t, eve, "AAAA-AAAA"), r.join(t, eve, ""), r.join(t, eve, code+"A"), r.join(t, eve, strings.Repeat("A", 50_000)),
				off.join(t, eve, code), off.join(t, eve, ""), gone.join(t, eve, late), nowhere.join(t, eve, ""), r.join(t, ben, "AAAA-AAAA"),
			} {
				if resp.Status != want.Status || !bytes.Equal(resp.Body, want.Body) || len(resp.Header) != len(want.Header) {
					t.Errorf("%d %s, want %d %s", resp.Status, resp.Body, want.Status, want.Body)
				}
			}
			r.as(t, eve).Get(r.path()).WantProblem(http.StatusNotFound, "not_found")
		})

		t.Run("bodies that have no code", func(t *testing.T) {
			r := furnish(t, srv)
			for _, body := range []string{`{}`, `{"code":null}`} {
				wantFieldError(t, r.as(t, eve).Do("POST", r.path("join"), body), "code")
			}
			for _, body := range []string{``, `{"code":7}`, `{"code":["A"]}`, `{"code":"A","role":"teacher"}`, `{"code":"A"}x`} {
				r.as(t, eve).Do("POST", r.path("join"), body).WantProblem(http.StatusBadRequest, "invalid_body")
			}
		})

		t.Run("teachers make it, replace it and turn it off", func(t *testing.T) {
			r := furnish(t, srv)
			teacher, path := r.as(t, anna), r.path("join-code")
			teacher.Get(path).WantProblem(http.StatusNotFound, "not_found")
			teacher.Do("DELETE", path, nil).Want(http.StatusNoContent)
			first := r.joinCode(t)
			var read harness.JoinCode
			teacher.Get(path).Want(http.StatusOK).Into(&read)
			if read.Code != first || read.CreatedAt.IsZero() {
				t.Errorf("made %s, read %+v", first, read)
			}
			second := r.joinCode(t)
			r.join(t, eve, first).WantProblem(http.StatusForbidden, "wrong_code")
			r.join(t, eve, second).Want(http.StatusCreated)
			r.as(t, root).Do("DELETE", path, nil).Want(http.StatusNoContent)
			r.join(t, finn, second).WantProblem(http.StatusForbidden, "wrong_code")
			teacher.Get(path).WantProblem(http.StatusNotFound, "not_found")
			for _, user := range []harness.User{clio, ben} {
				for _, method := range []string{"GET", "PUT", "DELETE"} {
					r.as(t, user).Do(method, path, nil).WantProblem(http.StatusForbidden, "forbidden")
				}
			}
		})

		t.Run("nobody joins an archived class", func(t *testing.T) {
			r := furnish(t, srv)
			code := r.joinCode(t)
			r.as(t, anna).Do("PATCH", r.path(), `{"archived":true}`).Want(http.StatusOK)
			r.join(t, finn, code).WantProblem(http.StatusConflict, "class_archived")
			r.join(t, finn, "AAAA-AAAA").WantProblem(http.StatusForbidden, "wrong_code")
			r.as(t, finn).Get(r.path()).WantProblem(http.StatusNotFound, "not_found")
			r.as(t, anna).Do("PATCH", r.path(), `{"archived":false}`).Want(http.StatusOK)
			r.join(t, finn, code).Want(http.StatusCreated)
		})

		t.Run("a whole class joins at once", func(t *testing.T) {
			r := furnish(t, srv)
			code, before := r.joinCode(t), r.as(t, anna).Cursor(r.class)
			const pupils = 30
			var joining sync.WaitGroup
			for i := range pupils {
				c := r.as(t, harness.Student(fmt.Sprintf("pupil-%d", i)))
				joining.Go(func() {
					for range 2 { // impatient
						resp, err := c.Send(t.Context(), harness.Call{Method: "POST", Path: r.path("join"), Body: map[string]string{"code": code}})
						if err != nil || resp.Status != http.StatusCreated && resp.Status != http.StatusOK {
							t.Errorf("join: %v %+v", err, resp)
						}
					}
				})
			}
			joining.Wait()
			if events := r.as(t, anna).History(r.class, before); len(events) != pupils {
				t.Errorf("%d events of %d pupils", len(events), pupils)
			}
		})

		t.Run("the code is in no event, answer or log line", func(t *testing.T) {
			r := furnish(t, srv)
			code := r.joinCode(t)
			r.join(t, finn, code).Want(http.StatusCreated)
			r.join(t, eve, code[:8]+"?").WantProblem(http.StatusForbidden, "wrong_code")
			r.as(t, anna).Do("PATCH", r.path(), `{"name":"Renamed"}`).Want(http.StatusOK)
			var seen []string
			for _, path := range []string{r.path(), r.path("members"), r.path("events"), "/v1/classes"} {
				for _, user := range []harness.User{anna, finn} {
					seen = append(seen, string(r.as(t, user).Get(path).Want(http.StatusOK).Body))
				}
			}
			r.srv.WaitLog(t, "request", map[string]string{"path": r.path("join")})
			seen = append(seen, srv.Logs().Lines()...)
			bare := strings.ReplaceAll(code, "-", "")
			for _, text := range seen {
				if upper := strings.ToUpper(text); strings.Contains(upper, code) || strings.Contains(upper, bare) || strings.Contains(upper, code[:8]) {
					t.Errorf("%s is in %.300s", code, text)
				}
			}
		})
	})
}

// TestJoinLimit guesses codes. What is counted does not reach the database, so one kind is enough.
func TestJoinLimit(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, resp *harness.Response) {
		t.Helper()
		resp.WantProblem(http.StatusTooManyRequests, "too_many_requests")
		if wait, err := strconv.Atoi(resp.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 120 {
			t.Errorf("Retry-After %q", resp.Header.Get("Retry-After"))
		}
	}

	t.Run("after ten attempts a user has to wait, even with the right code", func(t *testing.T) {
		r := openRoom(t, harness.Options{Limits: true})
		elsewhere, code := furnish(t, r.srv), r.joinCode(t)
		for i := range 10 {
			[]room{r, elsewhere}[i%2].join(t, eve, "AAAA-AAAA").WantProblem(http.StatusForbidden, "wrong_code")
		}
		refused(t, r.join(t, eve, code))
		refused(t, elsewhere.join(t, eve, "AAAA-AAAA"))
		r.as(t, eve).Get(r.path()).WantProblem(http.StatusNotFound, "not_found")
		r.as(t, eve).Get("/v1/classes").Want(http.StatusOK) // all else goes on
		r.join(t, finn, code).Want(http.StatusCreated)      // and so do others
	})

	t.Run("so does an address with many users", func(t *testing.T) {
		const attempts = 12
		r := openRoom(t, harness.Options{Limits: true, Args: []string{"--join-address-limit", strconv.Itoa(attempts)}})
		code := r.joinCode(t)
		from := func(address string, user harness.User, code string) *harness.Response {
			return r.as(t, user).From(address).Do("POST", r.path("join"), map[string]string{"code": code})
		}
		for i := range attempts {
			from("127.0.0.2", harness.Student(fmt.Sprintf("guesser-%d", i)), "AAAA-AAAA").WantProblem(http.StatusForbidden, "wrong_code")
		}
		refused(t, from("127.0.0.2", finn, code))
		from("127.0.0.3", finn, code).Want(http.StatusCreated)
	})

	t.Run("attempts at once are counted each", func(t *testing.T) {
		r := openRoom(t, harness.Options{Limits: true, Args: []string{"--join-limit", "7"}})
		c := r.as(t, eve)
		var mu sync.Mutex
		tried := map[int]int{}
		var guessing sync.WaitGroup
		for range 40 {
			guessing.Go(func() {
				resp, err := c.Send(t.Context(), harness.Call{Method: "POST", Path: r.path("join"), Body: `{"code":"AAAA-AAAA"}`})
				if err != nil {
					t.Errorf("join: %v", err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				tried[resp.Status]++
			})
		}
		guessing.Wait()
		if tried[http.StatusForbidden] != 7 || tried[http.StatusTooManyRequests] != 33 {
			t.Errorf("answers %v", tried)
		}
	})
}
