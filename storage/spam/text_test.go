package spam

import "testing"

func TestNormal(t *testing.T) {
	for _, c := range []struct {
		text, want string
		weight     int
	}{
		{"hello", "hello", 5},
		{"HELLO!!!", "hello", 5},
		{"  h e l l o\n", "hello", 5},
		{"h\u200be\u00adl\ufe0flo\u2060", "hello", 5}, // what can't be seen
		{"ｈｅｌｌｏ", "hello", 5},                         // full width
		{"𝐡𝐞𝐥𝐥𝐨", "hello", 5},                         // mathematical
		{"ﬁne", "fine", 4},                            // a ligature
		{"cafe\u0301", "café", 4},                     // decomposed
		{"ÄÖÜ", "äöü", 3},
		{"¿Qué?", "qué", 3},
		{"答えは3です", "答えは3です", 6},
		{"answer: 12", "answer12", 8},
		{"answer: 13", "answer13", 8},
		{"+1", "1", 1},
		{"👍 yes", "yes", 3},
		{"👍👍 👍", "👍", 0},
		{"?!?!", "?!?!", 0},
		{"???", "?", 0},
		{"…", ".", 0},
		{"😂😂", "😂", 0},
		{"\u200b", "\u200b", 0},
		{"", "", 0},
	} {
		if got, weight := normal(c.text); got != c.want || weight != c.weight {
			t.Errorf("%q: %q of %d, want %q of %d", c.text, got, weight, c.want, c.weight)
		}
	}
}

func TestLinks(t *testing.T) {
	for text, want := range map[string]int{
		"no link at all. None: really":                           0,
		"https://example.org":                                    1,
		"HTTP://EXAMPLE.ORG/PAGE":                                1,
		"(see https://example.org/a, and www.example.org.)":      2,
		"https://a.org,https://b.org;https://c.org":              3,
		"https://a.orghttps://b.org":                             2,
		"https://www.example.org/a/b.html?c=d.org/e":             1,
		"https://web.archive.org/web/https://example.org":        2,
		"www.example.org":                                        1,
		"Www.Example.org":                                        1,
		"awww. how nice":                                         0,
		"www. is short for world wide web":                       0,
		"example.org":                                            0, // a name alone
		"example.org/":                                           0,
		"example.org/page":                                       1,
		"bit.ly/3abc":                                            1,
		"bücher.example/ä":                                       1,
		"he/she and/or 3/4 of 1.5/2":                             0,
		"e.g./i.e.":                                              0,
		"open main.go, then go.mod.":                             0,
		"[a](https://a.org) <https://b.org> \"https://c.org\"":   3,
		"ftp://example.org mailto:ben@example.org":               0,
		"https: //example.org":                                   0,
		"the ratio a:b is 1.5":                                   0,
		"https://a.org\nhttps://b.org\thttps://c.org\u2003x.y/z": 3,
		"www.a.org|www.b.org|www.c.org":                          3,
	} {
		if got := links(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("HELLO!!! https://example.org/ä 👍")
	g := New(Rules{})
	f.Fuzz(func(t *testing.T, text string) {
		same, weight := normal(text)
		if again, w := normal(" " + text + " !"); weight > 0 && (again != same || w != weight) {
			t.Errorf("%q is %q, and louder it is %q", text, same, again)
		}
		if read := g.Read(text); read != g.Read(text) {
			t.Errorf("%q is read in two ways", text)
		}
	})
}
