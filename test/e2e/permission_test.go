package e2e_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"homeroom/test/contract"
	"homeroom/test/harness"
)

// TestPermissions makes every call of the contract as every kind of caller, in a class in every state, and holds the
// answers to docs/permissions.md. A call that nobody has thought of fails it: see attempts.
func TestPermissions(t *testing.T) {
	t.Parallel()
	table := readPermissions(t)
	operations := operationsByID(t)
	checkAttempts(t, table, operations)
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})
		asset := regexp.MustCompile(`/assets/([\w.-]+)`).FindSubmatch(srv.With(t, "").Get("/").Want(http.StatusOK).Body)
		if asset == nil {
			t.Fatal("the page has no assets")
		}
		for _, c := range callers() {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				for _, in := range []state{open, archived, locked, slow, deleted} {
					play{t, srv, table, c, in, string(asset[1])}.all(operations)
				}
			})
		}
	})
}

// operationsByID is the contract.
func operationsByID(t *testing.T) map[string]contract.Operation {
	t.Helper()
	all := map[string]contract.Operation{}
	for _, op := range harness.Contract(t).Operations() {
		all[op.ID] = op
	}
	return all
}

// checkAttempts checks that nothing is left out: no operation, and no row of the page.
func checkAttempts(t *testing.T, table *permissions, operations map[string]contract.Operation) {
	t.Helper()
	tried, actions := map[string]bool{}, map[string]bool{}
	for _, a := range attempts {
		tried[a.operation], actions[a.action] = true, true
		if _, there := operations[a.operation]; !there {
			t.Errorf("attempts has %s, and openapi.yaml hasn't", a.operation)
		}
		_, inClass := table.inClass[a.action]
		_, outside := table.outside[a.action]
		if a.action != public && !inClass && !outside {
			t.Errorf("attempts has %q, which is in no row of docs/permissions.md", a.action)
		}
	}
	for id := range operations {
		if !tried[id] {
			t.Errorf("who may do %s? Give it a line in attempts", id)
		}
	}
	for _, rows := range []map[string]permission{table.inClass, table.outside} {
		for action := range rows {
			if !actions[action] {
				t.Errorf("no attempt is made to %s", action)
			}
		}
	}
}

// play is all attempts of one caller in classes in one state.
type play struct {
	*testing.T
	srv    *harness.Server
	table  *permissions
	caller caller
	in     state
	asset  string
}

func (p play) all(operations map[string]contract.Operation) {
	var s *scene // the same until an attempt may have changed it
	for _, a := range attempts {
		op := operations[a.operation]
		for _, mine := range []bool{false, true} {
			if s == nil {
				s = setScene(p.T, p.srv, p.caller, p.in)
			}
			user, has := s.mine[a.on]
			if mine && (a.on == "" || !has) || a.user == "caller" && s.mine[aMembership] == "" {
				continue // nothing of the kind is the caller's
			}
			call := harness.Call{Method: op.Method, Path: op.Path + a.query}
			s.fill(&call, a, mine, user, p.asset)
			if p.try(call, a, mine) && op.Method != http.MethodGet && !a.harmless {
				s = nil
			}
		}
	}
}

// fill puts into a call what it names.
func (s *scene) fill(call *harness.Call, a attempt, mine bool, own, asset string) {
	pairs := []string{"{file}", asset}
	if mine && a.on == aMessage {
		pairs = append(pairs, "{message}", own)
	}
	user := cmp.Or(a.user, pupil.ID)
	if mine && a.on == aMembership {
		user = own
	}
	pairs = append(pairs, "{user}", user)
	for placeholder, value := range s.named {
		pairs = append(pairs, placeholder, value)
	}
	fill := strings.NewReplacer(pairs...) // of two for one placeholder the first counts
	call.Path = fill.Replace(call.Path)
	if a.body != "" {
		call.Body = fill.Replace(a.body)
	}
}

// try makes a call, and reports whether it was allowed.
func (p play) try(call harness.Call, a attempt, mine bool) bool {
	p.Helper()
	resp, err := p.caller.client(p.T, p.srv).Dial(p.Context(), call)
	if err != nil {
		p.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var problem harness.Problem
	if resp.StatusCode >= http.StatusBadRequest {
		if err := json.NewDecoder(resp.Body).Decode(&problem); err != nil {
			p.Errorf("%s %s: status %d without a problem: %v", call.Method, call.Path, resp.StatusCode, err)
		}
	}
	status, code := p.table.expect(p.caller, a, p.in, mine)
	allowed := resp.StatusCode/100 == 2 || a.answer == perhapsFull && problem.Code == "too_many_notices"
	if status == 0 && !allowed || status != 0 && (resp.StatusCode != status || problem.Code != code) {
		whose := map[bool]string{true: " (mine)"}[mine]
		want := map[bool]string{true: "it allowed"}[status == 0]
		p.Errorf("%s%s, in a class that is %s: to %s: %s %s: status %d %s, want %s %d %s", a.operation, whose, p.in, a.action,
			call.Method, call.Path, resp.StatusCode, problem.Code, want, status, code)
	}
	return allowed
}

// expect is what the page promises: the status and code of the refusal, or 0.
func (p *permissions) expect(c caller, a attempt, in state, mine bool) (int, string) {
	row, inClass := p.inClass[a.action]
	switch {
	case a.answer == onlyDevelopment:
		return http.StatusNotFound, "not_found"
	case a.action == public:
		return 0, ""
	case c.global == "":
		return http.StatusUnauthorized, "token_missing"
	case a.answer == joining:
		if in == deleted {
			return http.StatusForbidden, "wrong_code"
		} else if c.class != "" {
			return 0, ""
		}
		row = p.outside[a.action]
	case !inClass:
		row, in = p.outside[a.action], open
	case in == deleted, c.class == "" && c.global != "admin":
		return http.StatusNotFound, "not_found"
	}
	if !c.reaches(row, inClass, mine || a.on == "") {
		return http.StatusForbidden, "forbidden"
	}
	for _, condition := range p.conditions {
		if slices.Contains(row.unless, condition.name) && c.meets(condition.name, in) && !c.exempt(condition) {
			return condition.status, condition.code
		}
	}
	if a.answer == nothingThere {
		return http.StatusNotFound, "not_found"
	}
	return 0, ""
}

// reaches reports whether one of the caller's roles reaches what is to be done: what is their own, or what isn't.
func (c caller) reaches(row permission, inClass, own bool) bool {
	columns := []string{c.global}
	if inClass {
		columns = []string{c.class}
		if c.global == "admin" {
			columns = append(columns, "admin")
		}
	}
	return slices.ContainsFunc(columns, func(role string) bool {
		return row.reach[role] == "yes" || row.reach[role] == "own" && own
	})
}

// meets reports whether a condition is there.
func (c caller) meets(condition string, in state) bool {
	switch condition {
	case "muted":
		return c.muted
	case "slow mode":
		return in == slow
	default:
		return condition == string(in)
	}
}

// exempt reports whether a condition doesn't bind the caller.
func (c caller) exempt(from condition) bool {
	return from.exempt[c.class] || c.global == "admin" && from.exempt["admin"]
}
