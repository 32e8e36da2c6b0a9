package contract

import (
	"slices"
	"testing"
)

func TestRequests(t *testing.T) {
	requests := map[string]Request{}
	for _, r := range Load(t).Requests() {
		requests[r.ID] = r
	}
	for id, want := range map[string]struct {
		schemes, path, query, header []string
		body                         bool
	}{
		"getHealth":     {},
		"createSession": {schemes: []string{"bearer"}},
		"getClass":      {path: []string{"class"}},
		"updateMessage": {path: []string{"class", "message"}, header: []string{"If-Match"}, body: true},
		"createClass":   {header: []string{"Idempotency-Key"}, body: true},
		"listMembers":   {path: []string{"class"}, query: []string{"limit", "page"}},
	} {
		r, ok := requests[id]
		if !ok {
			t.Errorf("there is no %s", id)
			continue
		}
		if want.schemes == nil && id != "getHealth" {
			want.schemes = []string{"bearer", "session"}
		}
		for kind, names := range map[string][]string{"path": want.path, "query": want.query, "header": want.header} {
			if got := r.In(kind); !slices.Equal(slices.Sorted(slices.Values(got)), names) {
				t.Errorf("%s has the parameters %v in the %s, want %v", id, got, kind, names)
			}
		}
		if !slices.Equal(r.Schemes, want.schemes) || r.Public() != (id == "getHealth") {
			t.Errorf("%s takes %v, want %v", id, r.Schemes, want.schemes)
		}
		if (r.Body != nil) != want.body || (len(r.Examples) > 0) != want.body {
			t.Errorf("%s has the body %v and the examples %v", id, r.Body, r.Examples)
		}
	}
}
