package handlers

import (
	"net/http"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

const (
	noticesPath    = "/v1/system/notices"
	maxNotice      = 1000                 // code points of a notice: it is a bar on a page
	maxNoticeAhead = 366 * 24 * time.Hour // until a notice expires
)

func (s *Server) createNotice(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Level     *string `json:"level"`
		Text      *string `json:"text"`
		ExpiresAt *string `json:"expires_at"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	var c checks
	draft := storage.NoticeDraft{
		Level: c.level("level", body.Level), Text: c.text("text", body.Text, maxNotice),
		ExpiresAt: c.ahead("expires_at", body.ExpiresAt, maxNoticeAhead),
	}
	if err := c.err(); err != nil {
		return err
	}
	var err error
	if draft.Attempt, err = attempt(r, noticesPath, draft); err != nil {
		return err
	}
	n, err := s.store.CreateNotice(r.Context(), caller(r).Principal, draft)
	if err != nil {
		return err
	}
	return replyCreated(w, noticesPath+"/"+n.ID, n.Version, n)
}

// level checks the level of a notice.
func (c *checks) level(field string, value *string) events.NoticeLevel {
	if value == nil {
		c.add(field, "is required")
		return ""
	}
	level := events.NoticeLevel(*value)
	if !level.Valid() {
		c.add(field, "must be info, warning or critical")
	}
	return level
}

// ahead checks a required moment that is to come.
func (c *checks) ahead(field string, value *string, most time.Duration) events.Time {
	if value == nil {
		c.add(field, "is required")
		return 0
	}
	at, err := time.Parse(time.RFC3339, *value)
	switch ahead := time.Until(at); {
	case err != nil:
		c.add(field, "must be a time like 2026-11-22T10:00:00Z (RFC 3339)")
		return 0
	case ahead <= 0:
		c.add(field, "must not be past")
	case ahead > most:
		c.add(field, "must be within a year")
	}
	return events.Time(at.UnixMilli())
}

func (s *Server) listNotices(w http.ResponseWriter, r *http.Request) error {
	_, page, err := pageQuery(r)
	if err != nil {
		return err
	}
	list, err := s.store.Notices(r.Context(), caller(r).Principal, page)
	if err != nil {
		return err
	}
	return replyList(w, list)
}

func (s *Server) getNotice(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "notice")
	if err != nil {
		return err
	}
	n, err := s.store.Notice(r.Context(), id)
	if err != nil {
		return err
	}
	return replyVersion(w, http.StatusOK, n.Version, n)
}

func (s *Server) withdrawNotice(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "notice")
	if err != nil {
		return err
	}
	if err := s.store.WithdrawNotice(r.Context(), caller(r).Principal, id); err != nil {
		return err
	}
	return replyNothing(w)
}
