package r3labs_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestWire shows what r3labs' server writes. Each story has its counterpart,
// as it should be, in test/e2e.
func TestWire(t *testing.T) {
	t.Run("an event without an id has an empty one, which resets the client's", func(t *testing.T) {
		server, url := newServer(t, false)
		r := open(t, url)
		publish(server, "hello")
		if got, want := r.block(), []string{"id: ", "data: hello"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})

	t.Run("a Last-Event-ID that is no integer is refused for good", func(t *testing.T) {
		_, url := newServer(t, true)
		for _, cursor := range []string{"k3f9.1043.17.4.c1x2y3z", "9223372036854775808"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Last-Event-ID", cursor)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusBadRequest { // after which an EventSource doesn't come back
				t.Errorf("%s: status %d", cursor, resp.StatusCode)
			}
		}
	})

	t.Run("its log overwrites ids, and repeats the last event to who comes back", func(t *testing.T) {
		server, url := newServer(t, true)
		first := open(t, url)
		for i := range 3 {
			publish(server, fmt.Sprintf("event %d", i))
		}
		last := ""
		for i := range 3 {
			block := first.block()
			if want := []string{fmt.Sprintf("id: %d", i), fmt.Sprintf("data: event %d", i)}; !slices.Equal(block, want) {
				t.Fatalf("got %q, want %q", block, want)
			}
			last, _ = strings.CutPrefix(block[0], "id: ")
		}
		again := open(t, url, "Last-Event-ID", last)
		again.wantData("event 2") // seen before
	})

	t.Run("its log is kept whole, and sent whole to every newcomer", func(t *testing.T) {
		const many = 5_000
		server, url := newServer(t, true)
		first := open(t, url)
		for i := range many {
			publish(server, fmt.Sprint(i))
			first.wantData(fmt.Sprint(i))
		}
		newcomer := open(t, url)
		for i := range many {
			newcomer.wantData(fmt.Sprint(i))
		}
	})
}
