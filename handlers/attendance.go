package handlers

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"homeroom/events"
	"homeroom/storage"
)

const (
	defaultSpan = 24 * time.Hour      // of an attendance list
	maxSpan     = 31 * 24 * time.Hour // the same: what is read for it stays bounded
)

// listAttendance answers in pages as JSON, or in full as CSV.
func (s *Server) listAttendance(w http.ResponseWriter, r *http.Request) error {
	class, err := pathID(r, "class")
	if err != nil {
		return err
	}
	values, page, err := pageQuery(r, "from", "to", "format")
	if err != nil {
		return err
	}
	span, err := spanParams(values, events.Now())
	if err != nil {
		return err
	}
	span.Gap = s.hub.Grace()
	asCSV, err := csvParam(r, values)
	if err != nil {
		return err
	}
	w.Header().Set("Vary", "Accept")
	if asCSV {
		return s.attendanceCSV(w, r, class, span)
	}
	list, err := s.store.Attendance(r.Context(), caller(r).Principal, class, span, page)
	if err != nil {
		return err
	}
	return replyList(w, list)
}

// spanParams are from and to: the last day where they are absent.
func spanParams(values url.Values, now events.Time) (span storage.Span, err error) {
	if span.To, err = timeParam(values, "to", now); err != nil {
		return span, err
	}
	if span.From, err = timeParam(values, "from", span.To-events.Time(defaultSpan.Milliseconds())); err != nil {
		return span, err
	}
	switch {
	case span.From >= span.To:
		return span, invalidQuery("from must be before to.")
	case span.To-span.From > events.Time(maxSpan.Milliseconds()):
		return span, invalidQuery(fmt.Sprintf("from and to must be at most %d days apart.", int(maxSpan.Hours()/24)))
	}
	return span, nil
}

// timeParam is a moment, or a default where it is absent.
func timeParam(values url.Values, name string, fallback events.Time) (events.Time, error) {
	if !values.Has(name) {
		return fallback, nil
	}
	at, err := time.Parse(time.RFC3339, values.Get(name))
	if err != nil || at.UnixMilli() <= 0 {
		return 0, invalidQuery(name + " must be a time like 2026-11-22T10:00:00Z; send a + in it as %2B.")
	}
	return events.Time(at.UnixMilli()), nil
}

// csvParam reports whether CSV is asked for: by the query, or by the first type in Accept that there is.
func csvParam(r *http.Request, values url.Values) (bool, error) {
	if values.Has("format") {
		format := values.Get("format")
		if format != "csv" && format != "json" {
			return false, invalidQuery("format must be json or csv.")
		}
		return format == "csv", nil
	}
	for accepted := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		switch media, _, _ := mime.ParseMediaType(accepted); media {
		case "text/csv":
			return true, nil
		case "application/json", "application/*", "*/*":
			return false, nil
		}
	}
	return false, nil
}

// attendanceCSV answers with all members.
func (s *Server) attendanceCSV(w http.ResponseWriter, r *http.Request, class string, span storage.Span) error {
	var file bytes.Buffer
	table := csv.NewWriter(&file)
	table.UseCRLF = true // RFC 4180
	rows := [][]string{{"user", "name", "role", "first_seen_at", "last_seen_at", "minutes", "sessions"}}
	for page := (storage.Page{Limit: maxPage}); ; {
		list, err := s.store.Attendance(r.Context(), caller(r).Principal, class, span, page)
		if err != nil {
			return err
		}
		if page.After == "" {
			w.Header().Set(cursorHeader, list.At.String())
		}
		for i := range list.Items {
			rows = append(rows, attendanceRow(&list.Items[i]))
		}
		if page.After = list.Next; page.After == "" {
			break
		}
	}
	if err := table.WriteAll(rows); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	header := w.Header()
	header.Set("Content-Type", "text/csv; charset=utf-8")
	header.Set("Content-Disposition", `attachment; filename="attendance.csv"`)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(file.Bytes()) // a caller who is gone needs no answer
	return nil
}

func attendanceRow(a *storage.Attendance) []string {
	return []string{
		cell(a.User), cell(a.Name), string(a.Role), cellTime(a.FirstSeen), cellTime(a.LastSeen),
		strconv.FormatInt(a.Minutes, 10), strconv.Itoa(a.Sessions),
	}
}

// cell is a text of somebody's choice for a table. Programs for tables would calculate one that begins like a formula;
// an apostrophe before it makes it a text (OWASP, CSV injection).
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n", rune(text[0])) {
		return "'" + text
	}
	return text
}

func cellTime(t events.Time) string {
	if t == 0 {
		return ""
	}
	return t.String()
}
