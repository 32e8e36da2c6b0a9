package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

const (
	cursor  = "k3f9.1043.17.4.x7Q2"
	classID = "01a202b2-c57b-7c3e-9d2a-4f1f6a0c8e11"
)

const (
	class     = `{"id":"01a202b2-c57b-7c3e-9d2a-4f1f6a0c8e11","name":"Biology 9b","role":"teacher","read":3,"unread":1,"version":1,"created_at":"2026-11-22T10:00:00.123Z","updated_at":"2026-11-22T10:00:00.123Z","archived_at":null,"locked":false,"slow_mode_seconds":0}`
	member    = `{"class":"01a202b2-c57b-7c3e-9d2a-4f1f6a0c8e11","user":"alice","name":"Alice Archer","role":"teacher","version":1,"joined_at":"2026-11-22T10:00:00.123Z","updated_at":"2026-11-22T10:00:00.123Z","muted_until":null}`
	message   = `{"id":"01a202b4-c698-7a05-b1c7-6e3d9f2a4b80","class":"01a202b2-c57b-7c3e-9d2a-4f1f6a0c8e11","seq":3,"author":"alice","text":"Good\tmorning!\n","parent_id":null,"version":1,"created_at":"2026-11-22T10:02:11.480Z","edited_at":null,"deleted_at":null,"reply_count":0,"last_reply_at":null,"mentions":[]}`
	edited    = `{"id":"01a202b4-c698-7a05-b1c7-6e3d9f2a4b80","class":"01a202b2-c57b-7c3e-9d2a-4f1f6a0c8e11","seq":3,"author":"alice","text":"Hi","parent_id":"01a202b6-2837-7d51-8a4e-2b9c7e6f3d02","version":2,"created_at":"2026-11-22T10:02:11.480Z","edited_at":"2026-11-22T10:06:00.000Z","deleted_at":null,"reply_count":0,"last_reply_at":null,"mentions":[]}`
	tombstone = `{"id":"01a202b4-c698-7a05-b1c7-6e3d9f2a4b80","class":"01a202b2-c57b-7c3e-9d2a-4f1f6a0c8e11","seq":3,"author":"alice","text":null,"parent_id":null,"version":2,"created_at":"2026-11-22T10:02:11.480Z","edited_at":null,"deleted_at":"2026-11-22T10:07:00.000Z","reply_count":0,"last_reply_at":null,"mentions":[]}`
	parent    = `{"id":"01a202b4-c698-7a05-b1c7-6e3d9f2a4b80","class":"01a202b2-c57b-7c3e-9d2a-4f1f6a0c8e11","seq":3,"author":"alice","text":"Hi","parent_id":null,"version":3,"created_at":"2026-11-22T10:02:11.480Z","edited_at":null,"deleted_at":null,"reply_count":2,"last_reply_at":"2026-11-22T10:08:00.000Z","mentions":[]}`

	announcement = `{"id":"01a202c0-5d0e-7a11-8f27-3c5d7e9f1a2b","class":"01a202b2-c57b-7c3e-9d2a-4f1f6a0c8e11","seq":12,"author":"alice","title":"School trip","text":"At eight","pinned":true,"requires_acknowledgement":true,"publish_at":null,"published_at":"2026-11-22T10:14:09.102Z","version":1,"created_at":"2026-11-22T10:14:09.102Z","updated_at":"2026-11-22T10:14:09.102Z"}`
	assignment   = `{"id":"01a202c0-5d0e-7a11-8f27-3c5d7e9f1a2b","class":"01a202b2-c57b-7c3e-9d2a-4f1f6a0c8e11","seq":12,"author":"alice","title":"Essay","text":"Two pages","due_at":"2026-11-27T07:00:00.000Z","reminders":[86400,3600],"requires_acknowledgement":false,"publish_at":"2026-11-22T10:14:09.000Z","published_at":"2026-11-22T10:14:09.102Z","version":2,"created_at":"2026-11-22T10:14:09.102Z","updated_at":"2026-11-22T10:14:09.102Z"}`
)

const aNotice = `{"id":"01a202c0-94b4-7c1a-9f10-5d0e8b7a6c41","level":"warning","text":"Maintenance tonight","author":"root","version":1,"created_at":"2026-11-22T10:15:00.000Z","expires_at":"2026-11-22T22:15:00.000Z"}`

const told = `{"id":"01a202c0-94b4-7c1a-9f10-5d0e8b7a6c42","kind":"system.notice","class":null,"seq":4,"at":"2026-11-22T10:15:00.000Z","actor":"root","subject":"01a202c0-94b4-7c1a-9f10-5d0e8b7a6c41","title":"warning","text":"Maintenance tonight","role":null,"silent":false}`

// frames has one good frame of each type.
var frames = map[string]struct{ id, data string }{
	"message.created":      {cursor, logged("message.created", message)},
	"message.updated":      {cursor, logged("message.updated", edited)},
	"message.deleted":      {cursor, logged("message.deleted", tombstone)},
	"member.joined":        {cursor, logged("member.joined", member)},
	"member.updated":       {cursor, logged("member.updated", member)},
	"member.left":          {cursor, logged("member.left", member)},
	"class.updated":        {cursor, logged("class.updated", strings.Replace(class, `"role":"teacher","read":3,"unread":1,`, "", 1))},
	"class.deleted":        {cursor, logged("class.deleted", `{"id":"`+classID+`"}`)},
	"notification.created": {cursor, logged("notification.created", `{"id":"01a202b6-2837-7d51-8a4e-2b9c7e6f3d02","kind":"member.joined","class":"`+classID+`","seq":2,"at":"2026-11-22T10:03:42.007Z","actor":"alice","subject":null,"title":null,"text":null,"role":"student","silent":false}`)},
	"system.notice":        {cursor, `{"type":"system.notice","seq":4,"at":"2026-11-22T10:15:00.000Z","actor":"root","data":` + aNotice + `}`},
	"preferences.updated":  {cursor, `{"type":"preferences.updated","seq":4,"at":"2026-11-22T10:15:00.000Z","actor":"bob","data":{"muted_classes":["` + classID + `"],"quiet_hours":{"from":"22:00","to":"07:00","time_zone":"Europe/Berlin"},"version":2}}`},
	"announcement.created": {cursor, logged("announcement.created", announcement)},
	"announcement.updated": {cursor, logged("announcement.updated", strings.Replace(announcement, `"pinned":true`, `"pinned":false`, 1))},
	"announcement.deleted": {cursor, logged("announcement.deleted", `{"id":"`+classID+`"}`)},
	"assignment.created":   {cursor, logged("assignment.created", assignment)},
	"assignment.updated":   {cursor, logged("assignment.updated", strings.Replace(assignment, `[86400,3600]`, `[]`, 1))},
	"assignment.deleted":   {cursor, logged("assignment.deleted", `{"id":"`+classID+`"}`)},
	"assignment.due":       {cursor, logged("assignment.due", `{"assignment":`+assignment+`,"offset_seconds":3600,"due_at":"2026-11-27T07:00:00.000Z"}`)},
	"resync":               {cursor, `{"type":"resync","class":"` + classID + `","reason":"trimmed","lost":{"from":4,"to":900},"reload":["/v1/classes/` + classID + `/messages"],"cursor":"` + cursor + `"}`},
	"stream.ready":         {cursor, `{"type":"stream.ready","class":"` + classID + `","cursor":"` + cursor + `","connection":"c-81f2","heartbeat_ms":15000,"retry_ms":2417,"at":"2026-11-22T10:03:40.551Z","classes":["` + classID + `"],"omitted":false}`},
	"stream.closing":       {"", `{"type":"stream.closing","reason":"shutdown","retry_ms":2913}`},
	"heartbeat":            {"", `{"type":"heartbeat","at":"2026-11-22T10:03:55.551Z"}`},
	"typing.updated":       {"", `{"type":"typing.updated","class":"` + classID + `","data":{"users":[{"user":"bob","name":"Bob"}],"count":1}}`},
	"presence.snapshot":    {"", `{"type":"presence.snapshot","class":"` + classID + `","data":{"online":["bob"],"away":["alice"]}}`},
	"presence.updated":     {"", `{"type":"presence.updated","class":"` + classID + `","data":{"online":["bob"],"away":["alice"],"offline":["eve"]}}`},
	"receipt.updated":      {"", `{"type":"receipt.updated","class":"` + classID + `","data":{"receipts":[{"user":"bob","delivered":4,"read":0}]}}`},
}

func logged(event, data string) string {
	return `{"type":"` + event + `","class":"` + classID + `","seq":1043,"at":"2026-11-22T10:03:42.007Z","actor":"alice","data":` + data + `}`
}

func TestGoodFrames(t *testing.T) {
	c := Load(t)
	for event, frame := range frames {
		t.Run(event, func(t *testing.T) {
			if err := c.CheckFrame(event, frame.id, []byte(frame.data)); err != nil {
				t.Error(err)
			}
		})
	}
	for name, frame := range map[string]struct{ event, id, data string }{
		"nothing said of what was lost": {"resync", cursor, strings.Replace(frames["resync"].data, `{"from":4,"to":900}`, "null", 1)},
		"a member without a name":       {"member.left", cursor, strings.Replace(frames["member.left"].data, `"Alice Archer"`, "null", 1)},
		"a text of 4000 code points":    {"message.created", cursor, logged("message.created", withText(strings.Repeat("🎓", 4000)))},
		"a parent whose thread grew":    {"message.updated", cursor, logged("message.updated", parent)},
		"a thread of a tombstone":       {"message.updated", cursor, logged("message.updated", tombstone)},
		"a tombstone with replies":      {"message.deleted", cursor, logged("message.deleted", strings.Replace(tombstone, `"reply_count":0,"last_reply_at":null`, `"reply_count":2,"last_reply_at":"2026-11-22T10:08:00.000Z"`, 1))},
		"an id of 127 bytes":            {"member.left", strings.Repeat("a", 127), frames["member.left"].data},
		"a notice as a signal":          {"system.notice", "", `{"type":"system.notice","data":` + aNotice + `}`},
		"a notification as a signal":    {"notification.created", "", `{"type":"notification.created","data":` + told + `}`},
		"a client key":                  {"message.created", cursor, withKey(frames["message.created"].data, strings.Repeat("k", 255))},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.CheckFrame(frame.event, frame.id, []byte(frame.data)); err != nil {
				t.Error(err)
			}
		})
	}
}

// withKey adds a client key to an event.
func withKey(event, key string) string {
	return strings.TrimSuffix(event, "}") + fmt.Sprintf(`,"client_key":%q}`, key)
}

func TestEveryTypeHasAGoodFrame(t *testing.T) {
	documented := slices.Sorted(maps.Keys(Load(t).payloads))
	if tested := slices.Sorted(maps.Keys(frames)); !slices.Equal(tested, documented) {
		t.Errorf("frames of %q are tested, but the contract has %q", tested, documented)
	}
}

func TestBrokenFramesAreRefused(t *testing.T) {
	c := Load(t)
	for event, frame := range frames {
		t.Run(event, func(t *testing.T) {
			for _, m := range mutants(t, frame.data) {
				if err := c.CheckFrame(event, frame.id, m.data); err == nil {
					t.Errorf("accepted with %s", m.name)
				}
			}
		})
	}
}

func TestBadFrames(t *testing.T) {
	created := frames["message.created"].data
	ready := frames["stream.ready"].data
	replace := func(s, old, by string) string {
		t.Helper()
		if !strings.Contains(s, old) {
			t.Fatalf("no %s in %s", old, s)
		}
		return strings.Replace(s, old, by, 1)
	}
	for name, frame := range map[string]struct{ event, id, data string }{
		"another event than type":      {"message.updated", cursor, created},
		"EventSource's own event name": {"message", cursor, created},
		"no event name":                {"", cursor, created},
		"an undocumented type":         {"typing.updated", "", `{"type":"typing.updated"}`},
		"no type":                      {"heartbeat", "", `{"at":"2026-11-22T10:03:55.551Z"}`},
		"no data":                      {"heartbeat", "", ``},
		"no JSON":                      {"heartbeat", "", `beat`},
		"no object":                    {"heartbeat", "", `"heartbeat"`},
		"something after the object":   {"heartbeat", "", frames["heartbeat"].data + `{}`},
		"invalid UTF-8":                {"message.created", cursor, replace(created, "Good", "G\xffod")},

		"a logged event without id":      {"message.created", "", created},
		"stream.ready without id":        {"stream.ready", "", replace(ready, cursor, "")},
		"resync without id":              {"resync", "", replace(frames["resync"].data, cursor, "")},
		"a heartbeat with id":            {"heartbeat", cursor, frames["heartbeat"].data},
		"stream.closing with id":         {"stream.closing", cursor, frames["stream.closing"].data},
		"an id with a colon":             {"message.created", "k3f9:1043", created},
		"an id with a space":             {"message.created", "k3f9 1043", created},
		"an id with a newline":           {"message.created", "k3f9.1043\n", created},
		"an id of 128 bytes":             {"message.created", strings.Repeat("a", 128), created},
		"stream.ready of another id":     {"stream.ready", "k3f9.1.1.1.aaaa", ready},
		"resync to another id":           {"resync", "k3f9.1.1.1.aaaa", frames["resync"].data},
		"an unknown reason to close":     {"stream.closing", "", replace(frames["stream.closing"].data, "shutdown", "bored")},
		"an unknown reason to resync":    {"resync", cursor, replace(frames["resync"].data, "trimmed", "bored")},
		"nothing to reload":              {"resync", cursor, replace(frames["resync"].data, `"/v1/classes/`+classID+`/messages"`, "")},
		"seq 0":                          {"message.created", cursor, replace(created, `"seq":1043`, `"seq":0`)},
		"a class id that is no UUID":     {"message.created", cursor, replace(created, classID, "biology")},
		"a class id that is no UUIDv7":   {"message.created", cursor, replace(created, "-7c3e-", "-4c3e-")},
		"an id in upper case":            {"message.created", cursor, replace(created, classID, strings.ToUpper(classID))},
		"a user with white space":        {"message.created", cursor, replace(created, `"actor":"alice"`, `"actor":"al ice"`)},
		"a user of 129 characters":       {"message.created", cursor, replace(created, `"actor":"alice"`, `"actor":"`+strings.Repeat("a", 129)+`"`)},
		"an unknown role":                {"member.joined", cursor, replace(frames["member.joined"].data, "teacher", "admin")},
		"class.updated with my role":     {"class.updated", cursor, logged("class.updated", class)},
		"an empty client key":            {"message.created", cursor, withKey(created, "")},
		"a client key of 256 characters": {"message.created", cursor, withKey(created, strings.Repeat("k", 256))},
		"a client key with white space":  {"message.created", cursor, withKey(created, "two words")},
		"a client key of a deletion":     {"message.deleted", cursor, withKey(frames["message.deleted"].data, "k")},
		"message.created of an edited":   {"message.created", cursor, logged("message.created", edited)},
		"message.created of a deleted":   {"message.created", cursor, logged("message.created", tombstone)},
		"message.created of a parent":    {"message.created", cursor, logged("message.created", parent)},
		"replies without a last":         {"message.updated", cursor, logged("message.updated", replace(parent, `"2026-11-22T10:08:00.000Z"`, "null"))},
		"a last reply without any":       {"message.updated", cursor, logged("message.updated", replace(parent, `"reply_count":2`, `"reply_count":0`))},
		"a reply with replies":           {"message.updated", cursor, logged("message.updated", replace(parent, `"parent_id":null`, `"parent_id":"01a202b6-2837-7d51-8a4e-2b9c7e6f3d02"`))},

		"an announcement with what one has seen of it": {"announcement.created", cursor, replace(frames["announcement.created"].data, `"version":1`, `"version":1,"acknowledged":true`)},
		"an announcement that is not published":        {"announcement.created", cursor, replace(frames["announcement.created"].data, `"seq":12`, `"seq":null`)},
		"an assignment that is pinned":                 {"assignment.created", cursor, replace(frames["assignment.created"].data, `"version":2`, `"version":2,"pinned":true`)},
		"a reminder after it is due":                   {"assignment.due", cursor, replace(frames["assignment.due"].data, `"offset_seconds":3600`, `"offset_seconds":-1`)},
		"a client key of a reminder":                   {"assignment.due", cursor, withKey(frames["assignment.due"].data, "k")},

		"message.deleted of a living":   {"message.deleted", cursor, logged("message.deleted", message)},
		"a tombstone with its text":     {"message.deleted", cursor, logged("message.deleted", replace(tombstone, `"text":null`, `"text":"Hi"`))},
		"a text of 4001 code points":    {"message.created", cursor, logged("message.created", withText(strings.Repeat("🎓", 4001)))},
		"an empty text":                 {"message.created", cursor, logged("message.created", withText(""))},
		"a text with a control":         {"message.created", cursor, logged("message.created", withText(`\u0007`))},
		"a text with a carriage return": {"message.created", cursor, logged("message.created", withText(`a\r\nb`))},
	} {
		t.Run(name, func(t *testing.T) {
			if err := Load(t).CheckFrame(frame.event, frame.id, []byte(frame.data)); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// withText is the message with another text, given as it is inside the quotes of JSON.
func withText(text string) string {
	return strings.Replace(message, `Good\tmorning!\n`, text, 1)
}

func TestErrorOfAFrameNamesThePlace(t *testing.T) {
	data := strings.Replace(frames["member.joined"].data, `"teacher"`, `"boss"`, 1)
	err := Load(t).CheckFrame("member.joined", cursor, []byte(data))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"member.joined", cursor, "/data/role", "boss"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
