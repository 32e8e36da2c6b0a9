package handlers

import (
	"net/http"
	"testing"
	"time"
)

func TestTellQuotas(t *testing.T) {
	for name, tt := range map[string]struct {
		quotas       []quota
		policy, left string
	}{
		"nothing binds": {},
		"one": {
			[]quota{{"post", 60, usage{18, 0, 43*time.Second + time.Millisecond}}},
			`"post";q=60;w=60`, `"post";r=42;t=17`,
		},
		"two": {
			[]quota{{"post", 60, usage{1, 0, 0}}, {"post-address", 1200, usage{1000, 100, 30 * time.Second}}},
			`"post";q=60;w=60, "post-address";q=1200;w=60`, `"post";r=59;t=61, "post-address";r=150;t=31`,
		},
		"used up": {
			[]quota{{"join", 10, usage{10, 0, 30 * time.Second}}},
			`"join";q=10;w=60`, `"join";r=0;t=34`,
		},
	} {
		header := http.Header{}
		tellQuotas(header, tt.quotas)
		if policy, left := header.Get(policyHeader), header.Get(quotaHeader); policy != tt.policy || left != tt.left {
			t.Errorf("%s: %s, %s; want %s, %s", name, policy, left, tt.policy, tt.left)
		}
	}
}
