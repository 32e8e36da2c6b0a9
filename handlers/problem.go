package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"homeroom/events"
	"homeroom/storage"
)

// Problem is an error as its caller sees it (RFC 9457). Code is stable; the texts are for people.
type Problem struct {
	Type   string       `json:"type"`
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail"`
	Code   string       `json:"code"`
	Errors []FieldError `json:"errors,omitempty"` // with invalid_field

	// Current is the present representation, with version_mismatch; null where there is none.
	Current json.RawMessage `json:"current,omitempty"`

	header http.Header // further headers of the answer
}

// FieldError says what is wrong with one field of a body.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// newProblem makes a problem. Detail says what to do.
func newProblem(status int, code, detail string) *Problem {
	return &Problem{
		Type:  "urn:homeroom:problem:" + code,
		Title: http.StatusText(status), Status: status, Detail: detail, Code: code,
		header: http.Header{},
	}
}

// with adds a header to the answer.
func (p *Problem) with(name, value string) *Problem {
	p.header.Set(name, value)
	return p
}

// retryAfter is how many seconds a client waits before it tries an unavailable database again.
const retryAfter = "2"

// crowdedAfter is how many seconds it waits before it polls again where there was no place for it.
const crowdedAfter = "30"

// problemOf turns any error of a handler into the problem that is answered. What it doesn't know is a 500.
func problemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if errors.Is(err, events.ErrRevoked) {
		return errRevoked
	}
	if v, ok := errors.AsType[*storage.VersionError](err); ok {
		p := newProblem(http.StatusPreconditionFailed, "version_mismatch",
			"It has changed since the version in If-Match. Merge with the current one, which is enclosed, and try again.")
		if p.Current, err = json.Marshal(v.Current); err == nil {
			return p
		}
	}
	if m, ok := errors.AsType[*storage.MutedError](err); ok {
		return newProblem(http.StatusForbidden, "muted", "You are muted in this class until "+m.Until.String()+". Until then you can read, and not post.")
	}
	if slow, ok := errors.AsType[*storage.SlowModeError](err); ok {
		return tooSoon("slow_mode", "The class is in slow mode. Your next message may come in "+span(slow.Wait)+".", slow.Wait)
	}
	if errors.Is(err, events.ErrTooManyStreams) {
		return newProblem(http.StatusTooManyRequests, "too_many_streams",
			"There are as many streams and polls open as may be: of you, of your network, of this class or in all. Close some, or try again later.").
			with("Retry-After", crowdedAfter)
	}
	if held, ok := errors.AsType[*storage.HeldBackError](err); ok {
		return heldBack(held)
	}
	if paused, ok := errors.AsType[*storage.PausedError](err); ok {
		return pausedFor(paused)
	}
	if f, ok := errors.AsType[*storage.FieldError](err); ok {
		return (&checks{{f.Field, f.Message}}).problem()
	}
	for _, known := range [...]struct {
		err          error
		status       int
		code, detail string
	}{
		{storage.ErrNotFound, http.StatusNotFound, "not_found", "There is nothing here, or it isn't yours."},
		{events.ErrNoAccess, http.StatusNotFound, "not_found", "There is nothing here, or it isn't yours."},
		{storage.ErrForbidden, http.StatusForbidden, "forbidden", "Your role doesn't allow this."},
		{storage.ErrLastTeacher, http.StatusConflict, "last_teacher", "A class needs a teacher. Make another member teacher first, or delete the class."},
		{storage.ErrMessageDeleted, http.StatusConflict, "message_deleted", "The message is deleted and can't be changed any more."},
		{storage.ErrParentNotFound, http.StatusUnprocessableEntity, "parent_not_found", "The class has no message with the id in parent_id."},
		{storage.ErrParentIsReply, http.StatusUnprocessableEntity, "parent_is_reply", "Threads have one level. Reply to the message that this reply belongs to."},
		{storage.ErrParentDeleted, http.StatusUnprocessableEntity, "parent_deleted", "The message to reply to is deleted."},
		{storage.ErrClassArchived, http.StatusConflict, "class_archived", "The class is archived: it can be read, and nothing is written any more."},
		{storage.ErrClassLocked, http.StatusForbidden, "class_locked", "The class is locked: only its teachers post until one of them opens it again."},
		{storage.ErrWrongCode, http.StatusForbidden, "wrong_code", "This code opens no class here. Ask a teacher for the present one."},
		{storage.ErrKeyReused, http.StatusUnprocessableEntity, "idempotency_key_reused", "This Idempotency-Key was used for another request. Use a new key for each, and the same one only to repeat it unchanged."},
		{storage.ErrReceiptAhead, http.StatusUnprocessableEntity, "receipt_ahead", "The class has no event with that number yet."},
		{storage.ErrTooManyNotices, http.StatusConflict, "too_many_notices", "There are as many notices as can be shown. Withdraw one first."},
		{storage.ErrPublished, http.StatusConflict, "already_published", "It is published already; publish_at can't be changed any more."},
		{storage.ErrNotPublished, http.StatusConflict, "not_published", "It is yet to be published. Acknowledge it when it is."},
		{storage.ErrNotRequired, http.StatusConflict, "acknowledgement_not_required", "It requires no acknowledgement; there is nothing to do."},
		{storage.ErrAuthorGone, http.StatusConflict, "author_gone", "Its author is no longer a member of the class, so it can't be posted in their name. Dismiss it, or add them again."},
		{storage.ErrPage, http.StatusBadRequest, "invalid_query", "page must be the value of next from the list before."},
		{events.ErrCursor, http.StatusBadRequest, "invalid_cursor", "The cursor is none that this stream gave out. Leave it away to start anew."},
	} {
		if errors.Is(err, known.err) {
			return newProblem(known.status, known.code, known.detail)
		}
	}
	if passing(err) {
		return newProblem(http.StatusServiceUnavailable, "unavailable",
			"The service can't do this right now. Try again; if it was a change, look first whether it was made.").with("Retry-After", retryAfter)
	}
	return newProblem(http.StatusInternalServerError, "internal", "Something went wrong on our side; it is in the log.")
}

// passing reports whether a failure passes by itself: the database is away or the identity provider's keys are, memory
// or place is short, or this process stops.
func passing(err error) bool {
	for _, passes := range [...]error{
		storage.ErrUnavailable, storage.ErrClosed, events.ErrClosed, events.ErrOverloaded, events.ErrTooManyStreams, errNoKeys, context.DeadlineExceeded,
	} {
		if errors.Is(err, passes) {
			return true
		}
	}
	return false
}

// handle makes an http.HandlerFunc of a handler. It is the one place where errors become answers and log lines.
func (s *Server) handle(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if repeated, ok := errors.AsType[*storage.RepeatError](err); ok {
			err = replay(w, repeated.First)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	}
}

// fail answers with a problem. A caller who is gone gets nothing: the connection is dropped, since one who has only shut
// their half of it is counted as gone too, and would take no answer for an empty 200.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		panic(http.ErrAbortHandler)
	}
	p := problemOf(err)
	if p.Status >= http.StatusInternalServerError && !errors.Is(err, errNoKeys) { // the key set logs that once
		s.log.Error("request failed", "method", r.Method, "path", Redact(r.URL.Path), "status", p.Status, "error", err)
	}
	said := *p // many are answered with the same one
	said.Detail = Redact(p.Detail)
	body, err := json.Marshal(&said)
	if err != nil {
		s.log.Error("encode problem", "code", p.Code, "error", err)
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	header := w.Header()
	for name, values := range p.header {
		header[name] = values
	}
	header.Set("Content-Type", "application/problem+json")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // a caller who is gone needs no answer
}

// errNoRoute is for a path that isn't there.
var errNoRoute = newProblem(http.StatusNotFound, "not_found", "There is no such path; /openapi.yaml lists them.")

// noRoute answers a path that isn't there.
func noRoute(http.ResponseWriter, *http.Request) error { return errNoRoute }

// methods are those that some route has, in the order of Allow.
var methods = [...]string{http.MethodDelete, http.MethodGet, http.MethodPatch, http.MethodPost, http.MethodPut}

// noMethod answers a method that a path doesn't have, with those that it has (RFC 9110, 15.5.6). The router sends every
// method here that it has never heard of, whatever the path.
func noMethod(w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	for _, method := range methods {
		if chi.RouteContext(r.Context()).Routes.Match(chi.NewRouteContext(), method, r.URL.EscapedPath()) {
			allowed = append(allowed, method)
			if method == http.MethodGet && hasHead(r.URL.Path) {
				allowed = append(allowed, http.MethodHead)
			}
		}
	}
	if len(allowed) == 0 {
		return noRoute(w, r)
	}
	return newProblem(http.StatusMethodNotAllowed, "method_not_allowed", "This path doesn't have this method; see the header Allow.").
		with("Allow", strings.Join(allowed, ", "))
}
