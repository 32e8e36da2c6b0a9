package handlers

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

func TestUsage(t *testing.T) {
	for _, tt := range []struct {
		current, previous int
		elapsed           time.Duration
		most, left        int
		wait              time.Duration
	}{
		{0, 0, 0, 10, 10, 0},
		{4, 0, 30 * time.Second, 10, 6, 0},
		{4, 10, 30 * time.Second, 10, 1, 0},
		{0, 10, 0, 10, 0, 3 * time.Second}, // then it weighs 9.5
		{0, 10, 2 * time.Second, 10, 0, time.Second},
		{5, 10, 30 * time.Second, 10, 0, 3 * time.Second},  // then the former weighs 4.5
		{10, 0, 30 * time.Second, 10, 0, 33 * time.Second}, // 30 s to the full minute, and 3 more
		{10, 10, 59 * time.Second, 10, 0, 4 * time.Second}, // the minute before doesn't matter then
		{1, 0, 0, 1, 0, 90 * time.Second},                  // one a minute weighs a half for half a minute
		{10, 0, 0, 5, 0, 60*time.Second + 33*time.Second},  // the limit was lowered
	} {
		u := usage{current: tt.current, previous: tt.previous, elapsed: tt.elapsed}
		if left := u.left(tt.most); left != tt.left {
			t.Errorf("%+v: %d left of %d, want %d", u, left, tt.most, tt.left)
		}
		if wait := u.wait(tt.most); (wait - tt.wait).Abs() > time.Microsecond {
			t.Errorf("%+v: wait %v, want %v", u, wait, tt.wait)
		}
	}
}

// TestRetryAfter refuses calls in many situations, and looks whether the wait that is told is the one that it takes.
func TestRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(1, 2))
		for round := range 300 {
			most := 1 + random.IntN(200)
			l := newLimiter("test", most, newTally(1000).of(posting))
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			name := fmt.Sprintf("round %d, limit %d", round, most)
			for refused := 0; refused < 5; {
				pause := time.Duration(random.Int64N(int64(limitWindow) / int64(most)))
				time.Sleep(pause) // fake time
				_, taken := l.take(nil, r, "anna", most)
				if taken {
					continue
				}
				refused++
				q := quota{name: "test", most: most, usage: l.usage("anna", time.Now())}
				wait := seconds(q.wait())
				if wait < 1 || wait > 120 {
					t.Fatalf("%s: wait %d s", name, wait)
				}
				time.Sleep(time.Duration(wait-1) * time.Second) // fake time
				if _, taken := l.take(nil, r, "anna", most); taken && wait > 1 {
					t.Errorf("%s: let through %+v after %d s, told %d", name, q, wait-1, wait)
				}
				time.Sleep(time.Second) // fake time
				if _, taken := l.take(nil, r, "anna", most); !taken {
					t.Errorf("%s: refused %+v after %d s, as told", name, q, wait)
				}
			}
		}
	})
}

func TestLimiterKeepsKeysApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counts := newTally(1000)
		posts, edits := newLimiter("post", 3, counts.of(posting)), newLimiter("edit", 3, counts.of(editing))
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		for i := range 5 {
			if _, taken := posts.take(nil, r, "anna", 3); taken != (i < 3) {
				t.Errorf("post %d: taken %v", i, taken)
			}
		}
		if _, taken := posts.take(nil, r, "ben", 3); !taken {
			t.Error("another user is refused")
		}
		if q, taken := edits.take(nil, r, "anna", 3); !taken || q.left(3) != 2 {
			t.Errorf("another kind: taken %v, %+v", taken, q)
		}
		if q, taken := posts.take(nil, r, "anna", 6); !taken || q.left(6) != 2 {
			t.Errorf("a higher limit: taken %v, %+v", taken, q)
		}
	})
}
