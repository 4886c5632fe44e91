package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/storage"
)

// One process is in charge of a database: it polls, plans and sends. Others
// wait and take over when its lease ends.
const (
	leaseName  = "process"
	leaseLasts = 20 * time.Second
	leaseRenew = 5 * time.Second
)

// inCharge waits for the lease, then runs f under a context that ends when the
// lease is lost.
func inCharge(ctx context.Context, leases storage.Leases, log zerolog.Logger, f func(context.Context) error) error {
	host, _ := os.Hostname()
	holder := fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:6])
	for told := false; ; {
		now := time.Now()
		err := leases.Acquire(ctx, leaseName, holder, now, now.Add(leaseLasts))
		if err == nil {
			break
		}
		if !errors.Is(err, storage.ErrLeaseLost) && !errors.Is(err, storage.ErrUnavailable) {
			return fmt.Errorf("take the lease: %w", err)
		}
		if !told {
			log.Info().Msg("another instance is in charge; waiting to take over")
			told = true
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(leaseRenew):
		}
	}
	work, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		renew(work, leases, holder, log, stop)
	}()
	err := f(work)
	cause := context.Cause(work)
	stop(nil)
	<-ended
	release, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseRenew)
	defer cancel()
	if rerr := leases.Release(release, leaseName, holder); rerr != nil {
		log.Warn().Err(rerr).Msg("lease not released; it ends by itself")
	}
	if errors.Is(cause, storage.ErrLeaseLost) {
		return errors.Join(err, cause)
	}
	return err
}

// renew keeps the lease until ctx ends; it ends the work when the lease is
// lost, or could not be renewed for so long that another may have it.
func renew(ctx context.Context, leases storage.Leases, holder string, log zerolog.Logger, stop context.CancelCauseFunc) {
	good := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(leaseRenew):
		}
		now := time.Now()
		attempt, cancel := context.WithTimeout(ctx, leaseRenew)
		err := leases.Acquire(attempt, leaseName, holder, now, now.Add(leaseLasts))
		cancel()
		switch {
		case err == nil:
			good = now
		case ctx.Err() != nil:
			return
		case errors.Is(err, storage.ErrLeaseLost), time.Since(good) > leaseLasts-leaseRenew:
			log.Error().Err(err).Msg("the lease is lost; stopping, so that two do not work at once")
			stop(fmt.Errorf("renew the lease: %w", storage.ErrLeaseLost))
			return
		default:
			log.Warn().Err(err).Msg("lease not renewed; trying again")
		}
	}
}
