package outbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/metrics"
	"github.com/diskopukm/emileku/storage"
)

// faults stands between the sender and a database that may stop answering:
// operations are tried again until they get through, and an outage is logged
// when it begins and when it ends, however many rows meet it.
type faults struct {
	log     zerolog.Logger
	metrics *metrics.Metrics

	mu    sync.Mutex
	since time.Time // zero: the database answers
}

// patience is how often an operation is tried that fails although the database
// can be reached: what is wrong then is wrong with this row.
const patience = 4

// hiccup is how many tries in a row an operation must fail for before that is
// an outage, worth a line in the log: a short one is only counted.
const hiccup = 3

// retry runs op until it has an answer, which may be one of the port's errors
// that callers choose by. It gives up when ctx ends, or after a few tries where
// the fault is not ErrUnavailable.
func (f *faults) retry(ctx context.Context, what string, op func() error) error {
	var wait *backoff.ExponentialBackOff
	for tries := 1; ; tries++ {
		err := op()
		if answered(err) {
			f.up()
			return err
		}
		unavailable := errors.Is(err, storage.ErrUnavailable)
		if tries == 1 && ctx.Err() == nil {
			f.metrics.Error("storage")
		}
		if tries >= hiccup && ctx.Err() == nil && unavailable {
			f.down(what, err)
		}
		if ctx.Err() != nil || !unavailable && tries >= patience {
			return fmt.Errorf("outbox: %s: %w", what, err)
		}
		if wait == nil {
			wait = growing(50*time.Millisecond, 3*time.Second)
		}
		if !sleep(ctx, wait.NextBackOff()) {
			return fmt.Errorf("outbox: %s: %w", what, err)
		}
	}
}

func answered(err error) bool {
	return err == nil || errors.Is(err, storage.ErrNotFound) ||
		errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrLeaseLost)
}

func (f *faults) down(what string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.since.IsZero() {
		return
	}
	f.since = time.Now()
	f.metrics.Storage(false)
	f.log.Error().Str("during", what).Str("error", mask(err.Error())).
		Msg("the database does not answer; messages wait until it does")
}

func (f *faults) up() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.since.IsZero() {
		return
	}
	f.log.Info().Dur("after", time.Since(f.since)).Msg("the database answers again")
	f.metrics.Storage(true)
	f.since = time.Time{}
}

// growing are delays that double from first to cap, each varied by half.
func growing(first, most time.Duration) *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = first, most, 2
	return b
}

// sleep waits for d; false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
