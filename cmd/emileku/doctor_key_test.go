package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/storage/mongo"
	"github.com/diskopukm/emileku/storage/mongo/mongotest"
)

// inMongo is the address of a new database.
func inMongo(t *testing.T) string {
	t.Helper()
	base, query, _ := strings.Cut(mongotest.URI(t), "?")
	return strings.TrimSuffix(base, "/") + "/" + mongotest.Database(t) + "?" + query
}

// TestDoctorStoreKey: doctor tells whether WhatsApp's keys are encrypted, and
// what to do where the key is not the one.
func TestDoctorStoreKey(t *testing.T) {
	t.Parallel()
	const key = "kunci-rahasia-dinas-0123456789-abcdef"
	o := newOffice(t, officeOptions())
	s := o.settings()
	expect := func(what string, sick bool) {
		t.Helper()
		text, err := examined(t, s)
		if !strings.Contains(text, what) || errors.Is(err, errSick) != sick || strings.Contains(text, key) {
			t.Fatalf("%v, want %q:\n%s", err, what, text)
		}
	}
	expect("· store key      none: WhatsApp's keys are guarded by the mode of the database's file, 0600", false)
	s.StoreKey = key
	expect("· store key      not used", false)

	s.MongoURI, s.StoreKey = inMongo(t), ""
	expect("· store key      none: who reads the database can speak as the office", false)
	s.StoreKey = key
	expect("✓ store key      WhatsApp's keys are encrypted", false)
	charged, err := s.database.open(t.Context(), zerolog.Nop(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(charged.(*mongo.Store).Devices().TakeCharge(t.Context()), charged.Close()); err != nil {
		t.Fatal(err)
	}
	expect("✓ store key      WhatsApp's keys are encrypted", false)
	s.StoreKey = strings.Repeat("x", 40)
	expect("→ set STORE_KEY as it was", true)
	s.StoreKey = ""
	expect("→ set STORE_KEY as it was", true)
}
