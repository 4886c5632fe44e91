package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/diskopukm/emileku/bot/channel"
)

// codeLasts is how long a code to type is good; WhatsApp closes the connection
// about then.
const codeLasts = 160 * time.Second

// pairedWithin is how long the phone's yes and the new login may lie apart.
const pairedWithin = 15 * time.Second

// Link implements channel.Linkable. Codes are renewed until ctx ends. It works
// whether Run is running or not; where it is, the last step comes once the line
// is up.
func (c *Channel) Link(ctx context.Context, phone string) (<-chan channel.LinkStep, error) {
	c.mu.Lock()
	if c.linking {
		c.mu.Unlock()
		return nil, channel.ErrLinking
	}
	c.linking = true
	c.mu.Unlock()
	device, err := c.opts.Devices.GetFirstDevice(ctx)
	if err == nil && device.ID != nil {
		err = channel.ErrLinked
	}
	if err != nil {
		c.endLinking()
		return nil, fmt.Errorf("whatsapp: link: %w", err)
	}
	before := c.Connection()
	c.become(ctx, channel.Pairing, time.Time{}, "")
	steps := make(chan channel.LinkStep, 1)
	go func() {
		defer close(steps)
		last := c.pair(ctx, device, phone, steps)
		if last.Err != nil {
			c.become(context.WithoutCancel(ctx), before.State, before.Until, before.Detail)
		}
		c.endLinking()
		if last.Err == nil {
			last = c.paired(ctx, last)
		}
		tell(ctx, steps, last)
	}()
	return steps, nil
}

func (c *Channel) endLinking() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.linking = false
}

// tell hands a step over. The last one is handed over even where ctx has
// ended, if there is room.
func tell(ctx context.Context, steps chan<- channel.LinkStep, s channel.LinkStep) {
	select {
	case steps <- s:
		return
	default:
	}
	select {
	case steps <- s:
	case <-ctx.Done():
	}
}

// paired lets Run take the new device, and waits until its line is up.
func (c *Channel) paired(ctx context.Context, last channel.LinkStep) channel.LinkStep {
	c.wake()
	patience := time.NewTimer(c.opts.LineTimeout)
	defer patience.Stop()
	for c.running.Load() {
		now, changed := c.line.watch()
		if now.State == channel.Online {
			break
		}
		select {
		case <-changed:
			continue
		case <-ctx.Done():
		case <-patience.C:
		}
		break
	}
	return last
}

// pair shows codes until the phone confirms one; the result is the last step.
func (c *Channel) pair(ctx context.Context, device *store.Device, phone string, steps chan<- channel.LinkStep) channel.LinkStep {
	for pause := c.pauses(); ctx.Err() == nil; {
		last, again := c.pairOnce(ctx, device, phone, steps)
		if !again {
			return last
		}
		if last.Err != nil {
			wait := pause.NextBackOff()
			c.log.Warn().Err(last.Err).Dur("pause", wait).Msg("whatsapp: no codes, trying again")
			sleep(ctx, wait)
		}
		var err error
		if device, err = c.opts.Devices.GetFirstDevice(ctx); err != nil {
			return channel.LinkStep{Err: fmt.Errorf("whatsapp: link: %w", err)}
		}
	}
	return channel.LinkStep{Err: ctx.Err()}
}

// pairOnce is one connection with its codes; again: they ran out.
func (c *Channel) pairOnce(ctx context.Context, device *store.Device, phone string, steps chan<- channel.LinkStep) (last channel.LinkStep, again bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cli := c.newClient(device)
	life, end := detached(ctx, cli)
	defer end()
	stuck := false
	defer func() {
		if !stuck {
			cli.Disconnect()
		}
	}()
	ended := make(chan struct{}, 1)
	who := make(chan string, 1)
	cli.AddEventHandler(func(e any) {
		switch e := e.(type) {
		case *events.PairSuccess:
			who <- phoneOf(e.ID.ToNonAD())
		case *events.ManualLoginReconnect, *events.Disconnected:
			select {
			case ended <- struct{}{}:
			default:
			}
		}
	})
	items, err := cli.GetQRChannel(ctx)
	if err == nil {
		stuck, err = dial(ctx, life, cli)
	}
	if err != nil {
		return channel.LinkStep{Err: fmt.Errorf("whatsapp: link: %w", err)}, ctx.Err() == nil
	}
	asked := false
	for item := range items {
		switch item.Event {
		case whatsmeow.QRChannelEventCode:
			step := channel.LinkStep{QR: item.Code, Until: time.Now().Add(item.Timeout)}
			if phone != "" {
				if asked {
					continue
				}
				asked = true
				code, err := cli.PairPhone(ctx, phone, true, whatsmeow.PairClientChrome, "Chrome (Linux)")
				if err != nil {
					return channel.LinkStep{Err: fmt.Errorf("whatsapp: no code for this number: %w", err)}, false
				}
				step = channel.LinkStep{Code: code, Until: time.Now().Add(codeLasts)}
			}
			tell(ctx, steps, step)
		case whatsmeow.QRChannelSuccess.Event:
			select { // WhatsApp ends this connection once it has stored the new device
			case <-ended:
			case <-time.After(pairedWithin):
			case <-ctx.Done():
			}
			return channel.LinkStep{Account: <-who}, false
		case whatsmeow.QRChannelScannedWithoutMultidevice.Event:
			c.log.Warn().Msg("whatsapp: the phone's WhatsApp is too old for linked devices")
		case whatsmeow.QRChannelTimeout.Event:
			return channel.LinkStep{}, true
		case whatsmeow.QRChannelClientOutdated.Event:
			if c.renewVersion(ctx) {
				return channel.LinkStep{}, true
			}
			return channel.LinkStep{Err: errors.New("whatsapp: this program is too old for WhatsApp; install a newer one")}, false
		case whatsmeow.QRChannelEventError:
			return channel.LinkStep{Err: fmt.Errorf("whatsapp: the phone's confirmation was not accepted: %w", item.Error)}, false
		default:
			return channel.LinkStep{Err: fmt.Errorf("whatsapp: linking ended with %s", item.Event)}, false
		}
	}
	return channel.LinkStep{Err: errors.New("whatsapp: the connection was lost")}, ctx.Err() == nil
}

// Unlink implements channel.Linkable. Where WhatsApp cannot be reached the
// link ends here all the same, and the phone still lists it.
func (c *Channel) Unlink(ctx context.Context) error {
	if cli := c.current(); cli != nil && c.Connection().State == channel.Online {
		ask, cancel := context.WithTimeout(ctx, c.opts.LineTimeout)
		defer cancel()
		if err := cli.Logout(ask); err != nil && !errors.Is(err, errKept) {
			c.log.Warn().Err(err).Msg("whatsapp: WhatsApp did not confirm the end of the link; remove the device on the phone, too")
		}
	}
	err := c.dropDevice(ctx)
	if err == nil {
		c.become(ctx, channel.Unlinked, time.Time{}, "")
		if c.opts.Number == "" {
			c.number.Store(nil)
		}
	}
	c.wake()
	return err
}
