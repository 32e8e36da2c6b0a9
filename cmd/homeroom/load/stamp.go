package load

import (
	"bytes"
	"strconv"
)

// stampMark begins the text of every post.
const stampMark = "load "

// stamp is what a post carries in its text: "load NUMBER TIME " and filling.
type stamp struct {
	post int64 // number in its class, from 1
	made int64 // nanoseconds of the trial
}

// filling makes texts as long as they are to be. It is prose, so that a compressing proxy has no easy time of it.
const filling = "Today we look at how a leaf makes sugar out of light, water and air, and why it is green at all. "

// appendText adds a post's text of size bytes; a stamp is never cut.
func appendText(b []byte, s stamp, size int) []byte {
	start := len(b)
	b = append(b, stampMark...)
	b = strconv.AppendInt(b, s.post, 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, s.made, 10)
	b = append(b, ' ')
	for len(b)-start < size {
		b = append(b, filling[:min(len(filling), size-(len(b)-start))]...)
	}
	return append(b[:len(b)-1], '.')
}

// parseStamp reads the beginning of a post's text.
func parseStamp(text []byte) (s stamp, ok bool) {
	rest, ok := bytes.CutPrefix(text, []byte(stampMark))
	if !ok {
		return stamp{}, false
	}
	for _, number := range [...]*int64{&s.post, &s.made} {
		end := bytes.IndexAny(rest, " .")
		if end < 0 {
			return stamp{}, false
		}
		var err error
		if *number, err = strconv.ParseInt(string(rest[:end]), 10, 64); err != nil || *number < 0 {
			return stamp{}, false
		}
		rest = rest[end+1:]
	}
	return s, true
}
