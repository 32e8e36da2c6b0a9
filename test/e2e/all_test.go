package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"homeroom/test/harness"
)

// carried is what a stream.ready says of the classes that the stream carries.
func carried(t *testing.T, ready harness.Frame) (classes []string, omitted bool) {
	t.Helper()
	var payload struct {
		Classes []string `json:"classes"`
		Omitted bool     `json:"omitted"`
	}
	if err := json.Unmarshal([]byte(ready.Data), &payload); err != nil {
		t.Fatal(err)
	}
	return payload.Classes, payload.Omitted
}

func TestAllClasses(t *testing.T) {
	harness.EachDatabase(t, func(t *testing.T, db string) {
		srv := harness.Start(t, harness.Options{Database: db})

		t.Run("one stream carries fifty classes, and nobody else's", func(t *testing.T) {
			const classes = 50
			teacher, member := srv.As(t, anna), srv.As(t, hugo)
			var mine []string
			for i := range classes {
				id := teacher.CreateClass(fmt.Sprintf("Class %d", i)).ID
				teacher.AddMember(id, hugo, "student")
				mine = append(mine, id)
			}
			other := teacher.CreateClass("Without him").ID
			stream := member.Stream(harness.AllClasses)
			listed, omitted := carried(t, stream.Ready())
			if !slices.Equal(listed, mine) || omitted {
				t.Errorf("carries %d classes, omitted %v", len(listed), omitted)
			}
			teacher.Post(other, "not for him")
			var want []string
			for _, id := range mine {
				want = append(want, teacher.Post(id, "for him").ID)
			}
			var got []string
			for len(got) < classes {
				got = append(got, stream.WaitFor("a message", harness.OfType("message.created")).Parsed.Message().ID)
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Error("got other messages than were posted in his classes")
			}

			stream.Cut()
			for _, id := range mine {
				teacher.Post(id, "while away")
			}
			again := member.Stream(harness.AllClasses, harness.From(stream.Cursor()))
			again.Ready()
			seen := map[string]int{}
			for range mine {
				e := again.Event().Parsed
				seen[e.Class]++
			}
			again.Quiet(1)
			if len(seen) != classes {
				t.Errorf("resumed in %d classes, want each of %d once", len(seen), classes)
			}
		})

		t.Run("classes come and go on the open stream", func(t *testing.T) {
			r := furnish(t, srv)
			member := srv.As(t, ines)
			stream := member.Stream(harness.AllClasses)
			stream.Ready()
			r.as(t, anna).AddMember(r.class, ines, "student")
			joined := stream.Event().Parsed
			if joined.Type != "member.joined" || joined.Class != r.class || joined.Member().User != ines.ID {
				t.Errorf("joining begins with %s of %s", joined.Type, joined.Class)
			}
			r.as(t, anna).Post(r.class, "welcome")
			stream.WaitFor("the first message", harness.Created("welcome"))
			r.as(t, anna).RemoveMember(r.class, ines)
			stream.WaitFor("the leaving", harness.OfType("member.left"))
			r.as(t, anna).Post(r.class, "not for her any more")

			second := r.as(t, anna).CreateClass("Another").ID
			r.as(t, anna).AddMember(second, ines, "student")
			r.as(t, anna).Post(second, "here")
			stream.WaitFor("a message of another class", harness.Created("here"))
			r.as(t, anna).Do("DELETE", harness.ClassPath(second), nil)
			stream.WaitFor("the end of it", harness.OfType("class.deleted"))
			for _, f := range stream.Frames() {
				if harness.Created("not for her any more")(f) {
					t.Error("a removed member got a message")
				}
			}
			if !stream.Open() {
				t.Error("the stream ended")
			}
		})

		t.Run("the list of classes names the cursor that it is current to", func(t *testing.T) {
			r := furnish(t, srv)
			teacher, member := r.as(t, anna), r.as(t, clio)
			cursor := member.Get("/v1/classes").Want(http.StatusOK).Header.Get("Homeroom-Cursor")
			posted := teacher.Post(r.class, "after the list")
			other := teacher.CreateClass("Joined after the list").ID
			teacher.AddMember(other, clio, "student")
			stream := member.Stream(harness.AllClasses, harness.From(cursor))
			stream.Ready()
			first := map[string]harness.Event{} // of each class; between classes there is no order
			for range 2 {
				e := stream.Event().Parsed
				first[e.Class] = e
			}
			if e := first[r.class]; e.Message().ID != posted.ID {
				t.Errorf("goes on with %s %d", e.Type, e.Seq)
			}
			if e := first[other]; e.Type != "member.joined" || e.Member().User != clio.ID {
				t.Errorf("the class joined since begins with %s", e.Type)
			}
			stream.Quiet(1)
		})

		t.Run("the creator's own stream takes the new class in", func(t *testing.T) {
			teacher := srv.As(t, gwen)
			stream := teacher.Stream(harness.AllClasses)
			stream.Ready()
			class := teacher.CreateClass("Brand new").ID
			teacher.Post(class, "first words")
			stream.WaitFor("them", harness.Created("first words"))
		})

		t.Run("its cursor is not a class's, and the reverse", func(t *testing.T) {
			r := furnish(t, srv)
			member := r.as(t, ben)
			one, all := member.Stream(r.class), member.Stream(harness.AllClasses)
			one.Ready()
			all.Ready()
			for path, cursor := range map[string]string{"/v1/stream": one.Cursor(), r.path("stream"): all.Cursor()} {
				member.Get(path, "Last-Event-ID", cursor).WantProblem(400, "invalid_cursor")
			}
		})

		t.Run("types and limit make a stream that ends by itself", func(t *testing.T) {
			r := furnish(t, srv)
			teacher := r.as(t, anna)
			for _, class := range []string{r.class, harness.AllClasses} {
				stream := r.as(t, dora).Stream(class, harness.Position{Query: url.Values{"types": {"message.created,message.deleted"}, "limit": {"2"}}})
				stream.Ready()
				m := teacher.Post(r.class, "one")
				teacher.Edit(r.class, m.ID, "one, edited")
				teacher.Delete(r.class, m.ID)
				teacher.Post(r.class, "one too many")
				stream.WaitClosing("limit_reached")
				var types []string
				for _, e := range stream.Events() {
					types = append(types, e.Type)
				}
				if !slices.Equal(types, []string{"message.created", "message.deleted"}) {
					t.Errorf("got %v", types)
				}
			}
			for _, query := range []string{"types=", "types=message.created,nonsense", "types=heartbeat", "limit=0", "limit=1001", "limit=x"} {
				r.as(t, dora).Get(r.path("stream")+"?"+query).WantProblem(400, "invalid_query")
				r.as(t, dora).Get("/v1/stream?"+query).WantProblem(400, "invalid_query")
			}
		})
	})
}
