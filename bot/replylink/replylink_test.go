package replylink

import (
	"errors"
	"strings"
	"testing"
)

var key = []byte("sixteen bytes or more")

func signer(t testing.TB, base string, key []byte) *Signer {
	t.Helper()
	s, err := New(base, key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLinks(t *testing.T) {
	t.Parallel()
	s := signer(t, "https://undangan.contoh.go.id/emileku/", key)
	link := s.Reply("EMK-2027", "kodetamu")
	token, ok := strings.CutPrefix(link, "https://undangan.contoh.go.id/emileku/u/")
	if !ok || s.Stop("EMK-2027", "kodetamu") != "https://undangan.contoh.go.id/emileku/b/"+token {
		t.Errorf("links are %s and %s", link, s.Stop("EMK-2027", "kodetamu"))
	}
	if e, code, err := s.Open(token); err != nil || e != "EMK-2027" || code != "kodetamu" {
		t.Errorf("Open: %s, %s, %v", e, code, err)
	}
	// Whoever changes anything has no link any more: neither for another person,
	// nor for another event, nor under another key.
	other := signer(t, "https://undangan.contoh.go.id", []byte("another key of the office"))
	for _, bad := range []string{
		"", ".", "..", "...", token + ".", token + "a", token[:len(token)-1], "x" + token, strings.ToUpper(token),
		strings.Replace(token, "2027", "2028", 1), strings.Replace(token, "kodetamu", "kodetamv", 1),
		strings.Replace(token, ".", "", 1), other.Token("EMK-2027", "kodetamu"), strings.Repeat("a", 1<<16), "EMK-2027.kodetamu.", "EMK-2027.kodetamu",
	} {
		if e, code, err := s.Open(bad); !errors.Is(err, ErrBad) || e != "" || code != "" {
			t.Errorf("Open(%.60q): %q, %q, %v", bad, e, code, err)
		}
	}
	// A part that moves from one field into the other makes another signature.
	if s.Token("EMK", "2027x")[len("EMK.2027x."):] == s.Token("EMK2", "027x")[len("EMK2.027x."):] {
		t.Error("two links share a signature")
	}
}

func TestNone(t *testing.T) {
	t.Parallel()
	var s *Signer
	if s.Reply("EMK-2027", "x") != "" || s.Stop("EMK-2027", "x") != "" || s.Base() != "" {
		t.Error("a nil Signer makes links")
	}
	if _, _, err := s.Open("a.b.c"); !errors.Is(err, ErrBad) {
		t.Errorf("Open: %v", err)
	}
}

func TestWrongSettings(t *testing.T) {
	t.Parallel()
	if _, err := New("https://contoh.go.id", []byte("short")); err == nil {
		t.Error("a short key is taken")
	}
	for _, base := range []string{"", "contoh.go.id", "ftp://contoh.go.id", "https://", "https://a:b@contoh.go.id", "https://contoh.go.id/?a=b", "https://contoh.go.id/#a"} {
		if _, err := New(base, key); err == nil {
			t.Errorf("%q is taken", base)
		}
	}
}

// FuzzOpen: nothing but what the signer made opens, whatever is tried.
func FuzzOpen(f *testing.F) {
	s := signer(f, "https://contoh.go.id", key)
	for _, token := range []string{s.Token("EMK-2027", "kode"), s.Token("EMK-2027B", "a2b3"), "a.b.c", "..", strings.Repeat(".", 300), "EMK-2027.kode.aaaaaaaaaaaaaaaaaaaaaaaaaa"} {
		f.Add(token)
	}
	f.Fuzz(func(t *testing.T, token string) {
		e, code, err := s.Open(token)
		if err == nil && s.Token(e, code) != token {
			t.Errorf("%q opens %q, %q, which is another link", token, e, code)
		}
		if err != nil && (!errors.Is(err, ErrBad) || e != "" || code != "") {
			t.Errorf("%q: %q, %q, %v", token, e, code, err)
		}
	})
}
