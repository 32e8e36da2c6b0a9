package e2e_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"homeroom/test/contract"
	"homeroom/test/harness"
)

// TestCredentials makes every call of the contract with every kind of credential. What may be done with a good one is for
// TestPermissions; here the caller might do everything, if only their credential were taken. A call that nobody has
// thought of fails it: see attempts.
func TestCredentials(t *testing.T) {
	t.Parallel()
	table := readPermissions(t)
	checkAttempts(t, table, operationsByID(t))
	srv := harness.Start(t, harness.Options{
		Args:   []string{"--jwt-audience", rightAudience, "--jwt-issuer", rightIssuer},
		Claims: map[string]any{"aud": rightAudience, "iss": rightIssuer},
	})
	g := gate{T: t, srv: srv, table: table, requests: map[string]contract.Request{}, public: map[string]int{}}
	for _, r := range harness.Contract(t).Requests() {
		g.requests[r.ID] = r
	}
	g.learnPublic()
	for _, c := range credentials(t, srv) {
		t.Run(c.name, func(t *testing.T) {
			g.T = t
			if c.taken() {
				g.letsPass(c)
			} else {
				g.keepsOut(c)
			}
		})
	}
}

// almighty is a caller whose roles allow everything.
var almighty = caller{name: "an admin who teaches", global: "admin", class: "teacher"}

// gate is all attempts with one kind of credential after the other.
type gate struct {
	*testing.T
	srv      *harness.Server
	table    *permissions
	requests map[string]contract.Request // by operation
	public   map[string]int              // what those are answered with that need no credential

	closed *scene // where nothing may change, whoever calls
	before map[string]string
}

// learnPublic makes the calls that need none with none.
func (g *gate) learnPublic() {
	g.Helper()
	s := g.scene()
	for _, a := range attempts {
		if op := g.requests[a.operation]; op.Public() {
			if g.public[op.ID] = g.call(s, a, credential{}).status; g.public[op.ID] == http.StatusUnauthorized {
				g.Errorf("%s is for everybody, and wants a credential", op.ID)
			}
		}
	}
	if len(g.public) == 0 || len(g.public) == len(g.requests) {
		g.Fatalf("%d of %d operations are for everybody", len(g.public), len(g.requests))
	}
}

// keepsOut makes all calls in one class, in which nothing may be changed.
func (g *gate) keepsOut(c credential) {
	g.Helper()
	if g.closed == nil {
		g.closed = g.scene()
		g.before = g.state(g.closed)
	}
	for _, a := range attempts {
		g.check(a, c, g.call(g.closed, a, c))
	}
	follows := c.refusal(g.requests["streamClass"]) == refusal{}
	state := g.state(g.closed)
	for path, after := range state {
		if follows && path == "/metrics" {
			continue // it does count streams that were opened
		}
		if after != g.before[path] {
			g.Errorf("with %s something was changed: GET %s\nwas: %s\nis:  %s", c.name, path, g.before[path], after)
		}
	}
	g.before = state
}

// letsPass makes all calls, each in a class that still has what it names.
func (g *gate) letsPass(c credential) {
	g.Helper()
	s := g.scene()
	for _, a := range attempts {
		resp := g.call(s, a, c)
		g.check(a, c, resp)
		if resp.status < 300 && g.requests[a.operation].Method != http.MethodGet && !a.harmless {
			s = g.scene()
		}
	}
}

// check holds an answer to what the contract says of the operation's security.
func (g *gate) check(a attempt, c credential, got answered) {
	g.Helper()
	op := g.requests[a.operation]
	want := c.refusal(op)
	switch {
	case want.status == 0 && op.Public():
		if got.status != g.public[op.ID] {
			g.Errorf("%s needs no credential, and with %s its status is %d, not %d", op.ID, c.name, got.status, g.public[op.ID])
		}
	case want.status == 0:
		status, code := g.table.expect(almighty, a, open, false)
		if p := got.problem(); got.status >= http.StatusBadRequest && (got.status != status || p.Code != code) && a.answer != perhapsFull {
			g.Errorf("%s with %s: status %d %s, want %d %s", op.ID, c.name, got.status, p.Code, status, code)
		}
	default:
		if p := got.problem(); got.status != want.status || p.Code != want.code {
			g.Errorf("%s with %s: status %d %s, want %d %s", op.ID, c.name, got.status, p.Code, want.status, want.code)
		}
		challenge := got.header.Get("WWW-Authenticate")
		if want.status == http.StatusUnauthorized && (!strings.HasPrefix(challenge, `Bearer realm="homeroom"`) ||
			strings.Contains(challenge, `error="invalid_token"`) != (want.code != "token_missing")) {
			g.Errorf("%s with %s: WWW-Authenticate %q", op.ID, c.name, challenge)
		}
		if got.header.Get("Set-Cookie") != "" {
			g.Errorf("%s with %s: it was given a cookie", op.ID, c.name)
		}
	}
}

// answered is what an attempt was answered with; of a stream not the frames.
type answered struct {
	status int
	header http.Header
	body   []byte
}

// problem is what it says of a refusal.
func (a answered) problem() (p harness.Problem) {
	_ = json.Unmarshal(a.body, &p) // the contract has been checked
	return p
}

// call makes an attempt with a credential.
func (g *gate) call(s *scene, a attempt, c credential) answered {
	g.Helper()
	op := g.requests[a.operation]
	call := harness.Call{Method: op.Method, Path: op.Path + a.query, Header: map[string]string{}}
	s.fill(&call, a, false, "", "app.js")
	if c.show != nil {
		c.show(&call)
	}
	resp, err := g.srv.With(g.T, "").Dial(g.Context(), call)
	if err != nil {
		g.Fatalf("%s with %s: %v", op.ID, c.name, err)
	}
	defer func() { _ = resp.Body.Close() }()
	got := answered{status: resp.StatusCode, header: resp.Header}
	if resp.Header.Get("Content-Type") != "text/event-stream" {
		if got.body, err = io.ReadAll(resp.Body); err != nil {
			g.Fatalf("%s with %s: %v", op.ID, c.name, err)
		}
	}
	return got
}

func (g *gate) scene() *scene {
	g.Helper()
	return setScene(g.T, g.srv, almighty, open)
}

// state is what there is to be changed, and how many streams were opened.
func (g *gate) state(s *scene) map[string]string {
	g.Helper()
	state := map[string]string{}
	reader := g.srv.As(g.T, almighty.user())
	for _, path := range []string{
		harness.ClassPath(s.class), harness.ClassPath(s.class, "members"), harness.ClassPath(s.class, "messages"),
		harness.ClassPath(s.class, "messages", s.named["{message}"], "history"), harness.ClassPath(s.class, "join-code"),
		harness.ClassPath(s.class, "announcements"), harness.ClassPath(s.class, "assignments"), harness.ClassPath(s.class, "receipts"),
		"/v1/classes", "/v1/notifications", "/v1/notifications/preferences", "/v1/system/notices", "/v1/admin/connections",
	} {
		resp := reader.Get(path).Want(http.StatusOK)
		state[path] = resp.Header.Get("Homeroom-Cursor") + "\n" + string(resp.Body)
	}
	for line := range strings.Lines(string(g.srv.With(g.T, "").Get("/metrics").Want(http.StatusOK).Body)) {
		if strings.HasPrefix(line, "homeroom_streams_opened_total") {
			state["/metrics"] += line
		}
	}
	if state["/metrics"] == "" {
		g.Fatal("there is no metric of the streams that were opened")
	}
	return state
}
