package load

import (
	"slices"
	"testing"
)

func TestVerifier(t *testing.T) {
	tests := []struct {
		name          string
		seqs          []int64 // after 10, up to 15
		verdicts      []verdict
		lost, first   int64
		late, doubled int64
	}{
		{"all of them", []int64{11, 12, 13, 14, 15}, []verdict{inOrder, inOrder, inOrder, inOrder, inOrder}, 0, 0, 0, 0},
		{"a hole", []int64{11, 14, 15}, []verdict{inOrder, afterHole, inOrder}, 2, 12, 0, 0},
		{"a hole at the beginning", []int64{12, 13, 14, 15}, []verdict{afterHole, inOrder, inOrder, inOrder}, 1, 11, 0, 0},
		{"the end is missing", []int64{11, 12, 13}, []verdict{inOrder, inOrder, inOrder}, 2, 14, 0, 0},
		{"nothing came", nil, nil, 5, 11, 0, 0},
		{"a double", []int64{11, 12, 12, 13, 14, 15}, []verdict{inOrder, inOrder, doubled, inOrder, inOrder, inOrder}, 0, 0, 0, 1},
		{"an old one again", []int64{11, 12, 13, 11, 14, 15}, []verdict{inOrder, inOrder, inOrder, doubled, inOrder, inOrder}, 0, 0, 0, 1},
		{"one of before the beginning", []int64{9, 11, 12, 13, 14, 15}, []verdict{doubled, inOrder, inOrder, inOrder, inOrder, inOrder}, 0, 0, 0, 1},
		{"a swap", []int64{11, 13, 12, 14, 15}, []verdict{inOrder, afterHole, late, inOrder, inOrder}, 0, 0, 1, 0},
		{"all backwards", []int64{15, 14, 13, 12, 11}, []verdict{afterHole, late, late, late, late}, 0, 0, 4, 0},
		{"late and then again", []int64{11, 13, 12, 12, 14, 15}, []verdict{inOrder, afterHole, late, doubled, inOrder, inOrder}, 0, 0, 1, 1},
		{"the middle of a hole", []int64{15, 13}, []verdict{afterHole, late}, 3, 11, 1, 0},
		{"more than is due", []int64{11, 12, 13, 14, 15, 16}, []verdict{inOrder, inOrder, inOrder, inOrder, inOrder, inOrder}, 0, 0, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := verifier{next: 11}
			var verdicts []verdict
			for _, seq := range tt.seqs {
				verdicts = append(verdicts, v.take(seq))
			}
			if !slices.Equal(verdicts, tt.verdicts) {
				t.Errorf("verdicts %v, want %v", verdicts, tt.verdicts)
			}
			if lost, first := v.missing(15); lost != tt.lost || first != tt.first {
				t.Errorf("%d missing from %d, want %d from %d", lost, first, tt.lost, tt.first)
			}
			if v.late != tt.late || v.doubled != tt.doubled {
				t.Errorf("%d late and %d doubled, want %d and %d", v.late, v.doubled, tt.late, tt.doubled)
			}
		})
	}
}

func TestVerifierForgetsNoLoss(t *testing.T) {
	v := verifier{next: 1}
	const holes = maxHoles + 100
	for i := range int64(holes) {
		v.take(2 * (i + 1)) // every odd one is missing
	}
	if lost, _ := v.missing(2 * holes); lost != holes || len(v.holes) != maxHoles {
		t.Errorf("%d lost, of which %d are remembered; want %d and %d", lost, len(v.holes), holes, maxHoles)
	}
}
