package storage

import (
	"slices"
	"strings"
	"testing"
)

func TestMentioned(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
	}{
		{"nobody", nil},
		{"@ben", []string{"ben"}},
		{"Look, @ben and @clio!", []string{"ben", "clio"}},
		{"@ben @ben,@ben", []string{"ben"}},
		{"thanks @ben.", []string{"ben.", "ben"}},
		{"@ms.rivera-2_b...", []string{"ms.rivera-2_b...", "ms.rivera-2_b"}},
		{"(@ben) \"@clio\" /@dora\n@anna", []string{"ben", "clio", "dora", "anna"}},
		{"@Ben is not @ben", []string{"Ben", "ben"}},
		{"write to ben@school.org", nil},
		{"élan@ben, 7@ben, _@ben", nil},
		{"@@ben", nil},
		{"@", nil},
		{"@ ben", nil},
		{"@...", []string{"..."}},
		{"@benoît", nil},
		{"@ben@clio", nil},
		{"@" + strings.Repeat("b", 64), []string{strings.Repeat("b", 64)}},
		{"@" + strings.Repeat("b", 65), nil},
	} {
		if got := mentioned(test.text); !slices.Equal(got, test.want) {
			t.Errorf("%q mentions %q, want %q", test.text, got, test.want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	long := strings.Repeat("🎓", excerptMost)
	for text, want := range map[string]string{"": "", "short": "short", long: long, long + "x": long + "…"} {
		if got := excerpt(text); got != want {
			t.Errorf("excerpt of %q is %q", text, got)
		}
	}
}

func TestIDTime(t *testing.T) {
	id := newID()
	at, ok := IDTime(id)
	if !ok || idAtTime(at) > id || idAtTime(at+1) <= id {
		t.Errorf("%s is of %s, between %s and %s", id, at, idAtTime(at), idAtTime(at+1))
	}
	if _, ok := IDTime("2f0e8b7a-6c41-4c1a-9f10-5d0e8b7a6c41"); ok {
		t.Error("an id of another version has a time")
	}
}
