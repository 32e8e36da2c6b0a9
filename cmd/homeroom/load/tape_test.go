package load

import "testing"

func TestTape(t *testing.T) {
	type account struct{ seq, post int64 }
	tests := []struct {
		name string
		told []account
		ok   bool // whether the last one agrees with those before
	}{
		{"the first account", []account{{11, 1}}, true},
		{"the same by others", []account{{11, 1}, {12, 2}, {11, 1}, {12, 2}}, true},
		{"posts overtake one another", []account{{12, 1}, {11, 2}}, true},
		{"another post at that place", []account{{11, 1}, {11, 2}}, false},
		{"a post that is there twice", []account{{11, 1}, {12, 2}, {13, 1}}, false},
		{"a place before the first post", []account{{10, 1}}, false},
		{"a number that can't be", []account{{11, 0}}, false},
		{"a place far ahead of all", []account{{11 + 2*maxStep, 1}}, false},
		{"a number far ahead of all", []account{{11, 2 * maxStep}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tape := tape{base: 10}
			for i, a := range tt.told {
				err := tape.note(a.seq, a.post)
				if ok := i < len(tt.told)-1 || tt.ok; (err == nil) != ok {
					t.Errorf("account %d: %v", i, err)
				}
			}
		})
	}
}
