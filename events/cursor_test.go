package events

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestParseCursor(t *testing.T) {
	good := Cursor{Epoch: "k3f9", Class: 1042, User: 17, System: 4, Tag: "c1x"}
	if got, err := ParseCursor("k3f9.1042.17.4.c1x"); err != nil || !reflect.DeepEqual(got, good) {
		t.Errorf("got %+v, %v; want %+v", got, err, good)
	}
	for name, text := range map[string]string{
		"empty":             "",
		"too few fields":    "k3f9.1.2.3",
		"too many fields":   "k3f9.1.2.3.c.4",
		"empty epoch":       ".1.2.3.c",
		"empty tag":         "k.1.2.3.",
		"negative":          "k.-1.2.3.c",
		"sign":              "k.+1.2.3.c",
		"leading zero":      "k.01.2.3.c",
		"no number":         "k.x.2.3.c",
		"past 2^53":         "k.9007199254740992.2.3.c",
		"past 2^64":         "k.99999999999999999999.2.3.c",
		"space":             "k. 1.2.3.c",
		"newline":           "k.1.2.3.c\n",
		"colon":             "k:.1.2.3.c",
		"not ASCII":         "ké.1.2.3.c",
		"NUL":               "k\x00.1.2.3.c",
		"longer than taken": strings.Repeat("k", maxCursor) + ".1.2.3.c",
	} {
		if got, err := ParseCursor(text); !errors.Is(err, ErrCursor) {
			t.Errorf("%s: got %+v, %v; want ErrCursor", name, got, err)
		}
	}
}

func TestCursorOfAnyClassFitsAnSSEId(t *testing.T) {
	c := Cursor{Epoch: strings.Repeat("z", 8), Class: maxSeq, User: maxSeq, System: maxSeq, Tag: ClassTag("0198c0de-0000-7000-8000-000000000000")}
	if n := len(c.String()); n >= 128 {
		t.Errorf("longest cursor has %d bytes; want under 128, so that no preflight is needed", n)
	}
}

func TestCursorOfAllClasses(t *testing.T) {
	list := []ClassPos{{KeyOf("math"), 7}, {KeyOf("art"), maxSeq}, {KeyOf("music"), 0}}
	c := NewAllCursor("k3f9", 17, 4, list)
	got, err := ParseCursor(c.String())
	if err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("%s reads as %+v, %v; want %+v", c, got, err, c)
	}
	for name, text := range map[string]string{
		"cut short":       "k.AAAAAAE.1.2.a",
		"not base64":      "k.AA=A.1.2.a",
		"same class":      "k.AAAAAAEBAAAAAAEC.1.2.a",
		"descending":      "k.AAAAAAICAAAAAAEB.1.2.a",
		"overlong varint": "k.AAAAAAGBAA.1.2.a",
	} {
		if got, err := ParseCursor(text); !errors.Is(err, ErrCursor) {
			t.Errorf("%s: got %+v, %v; want ErrCursor", name, got, err)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	for _, text := range []string{"k3f9.1042.17.4.c1x", "", "....", "k.1.2.3.c\nid: evil", "k.9007199254740991.0.0.c", "k..0.0.a", "k.AAAAAAEBAAAAAAIC.1.2.a"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCursor(text)
		if err != nil {
			if !errors.Is(err, ErrCursor) {
				t.Fatalf("error %v is no ErrCursor", err)
			}
			return
		}
		if printed := c.String(); printed != text {
			t.Errorf("%q prints as %q", text, printed)
		}
		if strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
			t.Errorf("%q has characters beyond the alphabet", text)
		}
	})
}

func BenchmarkCursor(b *testing.B) {
	classes := make([]ClassPos, MaxClasses)
	for i := range classes {
		classes[i] = ClassPos{KeyOf(fmt.Sprint("class ", i)), int64(1000 + i)}
	}
	for _, of := range []struct {
		name   string
		cursor Cursor
	}{
		{"class", Cursor{Epoch: "k3f9", Class: 1042, User: 17, System: 4, Tag: ClassTag("class")}},
		{"all", NewAllCursor("k3f9", 17, 4, classes)},
	} {
		b.Run(of.name+"/encode", func(b *testing.B) {
			var buf []byte
			b.ReportAllocs()
			for b.Loop() {
				buf = of.cursor.append(buf[:0])
			}
		})
		b.Run(of.name+"/parse", func(b *testing.B) {
			text := of.cursor.String()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseCursor(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
