package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-chi/httprate"

	"homeroom/storage"
)

const (
	// DefaultJoinLimit is how many attempts to join a user has in joinWindow: enough for typing errors, and far too
	// few to guess a code.
	DefaultJoinLimit = 10
	// DefaultJoinAddressLimit is the same for an address, which a whole school may share.
	DefaultJoinAddressLimit = 120
	joinWindow              = time.Minute
)

func (s *Server) putJoinCode(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	code, err := s.store.SetJoinCode(r.Context(), caller(r).Principal, class)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, code)
}

func (s *Server) getJoinCode(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	code, err := s.store.JoinCode(r.Context(), caller(r).Principal, class)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, code)
}

func (s *Server) deleteJoinCode(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	if err := s.store.DropJoinCode(r.Context(), caller(r).Principal, class); err != nil {
		return err
	}
	return replyNothing(w)
}

func (s *Server) joinClass(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	var body struct {
		Code *string `json:"code"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	var c checks
	if body.Code == nil {
		c.add("code", "is required")
	}
	if err := c.err(); err != nil {
		return err
	}
	path := classPath(class) + "/members" // where the member is created, which is not where the call goes
	draft := storage.JoinDraft{Code: *body.Code}
	if draft.Attempt, err = attempt(r, path, draft); err != nil {
		return err
	}
	m, joined, err := s.store.JoinClass(r.Context(), caller(r).Principal, class, draft)
	if err != nil {
		return err
	}
	if joined {
		return replyCreated(w, path+"/"+url.PathEscape(m.User), m.Version, m)
	}
	return replyVersion(w, http.StatusOK, m.Version, m)
}

// limitJoins bounds the attempts to join, of each user and from each address: codes are short. Every process counts
// for itself.
func (s *Server) limitJoins(perUser, perAddress int) []func(http.Handler) http.Handler {
	limit := func(most int, key httprate.KeyFunc) func(http.Handler) http.Handler {
		return httprate.LimitBy(most, joinWindow, key,
			httprate.WithLimitHandler(s.handle(tooManyJoins)),
			httprate.WithResponseHeaders(httprate.ResponseHeaders{})) // two limits would write them over each other
	}
	byAddress := limit(perAddress, addressKey)
	unlessExempt := func(next http.Handler) http.Handler {
		limited := byAddress(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if limitedAddress(r) == "" {
				next.ServeHTTP(w, r)
				return
			}
			limited.ServeHTTP(w, r)
		})
	}
	return []func(http.Handler) http.Handler{unlessExempt, limit(perUser, userKey)}
}

// userKey is who calls.
func userKey(r *http.Request) (string, error) { return caller(r).User, nil }

// addressKey is where a call comes from.
func addressKey(r *http.Request) (string, error) { return limitedAddress(r), nil }

func tooManyJoins(http.ResponseWriter, *http.Request) error {
	return newProblem(http.StatusTooManyRequests, "too_many_requests",
		"There were too many attempts to join. Wait a minute.").with("Retry-After", strconv.Itoa(int(joinWindow.Seconds())))
}
