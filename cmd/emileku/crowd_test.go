package main

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake/exercise"
)

// exercises is how long an exercise may take on a loaded machine.
const exercises = 3 * time.Minute

func rehearsed(t *testing.T) (exercise.Options, context.Context) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), exercises)
	t.Cleanup(cancel)
	return exercise.Options{Program: self, Dir: t.TempDir(), Out: t.Output()}, ctx
}

// TestCrowdOnWhatsApp: several people register at once, while connections break
// off at random and the program is killed several times. Everyone gets every
// question and a ticket, nothing is shown twice, and no message stays sealed.
// The drill beside the local server plays it with as many as one likes.
func TestCrowdOnWhatsApp(t *testing.T) {
	t.Parallel()
	o, ctx := rehearsed(t)
	res, err := exercise.Crowd{Options: o, People: 6, Kills: 4, Flaky: 0.02, Seed: 815}.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", res)
	if res.Stop > stopWithin {
		t.Errorf("took %v to end", res.Stop)
	}
}
