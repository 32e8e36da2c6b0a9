package main

import (
	"math"
	"testing"

	"homeroom/events"
)

func TestRoom(t *testing.T) {
	for name, c := range map[string]struct {
		files uint64
		most  int // streams, as configured
		want  room
	}{
		"usual":                     {20_000, 0, room{19_900, 17_910}},
		"the least that is usual":   {1024, 0, room{924, 828}},
		"hardly any":                {60, 0, room{30, 27}},
		"without bound":             {math.MaxUint64, 0, room{math.MaxInt32, math.MaxInt32 / 10 * 9}},
		"as configured":             {20_000, 500, room{19_900, 500}},
		"more than there is for it": {1024, 50_000, room{924, 828}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (&connectionFlags{MaxStreams: c.most}).room(c.files); got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestCap(t *testing.T) {
	flags := connectionFlags{MaxUserStreams: 1, MaxAddressStreams: 2, MaxClassStreams: 3, MaxAddressConnections: 4}
	r := room{connections: 10, streams: 9}
	for unlimited, want := range map[bool][5]int{false: {9, 1, 2, 3, 4}, true: {9, 0, 0, 0, 0}} {
		var cfg events.Config
		flags.cap(&cfg, r, unlimited)
		gate := flags.gate(r, unlimited, nil, nil)
		if got := [5]int{cfg.MaxStreams, cfg.MaxUserStreams, cfg.MaxAddressStreams, cfg.MaxClassStreams, gate.MaxAddress}; got != want {
			t.Errorf("unlimited %v: %v, want %v", unlimited, got, want)
		}
		if gate.Max != r.connections {
			t.Errorf("unlimited %v: %d connections in all", unlimited, gate.Max)
		}
	}
}
