package storage

import (
	"context"
	"math"
	"time"

	"homeroom/events"
)

// Span is a time between two moments.
type Span struct {
	From, To events.Time
	Gap      time.Duration // the longest break between two sessions that is none
}

// Session is a time that a member spent in a class, as it is kept.
type Session struct {
	User  string
	Since events.Time
	Until events.Time // 0: it goes on, or its run ended before it could say so
	Run   string      // of the process that wrote it
	Alive events.Time // when that gave its last sign of life
}

// Attendance tells how long a member was present in a class within a span: had a stream open that carries it.
type Attendance struct {
	User      string      `json:"user"`
	Name      string      `json:"name"`
	Role      Role        `json:"role"`
	FirstSeen events.Time `json:"first_seen_at"` // none if the member wasn't there
	LastSeen  events.Time `json:"last_seen_at"`
	Minutes   int64       `json:"minutes"` // rounded
	Sessions  int         `json:"sessions"`
}

// Attendance implements [Store].
func (e *Engine) Attendance(ctx context.Context, p Principal, class string, span Span, page Page) (list List[Attendance], err error) {
	after, err := page.key()
	if err != nil {
		return list, err
	}
	err = e.viewClass(ctx, p, class, func(r Reader, at events.Cursor) error {
		if _, err := authorize(ctx, r, p, class, ReadAttendance); err != nil {
			return err
		}
		members, err := r.Members(ctx, class, after, page.Limit+1)
		if err != nil {
			return err
		}
		here := newList(members, page.Limit, func(m *Member) string { return m.User })
		list = List[Attendance]{Items: []Attendance{}, Next: here.Next, At: at}
		if len(here.Items) == 0 {
			return nil
		}
		sessions, err := r.Sessions(ctx, class, after, here.Items[len(here.Items)-1].User, span)
		for _, m := range here.Items {
			own := 0
			for own < len(sessions) && sessions[own].User == m.User {
				own++
			}
			list.Items = append(list.Items, e.attendance(&m, sessions[:own], span))
			sessions = sessions[own:]
		}
		return err
	})
	return list, err
}

// attendance sums up a member's sessions, which are in the order of their beginnings. Those that overlap, as on two
// nodes, or that have hardly a break between them, are one.
func (e *Engine) attendance(m *Member, sessions []Session, span Span) Attendance {
	a := Attendance{User: m.User, Name: m.Name, Role: m.Role}
	var present events.Time
	for i := range sessions {
		since, until := max(sessions[i].Since, span.From), min(e.endOf(&sessions[i]), span.To)
		if until < since {
			continue
		}
		switch {
		case a.Sessions == 0:
			a.FirstSeen = since
			a.Sessions++
			present += until - since
		case since-a.LastSeen > events.Time(span.Gap.Milliseconds()):
			a.Sessions++
			present += until - since
		default:
			present += max(until-a.LastSeen, 0)
		}
		a.LastSeen = max(a.LastSeen, until)
	}
	a.Minutes = int64(math.Round((time.Duration(present) * time.Millisecond).Minutes()))
	return a
}

// endOf is when a session ended, as far as is known: one that is open in this process goes on, and one that another
// has left open lasted to its last sign of life.
func (e *Engine) endOf(s *Session) events.Time {
	switch {
	case s.Until != 0:
		return s.Until
	case s.Run == e.run:
		return events.Now()
	}
	return max(s.Since, s.Alive)
}
