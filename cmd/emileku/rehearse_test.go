package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake/exercise"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/scheduler/outbox"
)

// rehearse makes this process, run as the program, what an exercise asks for.
func rehearse() {
	if os.Getenv(exercise.NoLimits) != "" {
		rehearsal.before = func(b *bases) {
			b.limits = outbox.DefaultLimits()
			for _, name := range []channel.Name{channel.WhatsApp, channel.Email} {
				b.limits[name] = outbox.Limits{IsGroup: b.limits[name].IsGroup, InFlight: b.limits[name].InFlight}
			}
		}
	}
	if os.Getenv(exercise.ClockOnInput) != "" {
		rehearsal.after = func(p *program) { go obey(p) }
	}
}

// obey moves the event clock as the lines of the input say.
func obey(p *program) {
	w := &world{program: p, clock: p.clock.(*clock.Shifted), store: p.store}
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		to, err := time.Parse(time.RFC3339, strings.TrimSpace(in.Text()))
		if err == nil {
			err = w.goTo(context.Background(), to)
		}
		if err != nil {
			fmt.Println("the clock was not moved:", err)
			continue
		}
		fmt.Println(exercise.ClockMoved + in.Text())
	}
}

// goTo stops at every moment on the way at which something may fall due. What
// people are sent there goes out before the clock goes on.
func (w *world) goTo(ctx context.Context, to time.Time) error {
	// What was just decided begins now, and may have stops of its own.
	if err := errors.Join(w.program.planner.Tick(ctx), w.settle(ctx)); err != nil {
		return err
	}
	for {
		next, err := w.program.planner.NextStop(ctx, w.clock.Now(), to)
		if err != nil {
			return err
		}
		w.clock.Set(next)
		if err := errors.Join(w.program.planner.Tick(ctx), w.settle(ctx), w.program.planner.Tick(ctx), w.settle(ctx)); err != nil {
			return err
		}
		if !next.Before(to) {
			return nil
		}
	}
}
