package library

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestWhole(t *testing.T) {
	broken := errors.New("broken off")
	const one, two = "id: 1\ndata: {}\n\n", "id: 2\ndata: {\"a\":1}\n\n"
	for _, tt := range []struct{ sent, want string }{
		{"", ""},
		{"id: 1\nda", ""},
		{one, one},
		{one + two, one + two},
		{one + two[:len(two)-1], one},
		{one + "id: 2\ndata: {\"a", one},
		{one + "id: 2\n", one},
		{strings.Repeat("x", 65), strings.Repeat("x", 65)}, // more than most: not ours to judge
	} {
		for name, read := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "the end with the data": iotest.DataErrReader,
		} {
			body := read(io.MultiReader(strings.NewReader(tt.sent), iotest.ErrReader(broken)))
			got, err := io.ReadAll(Whole(io.NopCloser(body), 64))
			if string(got) != tt.want || !errors.Is(err, broken) {
				t.Errorf("%s, %q: got %q, %v; want %q", name, tt.sent, got, err, tt.want)
			}
		}
	}
}
