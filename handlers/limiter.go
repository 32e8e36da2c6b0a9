package handlers

import (
	"math"
	"net/http"
	"time"

	"github.com/go-chi/httprate"
)

// limiter counts the calls of one kind, by user or by address.
type limiter struct {
	name   string // that clients know it by
	most   int    // calls in a window
	counts tallyColumn
	rate   *httprate.RateLimiter
}

func newLimiter(name string, most int, counts tallyColumn) *limiter {
	return &limiter{name: name, most: most, counts: counts, rate: httprate.NewRateLimiter(most, limitWindow,
		httprate.WithLimitCounter(counts),
		httprate.WithResponseHeaders(httprate.ResponseHeaders{}), // which aren't the standard ones; see tellQuotas
	)}
}

// take counts a call unless there were most already, and says what is left. What is refused isn't counted.
func (l *limiter) take(w http.ResponseWriter, r *http.Request, key string, most int) (_ quota, taken bool) {
	if most != l.most {
		r = r.WithContext(httprate.WithRequestLimit(r.Context(), most))
	}
	refused := l.rate.OnLimit(w, r, key)
	return quota{name: l.name, most: most, usage: l.usage(key, time.Now())}, !refused
}

// usage is what a key has used by now.
func (l *limiter) usage(key string, now time.Time) usage {
	window := now.UTC().Truncate(limitWindow) // as httprate has it
	current, previous, _ := l.counts.Get(key, window, window.Add(-limitWindow))
	return usage{current: current, previous: previous, elapsed: now.Sub(window)}
}

// usage is what was counted for a key in a sliding window, as httprate has it: all that came since the last full
// minute, and of the minute before as large a part as the window still covers.
type usage struct {
	current, previous int
	elapsed           time.Duration // of the current minute
}

// left is how many of most calls may follow right now.
func (u usage) left(most int) int {
	covered := float64(limitWindow-u.elapsed) / float64(limitWindow)
	return max(0, most-int(math.Round(float64(u.previous)*covered+float64(u.current))))
}

// wait is after what time a call is let through, if none is now. As the rate is rounded, that is once it is below
// most by more than a half.
func (u usage) wait(most int) time.Duration {
	if u.left(most) > 0 {
		return 0
	}
	below := float64(most) - 0.5
	if room := below - float64(u.current); room > 0 { // of what came in the minute before
		return fades(u.previous, room) - u.elapsed
	}
	return limitWindow - u.elapsed + fades(u.current, below)
}

// fades is how far into the next minute what was counted in one weighs no more than room.
func fades(counted int, room float64) time.Duration {
	return time.Duration(math.Ceil(max(0, 1-room/float64(counted)) * float64(limitWindow)))
}
