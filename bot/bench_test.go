package bot_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot"
	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/transcript"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/templates"
)

// visitor is what somebody writes to register: the shortest form.
var visitor = []string{"daftar masyarakat", "setuju", "Siti Aminah", "Cibinong", "2", "lewati", "ya"}

// startBot runs the core over an embedded database of its own, without a
// sender: what is measured ends in the outbox.
func startBot(b *testing.B, relaxed bool) *bot.Bot {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(b.TempDir(), "emileku.db"), Relaxed: relaxed})
	if err != nil {
		b.Fatal(err)
	}
	if err := store.Migrate(ctx); err != nil {
		b.Fatal(err)
	}
	a := app.New(store, clock.NewFake(transcript.Start))
	by := app.Actor{Person: &event.Person{ID: "bench"}, Inbound: "bench"}
	if _, err := a.CreateEvent(ctx, by, app.NewEvent{Title: "E-MILE KU", Start: transcript.Start.AddDate(0, 0, 45), Place: "Cibinong"}); err != nil {
		b.Fatal(err)
	}
	texts, err := templates.New()
	if err != nil {
		b.Fatal(err)
	}
	core := bot.New(bot.Options{
		Store: store, App: a, Texts: texts, Log: zerolog.Nop(),
		Channels: []channel.Channel{channeltest.NewFake(channeltest.FakeOptions{Capabilities: transcript.Telegram()})},
	})
	ended := make(chan error, 1)
	go func() { ended <- core.Run(ctx) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
		if err := store.Close(); err != nil {
			b.Error(err)
		}
	})
	return core
}

// say hands in the n-th thing that a person writes; every seven of them
// register somebody new.
func say(ctx context.Context, core *bot.Bot, n int64) error {
	who, step := n/int64(len(visitor)), n%int64(len(visitor))
	id := fmt.Sprint(who)
	return core.Accept(ctx, channel.Inbound{
		ID: fmt.Sprintf("bench:%d:%d", who, step), Chat: channel.Chat{Channel: channel.Telegram, ID: id}, Kind: channel.Text,
		Text: visitor[step], Sender: channel.Sender{ID: id, Name: "Siti"}, SentAt: transcript.Start, MessageID: fmt.Sprint(step),
	})
}

// BenchmarkRegistrationStep is one message of somebody who registers, from
// Accept until its answer is in the outbox, one after the other. The seventh
// includes the ticket's picture.
func BenchmarkRegistrationStep(b *testing.B) {
	for name, relaxed := range map[string]bool{"synced": false, "relaxed": true} {
		b.Run(name, func(b *testing.B) {
			core := startBot(b, relaxed)
			ctx := b.Context()
			n := int64(0)
			for b.Loop() {
				if err := say(ctx, core, n); err != nil {
					b.Fatal(err)
				}
				if err := core.Idle(ctx); err != nil {
					b.Fatal(err)
				}
				n++
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "steps/s")
		})
	}
}

// BenchmarkRegistrationsAtOnce is the same with many people writing at once;
// one operation is a whole registration of seven messages.
func BenchmarkRegistrationsAtOnce(b *testing.B) {
	core := startBot(b, false)
	ctx := b.Context()
	var people atomic.Int64
	b.SetParallelism(25)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			who := people.Add(1) - 1
			for step := range int64(len(visitor)) {
				if err := say(ctx, core, who*int64(len(visitor))+step); err != nil {
					b.Error(err)
					return
				}
			}
		}
	})
	if err := core.Idle(ctx); err != nil {
		b.Fatal(err)
	}
	steps := people.Load() * int64(len(visitor))
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
}
