package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/metrics"
	"github.com/diskopukm/emileku/storage"
)

// A stop finishes what is in hand and begins nothing.
func TestStopFinishesWhatIsInHand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		n.delay = func() time.Duration { return 3 * time.Second }
		o := newOffice(t, n)
		o.opts.Limits = DefaultLimits()
		o.add(broadcast(n, 500)...)
		o.open()
		o.settle(500 * time.Millisecond)
		start := time.Now()
		o.stop()
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("the stop took %s", took)
		}
		got := o.store.states()
		if sent := len(n.shown()); got[storage.Sent] != sent || got[storage.Queued] != 500-sent || sent < 14 || sent > 18 {
			t.Errorf("%d arrived, rows: %v", sent, got)
		}
	})
}

// A send that hangs does not hang the stop: it is broken off, and its row is
// dealt with as uncertain.
func TestStopBreaksOffAHangingSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		n.delay = func() time.Duration { return time.Hour }
		o := newOffice(t, n)
		o.add(message(n.private(1), storage.LaneBroadcast, "b"), message(n.private(2), storage.LaneAnswer, "a"))
		o.open()
		o.settle(time.Second)
		start := time.Now()
		o.stop()
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("the stop took %s", took)
		}
		o.want("b", storage.Uncertain)
		o.want("a", storage.Queued)
	})
}

// Neither does one that does not even listen to its context, nor a database
// that is away.
func TestStopLeavesWhatCannotBeStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		deaf := make(chan struct{})
		o := newOffice(t, n)
		n.answer = func(channel.Chat, string, int) (*channel.SendError, bool) {
			<-deaf
			return nil, false
		}
		o.add(message(n.private(1), storage.LaneBroadcast, "b"))
		o.open()
		o.settle(time.Second)
		start := time.Now()
		o.stop()
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("the stop took %s", took)
		}
		o.want("b", storage.Claimed)
		close(deaf)

		n.answer = nil
		var heard notes
		heard.listen(&o.opts)
		o.opts.TakeOver = true
		o.open()
		o.settle(time.Second)
		o.want("b", storage.Uncertain)
		if !slices.Equal(heard.doubtful, []string{"b"}) {
			t.Errorf("reported: %q", heard.doubtful)
		}
	})
}

// Without TakeOver a dead process's rows are rescued when their leases end,
// and what the living one has in hand is left to it.
func TestRescueWhenTheLeaseEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := whatsapp()
		o := newOffice(t, n)
		o.add(message(n.private(1), storage.LaneReminder, "left"))
		if _, err := o.store.Outbox().Claim(t.Context(), "left", "dead/1", time.Now().Add(lease), "ours-0"); err != nil {
			t.Fatal(err)
		}
		o.open()
		o.settle(lease - time.Second)
		o.want("left", storage.Claimed)
		o.settle(rescueEvery + 3*time.Second)
		o.want("left", storage.Sent)
		if shown := n.shown(); len(shown) != 1 || shown[0].id != "ours-0" {
			t.Errorf("shown: %v", shown)
		}

		// A write that takes longer than the lease is nobody else's business.
		o.store.mu.Lock()
		o.store.fault = func(op string) error {
			if op == "finish" {
				return storage.ErrUnavailable
			}
			return nil
		}
		o.store.mu.Unlock()
		o.add(message(n.private(2), storage.LaneReminder, "slow to store"))
		o.settle(2 * lease)
		o.want("slow to store", storage.Claimed)
		o.store.mu.Lock()
		o.store.fault = nil
		o.store.mu.Unlock()
		o.settle(10 * time.Second)
		o.want("slow to store", storage.Sent)
		if tries := len(n.tried()); tries != 2 {
			t.Errorf("%d tries", tries)
		}
	})
}

// An outage of the database is logged once, and loses and doubles nothing.
func TestOutageOfTheDatabase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		n.delay = func() time.Duration { return 50 * time.Millisecond }
		o := newOffice(t, n)
		var log lockedBuffer
		o.opts.Log = zerolog.New(&log)
		reg := prometheus.NewPedanticRegistry()
		o.opts.Metrics = metrics.New(reg)
		o.opts.Limits = DefaultLimits()
		start := time.Now()
		calls := 0
		o.store.fault = func(op string) error {
			calls++
			since := time.Since(start)
			away := since > 3*time.Second && since < 90*time.Second
			if op == "claimed" { // some claims go through without our hearing of it
				away = !away && calls%29 == 0 && since < 80*time.Second
			}
			if away {
				return fmt.Errorf("%s: %w", op, storage.ErrUnavailable)
			}
			return nil
		}
		o.store.mu.Lock()
		for _, m := range broadcast(n, 300) { // past AddAll, which would fault too
			m.State = storage.Queued
			o.store.rows[m.ID] = &m
			o.store.enqueue(&m)
		}
		o.store.mu.Unlock()
		o.open()
		o.settle(60 * time.Second)
		if up := gauge(t, reg, "emileku_storage_up"); up != 0 {
			t.Errorf("storage_up %v in the outage", up)
		}
		o.settle(2 * time.Minute)
		if got := o.store.states(); got[storage.Sent] != 300 {
			t.Errorf("in the end: %v", got)
		}
		if got := len(n.shown()); got != 300 {
			t.Errorf("%d arrived", got)
		}
		if up := gauge(t, reg, "emileku_storage_up"); up != 1 {
			t.Errorf("storage_up %v after the outage", up)
		}
		during := 0
		for _, line := range strings.Split(log.String(), "\n") {
			if strings.Contains(line, "does not answer") {
				during++
			}
		}
		if during != 1 {
			t.Errorf("%d lines about outages:\n%s", during, log.String())
		}
	})
}

// A row that the database cannot read holds up nobody.
func TestAPoisonedRow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		o := newOffice(t, n)
		o.store.fault = func(op string) error {
			if op == "person" {
				return errors.New("cannot decode")
			}
			return nil
		}
		bad := message(n.private(1), storage.LaneReminder, "bad")
		bad.PersonID = "p"
		o.add(bad, message(n.private(2), storage.LaneReminder, "good"))
		o.open()
		o.settle(time.Minute)
		o.want("bad", storage.Queued)
		o.want("good", storage.Sent)
	})
}

func TestRunsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, telegram())
		o.open()
		o.settle(0)
		if err := o.sender.Run(context.Background()); err == nil {
			t.Error("it ran twice")
		}
		o.stop()
		o.sender.Wake() // harmless after the end, and before the start
		New(o.opts).Wake()
	})
}

func TestGauges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := telegram()
		n.answer = func(channel.Chat, string, int) (*channel.SendError, bool) { return temporary(), false }
		o := newOffice(t, n)
		reg := prometheus.NewPedanticRegistry()
		o.opts.Metrics = metrics.New(reg)
		o.add(broadcast(n, 3)...)
		o.open()
		o.settle(10*observeEvery + time.Second)
		if got := gauge(t, reg, "emileku_outbox_queued"); got < 2 || got > 3 {
			t.Errorf("queued: %v", got)
		}
		if got := gauge(t, reg, "emileku_outbox_oldest_due_seconds"); got < 149 || got > 151 {
			t.Errorf("oldest: %v s", got)
		}
		if n, err := testutil.GatherAndCount(reg, "emileku_send_retries_total"); err != nil || n != 1 {
			t.Errorf("retries: %d series, %v", n, err)
		}
	})
}

func gauge(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			sum := 0.0
			for _, m := range f.GetMetric() {
				sum += m.GetGauge().GetValue()
			}
			return sum
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
