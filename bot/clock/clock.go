// Package clock gives the event clock: the time by which invitations,
// reminders and deadlines fall due. In production it is the real time; the
// practice page and tests move it. Leases, rate limits and backoff never use
// it: they go by the process clock (package time).
package clock

import (
	"sync"
	"time"
)

// Clock tells the event time, always in UTC and in whole milliseconds (what
// every storage engine can keep).
type Clock interface {
	Now() time.Time
}

// Real is the process clock.
type Real struct{}

// Now implements Clock.
func (Real) Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Shifted runs on like the real clock but can be moved: CLOCK_START, the
// practice page's clock control.
type Shifted struct {
	mu    sync.Mutex
	shift time.Duration
}

// NewShifted starts a clock at start.
func NewShifted(start time.Time) *Shifted {
	c := &Shifted{}
	c.Set(start)
	return c
}

// Now implements Clock.
func (c *Shifted) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.shift).UTC().Truncate(time.Millisecond)
}

// Set moves the clock to t.
func (c *Shifted) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift = time.Until(t)
}

// Fake stands still until it is moved: for tests.
type Fake struct {
	mu  sync.Mutex
	now time.Time
}

// NewFake starts a standing clock at t.
func NewFake(t time.Time) *Fake { return &Fake{now: t} }

// Now implements Clock.
func (c *Fake) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now.UTC().Truncate(time.Millisecond)
}

// Set moves the clock to t.
func (c *Fake) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// Advance moves the clock by d.
func (c *Fake) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
