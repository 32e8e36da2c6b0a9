package handlers

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"homeroom/storage"
)

// tooMuch says what was wrong with a message that was held back.
var tooMuch = map[storage.HeldReason]string{
	storage.HeldRepeat:   "you have posted the same text too often",
	storage.HeldFlood:    "you are posting too much in too many classes",
	storage.HeldMentions: "you mention too many members in a short time",
	storage.HeldLinks:    "it has too many links, or you have posted too many in a short time",
}

// heldBack is the answer to a message, or an edit, that looks like spam.
func heldBack(e *storage.HeldBackError) *Problem {
	what := "Your message was held back"
	if !e.Kept {
		what = "Your change was not made"
	}
	detail := what + ": " + tooMuch[e.Reason] + "."
	if e.Kept {
		detail += " Your teachers can see it."
	}
	return tooSoon("held_back", detail+" You can post again in "+span(e.Wait)+".", e.Wait)
}

// pausedFor is the answer during the pause after that.
func pausedFor(e *storage.PausedError) *Problem {
	return tooSoon("paused", "You are paused, since what you posted looked like spam. You can post again in "+span(e.Wait)+".", e.Wait)
}

// tooSoon is the answer to what may be done after some time.
func tooSoon(code, detail string, wait time.Duration) *Problem {
	return newProblem(http.StatusTooManyRequests, code, detail).with("Retry-After", strconv.Itoa(wholeSeconds(wait)))
}

// wholeSeconds are those after which a wait is over.
func wholeSeconds(wait time.Duration) int { return int(math.Ceil(wait.Seconds())) }

// span is a wait for people: 40 s, 2 min 40 s, 10 min.
func span(wait time.Duration) string {
	const minute = 60
	switch n := wholeSeconds(wait); {
	case n < minute:
		return fmt.Sprintf("%d s", n)
	case n%minute == 0:
		return fmt.Sprintf("%d min", n/minute)
	default:
		return fmt.Sprintf("%d min %d s", n/minute, n%minute)
	}
}

func (s *Server) listHeldMessages(w http.ResponseWriter, r *http.Request) error {
	return listClass(w, r, s.store.HeldMessages)
}

// heldParams are the path parameters of a message that was held back.
func heldParams(r *http.Request) (class, held string, err error) {
	if class, err = pathID(r, "class"); err != nil {
		return "", "", err
	}
	held, err = pathID(r, "held")
	return class, held, err
}

func (s *Server) dismissMessage(w http.ResponseWriter, r *http.Request) error {
	class, held, err := heldParams(r)
	if err != nil {
		return err
	}
	if err := s.store.DismissMessage(r.Context(), caller(r).Principal, class, held); err != nil {
		return err
	}
	return replyNothing(w)
}

func (s *Server) releaseMessage(w http.ResponseWriter, r *http.Request) error {
	class, held, err := heldParams(r)
	if err != nil {
		return err
	}
	path := classPath(class) + "/messages" // where the message is created, which is not where the call goes
	try, err := attempt(r, path, struct {
		Release string `json:"release"`
	}{held})
	if err != nil {
		return err
	}
	s.hub.Settle(r.Context())
	m, err := s.store.ReleaseMessage(r.Context(), caller(r).Principal, class, held, try)
	if err != nil {
		return err
	}
	s.hub.Acted(class, caller(r).User)
	return replyCreated(w, path+"/"+m.ID, m.Version, m)
}
