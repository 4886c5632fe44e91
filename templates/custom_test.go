package templates

import (
	"errors"
	"slices"
	"testing"
)

func TestCustom(t *testing.T) {
	t.Parallel()
	r, err := New()
	if err != nil {
		t.Fatal(err)
	}
	data := Data{"sapaan": "Ibu *Siti*", "peta": "", "acara": "E-MILE KU", "tautan": Markup("*buka*")}
	got, err := r.Custom("Yth. {sapaan},\r\n\nPeta: {peta}\n{acara} {peta}\nBiasa {}\n{tautan}\n", data)
	if err != nil {
		t.Fatal(err)
	}
	if want := "Yth. Ibu \\*Siti\\*,\n\nE-MILE KU\nBiasa {}\n*buka*"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := r.Custom("{nama}", data); err == nil {
		t.Error("a placeholder without a value went through")
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	r, err := New()
	if err != nil {
		t.Fatal(err)
	}
	known, required := []string{"peta"}, []string{"sapaan", "hari"}
	if err := r.Check("{sapaan} {hari} {peta}", known, required); err != nil {
		t.Error(err)
	}
	var fault *PlaceholderError
	if err := r.Check("{hari} {salam} {nma} {salam}", known, required); !errors.As(err, &fault) {
		t.Fatalf("got %v", err)
	}
	if !slices.Equal(fault.Missing, []string{"sapaan"}) || !slices.Equal(fault.Unknown, []string{"salam", "nma"}) {
		t.Errorf("got %+v", fault)
	}
}
