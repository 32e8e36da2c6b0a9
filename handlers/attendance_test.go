package handlers

import (
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"homeroom/events"
)

func TestCell(t *testing.T) {
	for text, want := range map[string]string{
		"":           "",
		"Anna":       "Anna",
		"=1+1":       "'=1+1",
		"+49":        "'+49",
		"-1":         "'-1",
		"@SUM(A1)":   "'@SUM(A1)",
		"\t=1":       "'\t=1",
		"a=1":        "a=1",
		"'=1":        "'=1",
		"Ünal, Jörg": "Ünal, Jörg",
	} {
		if got := cell(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestSpanParams(t *testing.T) {
	now := events.Time(time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC).UnixMilli())
	const hour = events.Time(3_600_000)
	for query, want := range map[string][2]events.Time{
		"":                                   {now - 24*hour, now},
		"to=2026-11-22T09:00:00Z":            {now - 25*hour, now - hour},
		"from=2026-11-22T09:30:00.5%2B01:00": {now - 3*hour/2 + 500, now},
		"from=2026-11-22T08:00:00Z&to=2026-11-22T09:00:00Z": {now - 2*hour, now - hour},
		"from=2026-10-22T10:00:00Z":                         {now - 31*24*hour, now},
		"from=2026-10-22T09:59:59Z":                         {},
		"from=2026-11-22T10:00:00Z":                         {},
		"from=2026-11-22T11:00:00Z":                         {},
		"from=2026-11-22":                                   {},
		"to=":                                               {},
		"to=0001-01-01T00:00:00Z":                           {},
		"from=2026-11-22T09:30:00+01:00":                    {}, // a space
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		span, err := spanParams(values, now)
		if (err != nil) != (want == [2]events.Time{}) || err == nil && (span.From != want[0] || span.To != want[1]) {
			t.Errorf("%q: %v to %v, %v", query, span.From, span.To, err)
		}
	}
}

func TestCSVParam(t *testing.T) {
	for _, tt := range []struct {
		query, accept string
		want          bool
	}{
		{"", "", false},
		{"", "*/*", false},
		{"", "text/csv", true},
		{"", "text/csv; charset=utf-8, */*", true},
		{"", "text/html, text/csv;q=0.9", true},
		{"", "application/json, text/csv", false},
		{"format=csv", "application/json", true},
		{"format=json", "text/csv", false},
	} {
		r := httptest.NewRequest("GET", "/?"+tt.query, nil)
		r.Header.Set("Accept", tt.accept)
		if got, err := csvParam(r, r.URL.Query()); err != nil || got != tt.want {
			t.Errorf("%q with Accept %q: %t, %v", tt.query, tt.accept, got, err)
		}
	}
	r := httptest.NewRequest("GET", "/?format=xml", nil)
	if _, err := csvParam(r, r.URL.Query()); err == nil {
		t.Error("there is no format xml")
	}
}
