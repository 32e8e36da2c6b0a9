package load

import (
	"strings"
	"testing"
)

func TestParseEvent(t *testing.T) {
	text := string(appendText(nil, stamp{post: 12, made: 3456}, 60))
	stamped := stamp{post: 12, made: 3456}
	tests := []struct {
		name  string
		data  string
		known bool // without decoding
		want  event
	}{
		{"a post of ours", `{"type":"message.created","class":"c1","seq":7,"at":"now","actor":"a","data":{"id":"m","seq":9,"text":"` + text + `","parent_id":null}}`, true, event{"c1", 7, stamped}},
		{"an event of another kind", `{"type":"member.joined","class":"c1","seq":7,"at":"now","actor":"a","data":{"user":"b"}}`, true, event{"c1", 7, stamp{}}},
		{"a signal", `{"type":"typing.updated","class":"c1","data":{"users":[]}}`, true, event{class: "c1"}},
		{"members in another order", `{"data":{"text":"` + text + `","seq":9},"seq":7,"class":"c1","type":"message.created"}`, false, event{"c1", 7, stamped}},
		{"with spaces", `{ "type": "message.created", "class": "c1", "seq": 7, "data": {"text": "` + text + `"}}`, false, event{"c1", 7, stamped}},
		{"an inbox's", `{"type":"notification.created","seq":4,"at":"now","actor":"a","data":{"class":"c1","text":7}}`, false, event{"", 4, stamp{}}},
		{"a heartbeat", `{"type":"heartbeat","at":"now"}`, false, event{}},
		{"an escape", `{"type":"x\"y","class":"c1","seq":7,"data":{}}`, false, event{"c1", 7, stamp{}}},
		{"data that is no object", `{"type":"x","class":"c1","data":[1],"seq":7}`, true, event{class: "c1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, known := parseKnown([]byte(tt.data)); known != tt.known {
				t.Errorf("known: %t", known)
			}
			got, err := parseEvent([]byte(tt.data))
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}
	for _, data := range []string{"", "no JSON", `{"type":"x","seq":`} {
		if got, err := parseEvent([]byte(data)); err == nil {
			t.Errorf("%q is taken for %+v", data, got)
		}
	}
}

func TestStamp(t *testing.T) {
	want := stamp{post: 1 << 40, made: 1 << 60}
	for _, size := range []int{1, 30, 100, maxSize} {
		text := appendText(nil, want, size)
		if got, ok := parseStamp(text); !ok || got != want {
			t.Errorf("size %d: %q reads as %+v, %t", size, text, got, ok)
		}
		if size > 50 && len(text) != size || strings.ContainsAny(string(text), "\"\\\n") {
			t.Errorf("size %d: %d bytes: %q", size, len(text), text)
		}
	}
	for _, text := range []string{"", "load", "load ", "load 1", "load 1 2", "load x 2 ", "load 1 -2 ", "good morning", "load 99999999999999999999 1 "} {
		if got, ok := parseStamp([]byte(text)); ok {
			t.Errorf("%q reads as %+v", text, got)
		}
	}
}

func BenchmarkParseEvent(b *testing.B) {
	data := []byte(`{"type":"message.created","class":"0198c0de-0000-7000-8000-000000000000","seq":1043,"at":"2026-11-22T10:00:00.123Z","actor":"load-12345678-reader-12","data":{"id":"0198c0de-0000-7000-8000-000000000001","class":"0198c0de-0000-7000-8000-000000000000","seq":1043,"author":"load-12345678-reader-12","text":"` +
		string(appendText(nil, stamp{1042, 123456789012}, 200)) + `","parent_id":null,"version":1,"reply_count":0,"last_reply_at":null,"created_at":"2026-11-22T10:00:00.123Z","edited_at":null,"deleted_at":null}}`)
	b.ReportAllocs()
	for b.Loop() {
		if e, err := parseEvent(data); err != nil || e.stamp.post != 1042 {
			b.Fatal(e, err)
		}
	}
}
