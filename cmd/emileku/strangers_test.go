package main

import (
	"path/filepath"
	"testing"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake/exercise"
)

// TestStrangersOnWhatsApp: invitations to guests who have never written, through
// the real client and the whole program, until WhatsApp answers 463. Everybody
// is reached in one way, and nobody is tried again. The drill beside the local
// server plays it with 1,000 and prints what the team sees.
func TestStrangersOnWhatsApp(t *testing.T) {
	t.Parallel()
	o, ctx := rehearsed(t)
	chart := filepath.Join(o.Dir, "whatsapp.png")
	res, err := exercise.Strangers{Options: o, Guests: 200, After: 12, Picture: chart}.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", res)
}
