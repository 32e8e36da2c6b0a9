package handlers

import (
	"fmt"
	"slices"
	"testing"

	"homeroom/storage"
)

func TestExpected(t *testing.T) {
	never := []int64{neverVersion}
	for _, tt := range []struct {
		header []string
		want   []int64
	}{
		{nil, []int64{storage.AnyVersion}},
		{[]string{"*"}, []int64{storage.AnyVersion}},
		{[]string{`"3"`}, []int64{3}},
		{[]string{` "3" `}, []int64{3}},
		{[]string{`"7", "3","7"`}, []int64{3, 7}},
		{[]string{`"7"`, `"3"`}, []int64{3, 7}},
		{[]string{`W/"3"`}, never},
		{[]string{`W/"3", "4"`}, []int64{4}},
		{[]string{`"0"`}, never},
		{[]string{`"-1"`}, never},
		{[]string{`"03"`}, never},
		{[]string{`"+3"`}, never},
		{[]string{`3`}, never},
		{[]string{`""3""`}, never},
		{[]string{`"abc"`}, never},
		{[]string{`"*"`}, never},
		{[]string{`"99999999999999999999"`}, never},
		{[]string{`"3`, `"`}, never},
		{[]string{","}, never},
	} {
		if got := expected(tt.header); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %v, want %v", tt.header, got, tt.want)
		}
	}
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf(`"%d"`, i+1))
	}
	if got := expected(many); len(got) != maxTags || got[maxTags-1] != 100 {
		t.Errorf("of many: %v", got)
	}
}
