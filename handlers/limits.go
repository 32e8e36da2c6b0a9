package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"homeroom/events"
)

// limits refuse what is too much. Every process counts for itself.
type limits struct {
	kinds       [limitKinds]boundKind
	staffFactor int
	refused     *prometheus.CounterVec
}

// boundKind is a kind of calls with what counts them; nil where nothing does.
type boundKind struct {
	limitRow
	byUser, byAddress *limiter
}

func newLimits(cfg Limits, metrics prometheus.Registerer) *limits {
	l := &limits{staffFactor: cfg.StaffFactor, refused: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "homeroom_calls_limited_total", Help: "Calls that were refused since there were too many, by limit.",
	}, []string{"limit"})}
	metrics.MustRegister(l.refused)
	users, addresses := newTally(maxTallyKeys), newTally(maxTallyKeys)
	strangers := newTally(maxTallyKeys) // apart: without a token nobody can have counts of those with one forgotten
	for kind, row := range cfg.table() {
		bound := boundKind{limitRow: row}
		if row.User > 0 {
			bound.byUser = l.limiter(row.name, row.User, users.of(limitKind(kind)))
		}
		from := addresses
		if row.strangers {
			from = strangers
		}
		bound.byAddress = l.limiter(row.name+"-address", row.Address, from.of(limitKind(kind)))
		l.kinds[kind] = bound
	}
	return l
}

// limiter makes one that is in the metrics from the start.
func (l *limits) limiter(name string, most int, counts tallyColumn) *limiter {
	l.refused.WithLabelValues(name)
	return newLimiter(name, most, counts)
}

// limitCalls bounds how much each user and each address may do. It comes after authenticate, on the routes themselves: it has
// to know which one it is.
func (s *Server) limitCalls(next http.Handler) http.Handler {
	if s.limits == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind := limitKindOf(r.Method, chi.RouteContext(r.Context()).RoutePattern())
		if kind == polling && !waits(r) {
			kind = reading
		}
		over := s.limits.count(w, r, kind)
		switch {
		case over == nil:
			next.ServeHTTP(w, r)
		case kind == connecting:
			s.turnAway(w, events.ReasonTooMany, over.wait()+s.hub.Retry())
		default:
			s.fail(w, r, tooMany(r, *over))
		}
	})
}

// waits reports whether a request for events is a long poll.
func waits(r *http.Request) bool {
	wait := r.URL.Query().Get("wait")
	return wait != "" && wait != "0"
}

// count counts a call, and tells what is left of its limits; it returns the one that is used up, if any. The user's comes
// first: what it refuses doesn't count for the address, so nobody can use up what all at an address share.
func (l *limits) count(w http.ResponseWriter, r *http.Request, kind limitKind) (over *quota) {
	bound := l.kinds[kind]
	quotas := make([]quota, 0, 2)
	try := func(by *limiter, key string, most int) bool {
		q, taken := by.take(w, r, key, most)
		quotas = append(quotas, q)
		if !taken {
			l.refused.WithLabelValues(by.name).Inc()
			over = &quotas[len(quotas)-1]
		}
		return taken
	}
	ok := true
	if bound.byUser != nil {
		if most := bound.most(caller(r), l.staffFactor); most > 0 {
			ok = try(bound.byUser, caller(r).User, most)
		}
	}
	if address := limitedAddress(r); ok && address != "" {
		try(bound.byAddress, address, bound.Address)
	}
	tellQuotas(w.Header(), quotas)
	return over
}

// tooMany is the answer to a call that a limit refuses.
func tooMany(r *http.Request, over quota) *Problem {
	wait := strconv.Itoa(seconds(over.wait()))
	detail := fmt.Sprintf("That was too much at once. Nothing was done; try again in %s s.", wait)
	if r.Header.Get(keyHeader) != "" {
		detail = fmt.Sprintf("That was too much at once. Nothing was done; try again in %s s, with the same %s.", wait, keyHeader)
	}
	return newProblem(http.StatusTooManyRequests, "too_many_requests", detail).with("Retry-After", wait)
}

// failed is what a call whose token is refused is answered: the cause, or beyond the limit of bad tokens that its address
// may send, that it has to wait. Good tokens pass whatever else comes from their address, known ones and new ones: or a
// single pupil could keep a whole school out. Guesses gain nothing by that; what stops them is the signature. Only tokens
// that aren't ours count: a page that has none, or one that has expired, has to learn so.
func (l *limits) failed(w http.ResponseWriter, r *http.Request, cause error) error {
	p, ok := errors.AsType[*Problem](cause)
	if l == nil || !ok || p.Code != "token_invalid" {
		return cause
	}
	if over := l.count(w, r, badToken); over != nil {
		return tooMany(r, *over)
	}
	return cause
}
