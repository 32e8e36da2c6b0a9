package contract

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

var opened = sync.OnceValues(func() (*document, error) { return readDocument("../../openapi.yaml") })

// mustRead is openapi.yaml as the tests of the document itself need it.
func mustRead(t *testing.T) *document {
	t.Helper()
	doc, err := opened()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

type object = map[string]any

// walk calls visit for each object of the document, with its JSON pointer.
func walk(at string, node any, visit func(at string, node object)) {
	switch node := node.(type) {
	case object:
		visit(at, node)
		for _, key := range slices.Sorted(maps.Keys(node)) {
			walk(at+pointer(key), node[key], visit)
		}
	case []any:
		for i, item := range node {
			walk(fmt.Sprintf("%s/%d", at, i), item, visit)
		}
	}
}

// lookup follows names into the document.
func lookup(t *testing.T, node any, names ...string) any {
	t.Helper()
	for _, name := range names {
		inner, ok := node.(object)[name]
		if !ok {
			t.Fatalf("no %s in %v", name, names)
		}
		node = inner
	}
	return node
}

func TestObjectsAreClosedAndComplete(t *testing.T) {
	// Fields that may be absent: in what clients send, the errors of a problem, and what only some may see.
	optional := map[string][]string{
		"/components/schemas/ClassChange":    {"name", "archived", "locked", "slow_mode_seconds"},
		"/components/schemas/MemberChange":   {"name"},
		"/components/schemas/NewMessage":     {"parent_id"},
		"/components/schemas/Problem":        {"errors"},
		"/components/schemas/StreamFrame":    {"id", "retry"},
		"/components/schemas/MessageCreated": {"client_key"},
		"/components/schemas/MessageUpdated": {"client_key"},
		"/components/schemas/MemberJoined":   {"client_key"},
		"/components/schemas/ReceiptChange":  {"delivered", "read"},

		"/components/schemas/NotificationCreated": {"class", "seq", "at", "actor"}, // of which a signal has none, or the class
		"/components/schemas/SystemNotice":        {"seq", "at", "actor", "client_key"},
		"/components/schemas/ReadMarks":           {"up_to", "ids"},
		"/components/schemas/PreferencesChange":   {"quiet_hours"},
		"/components/schemas/NewAnnouncement":     {"pinned", "requires_acknowledgement", "publish_at"},
		"/components/schemas/AnnouncementChange":  {"title", "text", "pinned", "requires_acknowledgement", "publish_at"},
		"/components/schemas/AnnouncementCreated": {"client_key"},
		"/components/schemas/NewAssignment":       {"reminders", "requires_acknowledgement", "publish_at"},
		"/components/schemas/AssignmentChange":    {"title", "text", "due_at", "reminders", "requires_acknowledgement", "publish_at"},
		"/components/schemas/AssignmentCreated":   {"client_key"},
	}
	var objects int
	walk("", mustRead(t).raw, func(at string, node object) {
		properties, ok := node["properties"].(object)
		if !ok || node["type"] != "object" {
			return
		}
		objects++
		if node["additionalProperties"] != false {
			t.Errorf("%s lets unknown fields pass", at)
		}
		required, _ := node["required"].([]any)
		for name := range properties {
			if slices.Contains(required, any(name)) == slices.Contains(optional[at], name) {
				t.Errorf("%s: %s should be either required or known as optional", at, name)
			}
		}
	})
	if objects < 30 {
		t.Errorf("only %d objects", objects)
	}
}

func TestEveryComponentIsUsed(t *testing.T) {
	doc := mustRead(t)
	used := map[string]bool{}
	walk("", doc.raw, func(_ string, node object) {
		if ref, ok := node["$ref"].(string); ok {
			used[ref] = true
		}
	})
	for _, kind := range []string{"schemas", "responses", "headers", "parameters"} {
		for name := range lookup(t, doc.raw, "components", kind).(object) {
			if ref := "#" + pointer("components", kind, name); !used[ref] {
				t.Errorf("%s is never used", ref)
			}
		}
	}
}

func TestProblemCodesAreThoseOfTheResponses(t *testing.T) {
	doc := mustRead(t)
	answered := map[string]bool{}
	for name, response := range lookup(t, doc.raw, "components", "responses").(object) {
		description := lookup(t, response, "description").(string)
		codes := codesOf(response)
		if len(codes) == 0 {
			t.Errorf("%s has no code", name)
		}
		for _, code := range codes {
			answered[code] = true
			if !strings.Contains(description, "`"+code+"`") {
				t.Errorf("%s does not describe %s", name, code)
			}
		}
	}
	for _, code := range lookup(t, doc.raw, "components", "schemas", "ProblemCode", "enum").([]any) {
		if !answered[code.(string)] {
			t.Errorf("no response has code %s", code)
		}
		delete(answered, code.(string))
	}
	if len(answered) > 0 {
		t.Errorf("not in ProblemCode: %v", answered)
	}
}

// codesOf lists the problem codes that a response may have.
func codesOf(response any) []string {
	var codes []string
	walk("", response, func(_ string, node object) {
		if node["$ref"] == "#/components/schemas/VersionMismatch" {
			codes = append(codes, "version_mismatch")
		}
		properties, _ := node["properties"].(object)
		code, _ := properties["code"].(object)
		if only, ok := code["const"].(string); ok {
			codes = append(codes, only)
		}
		several, _ := code["enum"].([]any)
		for _, one := range several {
			codes = append(codes, one.(string))
		}
	})
	return codes
}

// The mapping is what frames are checked by, so it must say the same as the union and as each member.
func TestUnionsAgreeWithTheirMembers(t *testing.T) {
	doc := mustRead(t)
	schemas := lookup(t, doc.raw, "components", "schemas").(object)
	for _, name := range []string{"StreamEvent", "LoggedEvent"} {
		mapping := lookup(t, schemas, name, "discriminator", "mapping").(object)
		var members []any
		for _, member := range lookup(t, schemas, name, "oneOf").([]any) {
			members = append(members, member.(object)["$ref"])
		}
		if len(members) != len(mapping) {
			t.Errorf("%s has %d members, but maps %d types", name, len(members), len(mapping))
		}
		for event, ref := range mapping {
			if !slices.Contains(members, ref) {
				t.Errorf("%s maps %s to %s, which is no member", name, event, ref)
			}
			member := strings.TrimPrefix(ref.(string), "#/components/schemas/")
			if got := lookup(t, schemas, member, "properties", "type", "const"); got != event {
				t.Errorf("%s maps %s to %s, which is of type %v", name, event, member, got)
			}
		}
	}

	mapping := lookup(t, schemas, "StreamEvent", "discriminator", "mapping").(object)
	names := lookup(t, schemas, "StreamFrame", "properties", "event", "enum").([]any)
	if len(names) != len(mapping) {
		t.Errorf("frames have %d names, streams %d types", len(names), len(mapping))
	}
	for _, name := range names {
		if _, ok := mapping[name.(string)]; !ok {
			t.Errorf("a frame may be named %s, but no type is", name)
		}
	}
}

func TestExamplesKeepTheContract(t *testing.T) {
	doc := mustRead(t)
	var examples int
	check := func(at, schema string, value any) {
		examples++
		compiled, err := doc.schema(schema)
		if err != nil {
			t.Fatal(err)
		}
		if err := compiled.Validate(value); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
	walk("", doc.raw, func(at string, node object) {
		if values, ok := node["examples"].([]any); ok { // of a schema
			for _, value := range values {
				check(at, at, value)
			}
		}
		if node["schema"] == nil {
			return
		}
		if value, ok := node["example"]; ok { // of a body or a parameter
			check(at, at+"/schema", value)
		}
		if named, ok := node["examples"].(object); ok {
			for name, example := range named {
				check(at+pointer("examples", name), at+"/schema", lookup(t, example, "value"))
			}
		}
	})
	if examples < 40 {
		t.Errorf("only %d examples", examples)
	}
}

func TestExamplesOfTheStreamKeepTheContract(t *testing.T) {
	c, doc := Load(t), mustRead(t)
	content := lookup(t, doc.raw, "paths", "/v1/classes/{class}/stream", "get", "responses", "200", "content", "text/event-stream", "examples")
	var frames int
	for name, example := range content.(object) {
		text := lookup(t, example, "serializedValue").(string)
		for block := range strings.SplitSeq(strings.TrimSuffix(text, "\n\n"), "\n\n") {
			frames++
			field := map[string]string{}
			for line := range strings.SplitSeq(block, "\n") {
				key, value, _ := strings.Cut(line, ": ")
				field[key] = value
			}
			if err := c.CheckFrame(field["event"], field["id"], []byte(field["data"])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if want := 8; frames != want {
		t.Errorf("%d frames, want %d", frames, want)
	}
}
