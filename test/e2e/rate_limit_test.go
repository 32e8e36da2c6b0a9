package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"homeroom/test/harness"
)

// The limits of TestRateLimit, a minute: so small that the end of a minute between two calls of a story makes no difference.
const (
	ofUser    = 3
	ofAddress = 8
)

// limitArgs sets all limits.
func limitArgs() []string {
	var args []string
	for _, kind := range []string{"post", "edit", "mark", "typing", "join", "token", "connect", "poll", "read"} {
		args = append(args, "--"+kind+"-limit", strconv.Itoa(ofUser), "--"+kind+"-address-limit", strconv.Itoa(ofAddress))
	}
	return append(args, "--bad-token-limit", strconv.Itoa(ofUser), "--trusted-proxies", "127.0.1.1,10.0.0.0/8")
}

// pupils makes members who have done nothing yet.
type pupils struct {
	room
	made int
}

func (c *pupils) another(t *testing.T) *harness.Client {
	t.Helper()
	c.made++
	user := harness.Student(fmt.Sprintf("pupil-%d", c.made))
	c.as(t, anna).AddMember(c.class, user, "student")
	return c.as(t, user)
}

// left is what the item of a limit in RateLimit says.
func left(t *testing.T, header http.Header, name string) (calls, wait int) {
	t.Helper()
	found := regexp.MustCompile(`"` + name + `";r=(\d+);t=(\d+)`).FindStringSubmatch(header.Get("RateLimit"))
	if found == nil {
		t.Fatalf("RateLimit %q has no %s", header.Get("RateLimit"), name)
	}
	calls, _ = strconv.Atoi(found[1])
	wait, _ = strconv.Atoi(found[2])
	return calls, wait
}

// wantRefused checks the answer to a call that is too much, by this limit.
func wantRefused(t *testing.T, resp *harness.Response, name string) {
	t.Helper()
	p := resp.WantProblem(http.StatusTooManyRequests, "too_many_requests")
	calls, wait := left(t, resp.Header, name)
	if after := resp.Header.Get("Retry-After"); calls != 0 || after != strconv.Itoa(wait) || wait < 1 || wait > 120 || !strings.Contains(p.Detail, "in "+after+" s") {
		t.Errorf("Retry-After %q, RateLimit %q, detail %q", after, resp.Header.Get("RateLimit"), p.Detail)
	}
}

// wantPassed checks that a call wasn't too much.
func wantPassed(t *testing.T, resp *harness.Response) {
	t.Helper()
	if resp.Status == http.StatusTooManyRequests || resp.Status >= 500 {
		t.Errorf("status %d: %s", resp.Status, resp.Body)
	}
}

// TestRateLimit does too much of everything. What is counted doesn't reach the database, so one kind is enough.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	srv := harness.Start(t, harness.Options{Limits: true, Args: limitArgs()})
	all := &pupils{room: furnish(t, srv)}
	said := map[string]string{"text": "hello"}
	read := func(c *harness.Client) *harness.Response { return c.Get(all.path()) }
	send := func(c *harness.Client, headers ...string) *harness.Response {
		return c.Do("POST", all.path("messages"), said, headers...)
	}

	for i, kind := range []struct {
		name, method, path string
		body               any
	}{
		{"post", "POST", all.path("messages"), said},
		{"edit", "PUT", "/v1/notifications/preferences", `{"muted_classes":[]}`},
		{"mark", "PUT", "/v1/presence", `{"state":"away"}`},
		{"typing", "PUT", all.path("typing"), `{"typing":true}`},
		{"join", "POST", all.path("join"), `{"code":"AAAA-AAAA"}`},
		{"token", "POST", "/v1/session", nil},
		{"poll", "GET", all.path("events") + "?limit=1&wait=1", nil}, // there is something, so it doesn't wait
		{"read", "GET", all.path("members"), nil},
	} {
		t.Run(kind.name, func(t *testing.T) {
			here, elsewhere := fmt.Sprintf("127.0.0.%d", 10+i), fmt.Sprintf("127.0.0.%d", 110+i)
			one, other := all.another(t), all.another(t)
			do := func(c *harness.Client, address string) *harness.Response {
				return c.From(address).Do(kind.method, kind.path, kind.body)
			}
			for call := range ofUser {
				resp := do(one, here)
				wantPassed(t, resp)
				want := fmt.Sprintf(`"%[1]s";q=3;w=60, "%[1]s-address";q=8;w=60`, kind.name)
				if policy := resp.Header.Get("RateLimit-Policy"); policy != want {
					t.Errorf("policy %q, want %q", policy, want)
				}
				calls, _ := left(t, resp.Header, kind.name)
				atAddress, _ := left(t, resp.Header, kind.name+"-address")
				if calls != ofUser-call-1 || atAddress != ofAddress-call-1 {
					t.Errorf("after %d calls RateLimit is %q", call+1, resp.Header.Get("RateLimit"))
				}
			}
			wantRefused(t, do(one, here), kind.name)
			wantRefused(t, do(one, elsewhere), kind.name)
			wantPassed(t, do(other, here))
			if kind.name == "read" {
				wantPassed(t, send(one.From(here)))
			} else {
				wantPassed(t, read(one.From(here)))
			}
		})
	}

	t.Run("streams are refused in band", func(t *testing.T) {
		one := all.another(t)
		for range ofUser {
			stream := one.Stream(all.class)
			stream.Ready()
			stream.Cut()
		}
		for _, class := range []string{all.class, harness.AllClasses} {
			stream := one.Stream(class)
			closing := stream.WaitClosing("too_many_requests")
			calls, wait := left(t, stream.Header, "connect")
			if calls != 0 || wait < 1 || closing.Retry < 1000*(wait-1) {
				t.Errorf("RateLimit %q, retry: %d", stream.Header.Get("RateLimit"), closing.Retry)
			}
		}
		all.another(t).Stream(all.class).Ready()
		if metrics := string(srv.With(t, "").Get("/metrics").Body); !strings.Contains(metrics, `homeroom_streams_refused_total{reason="too_many_requests"} 2`) ||
			!strings.Contains(metrics, `homeroom_calls_limited_total{limit="connect"} 2`) {
			t.Error("the metrics don't say so")
		}
	})

	t.Run("forty posts at once are counted each", func(t *testing.T) {
		one := all.another(t)
		var mu sync.Mutex
		answers := map[int]int{}
		var posting sync.WaitGroup
		for range 40 {
			posting.Go(func() {
				resp, err := one.Send(t.Context(), harness.Call{Method: "POST", Path: all.path("messages"), Body: said})
				if err != nil {
					t.Errorf("post: %v", err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				answers[resp.Status]++
			})
		}
		posting.Wait()
		if answers[http.StatusCreated] != ofUser || answers[http.StatusTooManyRequests] != 40-ofUser {
			t.Errorf("answers %v", answers)
		}
	})

	t.Run("a key is good again later", func(t *testing.T) {
		one := all.another(t)
		for range ofUser {
			send(one, "Idempotency-Key", "k").Want(http.StatusCreated)
		}
		if p := send(one, "Idempotency-Key", "k").WantProblem(http.StatusTooManyRequests, "too_many_requests"); !strings.Contains(p.Detail, "the same Idempotency-Key") {
			t.Errorf("detail %q", p.Detail)
		}
	})

	t.Run("teachers have limits at an address only", func(t *testing.T) {
		for range ofAddress {
			send(all.as(t, anna).From("127.0.0.3")).Want(http.StatusCreated)
		}
		wantRefused(t, send(all.as(t, anna).From("127.0.0.3")), "post-address")
		if resp := send(all.as(t, anna)).Want(http.StatusCreated); resp.Header.Get("RateLimit") != "" || resp.Header.Get("RateLimit-Policy") != "" {
			t.Errorf("nothing binds this, and yet: %v", resp.Header)
		}
		for range ofUser {
			wantPassed(t, all.as(t, gwen).Do("POST", all.path("join"), `{"code":"AAAA-AAAA"}`))
		}
		wantRefused(t, all.as(t, gwen).Do("POST", all.path("join"), `{"code":"AAAA-AAAA"}`), "join")
	})

	// exhaust makes as many posts as an address may, by as many users as it takes.
	exhaust := func(t *testing.T, address string, headers ...string) {
		t.Helper()
		for range ofAddress / 2 {
			one := all.another(t).From(address)
			for range 2 {
				send(one, headers...).Want(http.StatusCreated)
			}
		}
	}

	t.Run("who makes up addresses has one all the same", func(t *testing.T) {
		one := all.as(t, anna).From("127.0.0.4")
		for i := range ofAddress {
			made := fmt.Sprintf("198.51.100.%d", i)
			send(one, "X-Forwarded-For", made, "X-Real-IP", made, "Forwarded", "for="+made, "True-Client-IP", made).Want(http.StatusCreated)
		}
		wantRefused(t, send(one, "X-Forwarded-For", "198.51.100.99"), "post-address")
		wantRefused(t, send(one, "X-Forwarded-For", "127.0.0.1, 127.0.1.1, 10.0.0.1"), "post-address")
		wantRefused(t, send(one), "post-address")
	})

	t.Run("a proxy's word counts", func(t *testing.T) {
		const proxy = "127.0.1.1"
		exhaust(t, proxy, "X-Forwarded-For", "203.0.113.7")
		one := all.another(t).From(proxy)
		wantRefused(t, send(one, "X-Forwarded-For", "203.0.113.7"), "post-address")
		wantRefused(t, send(one, "X-Forwarded-For", "198.51.100.1, [::ffff:203.0.113.7]:4711, 10.1.2.3"), "post-address") // what the client wrote, and another proxy
		send(one, "X-Forwarded-For", "203.0.113.7, 203.0.113.8").Want(http.StatusCreated)
		send(all.another(t).From(proxy)).Want(http.StatusCreated) // the proxy itself counts for nobody

		stream, err := one.Dial(t.Context(), harness.Call{Method: "GET", Path: all.path("stream"), Header: map[string]string{"X-Forwarded-For": "203.0.113.9"}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = stream.Body.Close() }()
		list := harness.List[connection](all.as(t, root), "/v1/admin/connections", url.Values{"user": {one.User.ID}})
		if len(list) != 1 || list[0].Address != "203.0.113.9" {
			t.Errorf("connections %+v", list)
		}
	})

	t.Run("bad tokens are limited, good ones beside them aren't", func(t *testing.T) {
		bad, address := srv.With(t, "no.good.token"), "127.0.0.5"
		for range ofUser {
			read(bad.From(address)).WantProblem(http.StatusUnauthorized, "token_invalid")
		}
		wantRefused(t, read(bad.From(address)), "bad-token-address")
		wantRefused(t, bad.From(address).Get(all.path("stream")), "bad-token-address")
		read(all.another(t).From(address)).Want(http.StatusOK)
		read(srv.With(t, "").From(address)).WantProblem(http.StatusUnauthorized, "token_missing")
		read(bad.From("127.0.0.6")).WantProblem(http.StatusUnauthorized, "token_invalid")
	})

	t.Run("so are those who sign out all the time", func(t *testing.T) {
		nobody := srv.With(t, "").From("127.0.0.7")
		for range ofAddress {
			nobody.Do("DELETE", "/v1/session", nil).Want(http.StatusNoContent)
		}
		wantRefused(t, nobody.Do("DELETE", "/v1/session", nil), "sign-out-address")
	})
}

// TestStaffLimit gives teachers twice as much.
func TestStaffLimit(t *testing.T) {
	t.Parallel()
	r := openRoom(t, harness.Options{Limits: true, Args: []string{"--post-limit", "2", "--staff-limit-factor", "2"}})
	for range 3 { // and the class itself
		r.as(t, anna).Post(r.class, "from a teacher")
	}
	wantRefused(t, r.as(t, anna).Do("POST", r.path("messages"), `{"text":"x"}`), "post")
	for range 2 {
		r.as(t, ben).Post(r.class, "from a student")
	}
	wantRefused(t, r.as(t, ben).Do("POST", r.path("messages"), `{"text":"x"}`), "post")
}

// TestSchoolAtOneAddress lets a school of 200 that share an address begin a lesson, with the limits that there are by default.
func TestSchoolAtOneAddress(t *testing.T) {
	t.Parallel()
	r := openRoom(t, harness.Options{Limits: true})
	var code harness.JoinCode
	r.as(t, anna).Do("PUT", r.path("join-code"), nil).Want(http.StatusOK).Into(&code)
	router := r.as(t, anna).From("127.0.0.2")
	lessons := make(chan []harness.Call)
	var working sync.WaitGroup
	for range 8 {
		working.Go(func() {
			for calls := range lessons {
				for _, call := range calls {
					if err := r.answered(t.Context(), router, call); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	for i := range 200 {
		user := harness.Student(fmt.Sprintf("pupil-%d", i))
		calls := r.lesson()
		if i < 100 {
			calls = append([]harness.Call{{Method: "POST", Path: r.path("join"), Body: map[string]string{"code": code.Code}}}, calls...)
		} else { // more can't join a minute; these were there before
			r.as(t, anna).AddMember(r.class, user, "student")
		}
		token := "Bearer " + user.Token(t, time.Hour)
		for i := range calls {
			calls[i].Header = map[string]string{"Authorization": token}
		}
		lessons <- calls
	}
	close(lessons)
	working.Wait()
}

// lesson is what a pupil's page does when it begins.
func (r room) lesson() []harness.Call {
	return []harness.Call{
		{Method: "POST", Path: "/v1/session"},
		{Method: "GET", Path: "/v1/classes"},
		{Method: "GET", Path: r.path()},
		{Method: "GET", Path: r.path("members")},
		{Method: "GET", Path: "/v1/system/notices"},
		{Method: "GET", Path: "/v1/notifications"},
		{Method: "GET", Path: r.path("messages")},
		{Method: "GET", Path: r.path("stream")},
		{Method: "PUT", Path: r.path("typing"), Body: `{"typing":true}`},
		{Method: "POST", Path: r.path("messages"), Body: `{"text":"Good morning!"}`},
		{Method: "PUT", Path: r.path("receipt"), Body: `{"read":1}`},
	}
}

// answered makes a call, which has to succeed; of a stream the first frame has to come.
func (r room) answered(ctx context.Context, router *harness.Client, call harness.Call) error {
	if call.Path == r.path("stream") {
		resp, err := router.Dial(ctx, call)
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		lines := bufio.NewScanner(io.LimitReader(resp.Body, 64<<10))
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "event: ") {
				break
			}
		}
		if lines.Text() != "event: stream.ready" {
			return fmt.Errorf("a stream begins with %q: %w", lines.Text(), lines.Err())
		}
		return nil
	}
	resp, err := router.Send(ctx, call)
	if err == nil && resp.Status >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %w", call.Method, call.Path, &harness.Refused{Response: resp})
	}
	return err
}
