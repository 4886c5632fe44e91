package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/diskopukm/emileku/bot/channel"
)

// outdatedRetry is how often an outdated program asks whether it may come back.
const outdatedRetry = 6 * time.Hour

// banUnknown is how long a ban is taken to last whose end was not told.
const banUnknown = 24 * time.Hour

// stableAfter: a line that held so long starts again with the shortest pause.
const stableAfter = time.Minute

// Run implements channel.Channel. Without a linked account it waits for one.
// Where a person has to act (logged out, replaced, outdated), it waits, too: it
// never ends by itself.
//
// Messages are handed over one at a time in WhatsApp's order; while the sink
// takes none, those behind it wait at WhatsApp.
func (c *Channel) Run(ctx context.Context, sink channel.Sink) error {
	if c.running.Swap(true) {
		return errors.New("whatsapp: already running")
	}
	c.over.Store(false)
	defer c.running.Store(false)
	defer func() { _ = c.chores.Wait() }() // its tasks report nothing
	pause := c.pauses()
	defer context.AfterFunc(ctx, func() { c.over.Store(true) })()
	for ctx.Err() == nil {
		wake := c.waker()
		device, err := c.opts.Devices.GetFirstDevice(ctx)
		if err != nil {
			if ctx.Err() != nil {
				break
			}
			wait := pause.NextBackOff()
			c.log.Error().Err(err).Dur("pause", wait).Msg("whatsapp: the device cannot be read, trying again")
			sleep(ctx, wait)
			continue
		}
		pause.Reset()
		if device.ID == nil {
			if s := c.Connection().State; s != channel.LoggedOut && s != channel.Pairing {
				c.become(ctx, channel.Unlinked, time.Time{}, "")
			}
			select {
			case <-ctx.Done():
			case <-wake:
			}
			continue
		}
		c.serve(ctx, device, sink)
	}
	return nil
}

// waker gives a channel that is closed when the device may have changed.
func (c *Channel) waker() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.again
}

// wake makes Run look at the device again.
func (c *Channel) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.again)
	c.again = make(chan struct{})
	if c.cut != nil {
		c.cut()
	}
}

func (c *Channel) pauses() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = c.opts.RetryMin, c.opts.RetryMax
	b.Reset()
	return b
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// newClient makes a client that leaves reconnecting to us.
func (c *Channel) newClient(device *store.Device) *whatsmeow.Client {
	cli := whatsmeow.NewClient(device, logger{c.log})
	cli.EnableAutoReconnect = false
	cli.DisableLoginAutoReconnect = true
	cli.SynchronousAck = true
	cli.EnableDecryptedEventBuffer = true
	cli.UseRetryMessageStore = true
	cli.AutomaticMessageRerequestFromPhone = true
	cli.ManualHistorySyncDownload = true // what was said before the link is none of our business
	cli.SendReportingTokens = true
	cli.SetForceActiveDeliveryReceipts(true)
	if h := c.opts.HTTP; h != nil {
		cli.SetWebsocketHTTPClient(h)
		cli.SetPreLoginHTTPClient(h)
	}
	cli.SetMediaHTTPClient(limitedClient(c.opts.HTTP))
	return cli
}

// serve keeps the device connected until ctx ends, the link is gone, or
// something calls for a fresh look at the device.
func (c *Channel) serve(run context.Context, device *store.Device, sink channel.Sink) {
	ctx, cut := context.WithCancel(run)
	defer cut()
	device.Container = keeper{device.Container}
	cli := c.newClient(device)
	life, end := detached(ctx, cli)
	hangUp := func() {
		cli.Disconnect()
		end()
	}
	news := make(chan any, 64)
	in := &receiver{c: c, cli: cli, sink: sink, ctx: ctx, news: news}
	cli.AddEventHandlerWithSuccessStatus(in.handle)
	if p := phoneOf(device.ID.ToNonAD()); p != "" && c.opts.Number == "" {
		c.number.Store(&p)
	}
	c.mu.Lock()
	c.client, c.cut = cli, cut
	c.mu.Unlock()
	defer func() {
		in.stop() // what is being stored is stored, before the line goes
		if run.Err() != nil {
			c.over.Store(true)
			c.lastSend()
		}
		c.mu.Lock()
		c.client, c.cut = nil, nil
		c.mu.Unlock()
		hangUp()
		if s := c.Connection().State; s == channel.Online || s == channel.Connecting {
			c.line.set(channel.Connection{State: channel.Offline})
		}
	}()
	for pause := c.pauses(); ctx.Err() == nil; {
		c.become(ctx, channel.Connecting, time.Time{}, "")
		begun := time.Now()
		why, stuck := c.session(ctx, life, cli, news)
		if stuck {
			hangUp = end // the rest is done once the library lets go
			return
		}
		if time.Since(begun) > stableAfter {
			pause.Reset()
		}
		if !c.afterSession(ctx, why, pause) {
			return
		}
	}
}

// ending is how a session ended.
type ending struct {
	state  channel.ConnectionState
	until  time.Time
	detail string
	now    bool // connect again at once
}

// detached gives a client a life of its own, which ends after it has hung up: a
// connection whose context ends closes itself while it is being closed.
func detached(ctx context.Context, cli *whatsmeow.Client) (context.Context, context.CancelFunc) {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	cli.BackgroundEventCtx = life
	return life, end
}

// dial connects. The library does not look at ctx while it shakes hands, for up
// to 20 seconds, and lets nobody disconnect meanwhile; whoever ends the process
// does not wait for that: then stuck is true, and the client disconnects itself.
func dial(ctx, life context.Context, cli *whatsmeow.Client) (stuck bool, err error) {
	done := make(chan error, 1)
	go func() { done <- cli.ConnectContext(life) }()
	select {
	case err := <-done:
		return false, err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return false, err
	default:
	}
	go hangUpLater(cli, done)
	return true, ctx.Err()
}

func hangUpLater(cli *whatsmeow.Client, done <-chan error) {
	if err := <-done; err == nil {
		cli.Disconnect()
	}
}

// graceToClose is how long WhatsApp, who ends the connection, has to close it:
// the library must not do so at the same moment.
const graceToClose = 500 * time.Millisecond

// session connects and waits for the end of the connection.
func (c *Channel) session(ctx, life context.Context, cli *whatsmeow.Client, news <-chan any) (end ending, stuck bool) {
	// WhatsApp may say why it ends a connection when that has ended already.
	for len(news) > 0 {
		if end, ended := c.judge(<-news); ended && end.state != channel.Offline {
			return end, false
		}
	}
	if stuck, err := dial(ctx, life, cli); err != nil {
		return ending{state: channel.Offline, detail: err.Error()}, stuck
	}
	welcome := time.NewTimer(c.opts.LineTimeout)
	defer welcome.Stop()
	for {
		select {
		case <-ctx.Done():
			return ending{state: channel.Offline}, false
		case <-welcome.C:
			cli.Disconnect()
			return ending{state: channel.Offline, detail: "WhatsApp does not welcome us"}, false
		case e := <-news:
			if _, ok := e.(*events.Connected); ok {
				welcome.Stop()
				c.online(ctx, cli)
				continue
			}
			if end, ended := c.judge(e); ended {
				if _, gone := e.(*events.Disconnected); !gone {
					sleep(ctx, graceToClose)
				}
				cli.Disconnect()
				return end, false
			}
		}
	}
}

// judge says what an event means for the line.
func (c *Channel) judge(e any) (ending, bool) {
	switch e := e.(type) {
	case *events.Disconnected:
		return ending{state: channel.Offline, detail: "the connection was lost"}, true
	case *events.KeepAliveTimeout:
		// The connection is dead long before TCP notices.
		return ending{state: channel.Offline, detail: "WhatsApp does not answer"}, e.ErrorCount >= 3
	case *events.ManualLoginReconnect:
		return ending{state: channel.Offline, now: true}, true
	case *events.StreamError:
		return ending{state: channel.Offline, detail: "stream error " + e.Code}, true
	case *events.ConnectFailure:
		return ending{state: channel.Offline, detail: "refused: " + e.Reason.String()}, true
	case *events.LoggedOut:
		return ending{state: channel.LoggedOut, detail: e.Reason.String()}, true
	case *events.StreamReplaced:
		return ending{state: channel.Replaced, detail: "another program uses the same link"}, true
	case *events.ClientOutdated:
		return ending{state: channel.Outdated, detail: "version " + store.GetWAVersion().String()}, true
	case *events.TemporaryBan:
		end := ending{state: channel.Banned, detail: e.Code.String()}
		if e.Expire > 0 {
			end.until = time.Now().Add(e.Expire)
		}
		return end, true
	}
	return ending{}, false
}

// afterSession waits until it makes sense to connect again; false: not with
// this client.
func (c *Channel) afterSession(ctx context.Context, end ending, pause *backoff.ExponentialBackOff) bool {
	if ctx.Err() != nil {
		return false
	}
	wait := time.Duration(0)
	switch end.state {
	case channel.LoggedOut:
		if err := c.dropDevice(ctx); err != nil {
			c.log.Error().Err(err).Msg("whatsapp: the device of the ended link is not deleted")
		}
		c.become(ctx, channel.LoggedOut, time.Time{}, end.detail)
		return false
	case channel.Banned:
		wait = untilOr(end.until, banUnknown)
		if c.opts.OnRestriction != nil {
			c.opts.OnRestriction(ctx, channel.Restriction{Until: end.until, Reason: end.detail})
		}
	case channel.Outdated:
		if c.renewVersion(ctx) {
			return true
		}
		wait = outdatedRetry
	case channel.Replaced:
		c.become(ctx, end.state, end.until, end.detail)
		<-ctx.Done() // it would throw the other program out, and so on: a person decides
		return false
	default:
		if end.now {
			return true
		}
		wait = pause.NextBackOff()
	}
	c.become(ctx, end.state, end.until, end.detail)
	c.log.Warn().Str("why", masked(end.detail)).Dur("pause", wait).Msg("whatsapp: not connected, trying again")
	sleep(ctx, wait)
	return ctx.Err() == nil
}

// renewVersion takes over the version that WhatsApp's own web client has now.
func (c *Channel) renewVersion(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, c.opts.LineTimeout)
	defer cancel()
	v, err := whatsmeow.GetLatestVersion(ctx, c.opts.HTTP)
	if err != nil || *v == store.GetWAVersion() {
		c.log.Warn().Err(err).Msg("whatsapp: there is no newer version to take over")
		return false
	}
	c.log.Info().Stringer("version", v).Msg("whatsapp: the version of the web client is taken over")
	store.SetWAVersion(*v)
	return true
}

// online is called once WhatsApp has let us in.
func (c *Channel) online(ctx context.Context, cli *whatsmeow.Client) {
	if cli.Store.PushName == "" {
		cli.Store.PushName = Name // presence is refused without; the phone's own name comes by itself
		if err := cli.Store.Save(ctx); err != nil {
			c.log.Warn().Err(err).Msg("whatsapp: the name is not kept")
		}
	}
	if err := cli.SendPresence(ctx, types.PresenceAvailable); err != nil {
		c.log.Debug().Err(err).Msg("whatsapp: presence not sent")
	}
	c.become(ctx, channel.Online, time.Time{}, phoneOf(cli.Store.GetJID().ToNonAD()))
}

// keeper keeps the library from deleting the device that a client is using: it
// takes the stores away from handlers that still work with them. The device is
// deleted by dropDevice, as a copy read for it.
type keeper struct{ store.DeviceContainer }

var errKept = errors.New("whatsapp: the device is deleted by the channel")

func (keeper) DeleteDevice(context.Context, *store.Device) error { return errKept }

// dropDevice deletes what is kept of a link that has ended.
func (c *Channel) dropDevice(ctx context.Context) error {
	device, err := c.opts.Devices.GetFirstDevice(ctx)
	if err == nil && device.ID != nil {
		err = device.Delete(ctx)
	}
	if err != nil {
		return fmt.Errorf("whatsapp: delete the device: %w", err)
	}
	return nil
}
