package bot

import (
	"context"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/metrics"
)

// watchEvery is how often the database and the channels are asked how they are.
const watchEvery = 30 * time.Second

// Watch tells the metrics how the database and the channels are, until ctx
// ends.
func (b *Bot) Watch(ctx context.Context) error {
	up := true
	b.metrics.Storage(true)
	for {
		ping, cancel := context.WithTimeout(ctx, healthWithin)
		err := b.store.Ping(ping)
		cancel()
		if now := err == nil; now != up && ctx.Err() == nil {
			up = now
			b.metrics.Storage(up)
			b.log.Warn().Err(err).Bool("up", up).Msg("the database changed its state")
		}
		for _, name := range b.channelNames() {
			b.watchChannel(ctx, name)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(watchEvery):
		case <-b.lines.changed:
		}
	}
}

// watchChannel asks one channel how it is. One with a line of its own tells,
// and the team hears of it where a person has to act.
func (b *Bot) watchChannel(ctx context.Context, name channel.Name) {
	if l, ok := b.channels[name].(channel.Lined); ok {
		if err := b.watchLine(ctx, name, l.Connection()); err != nil && ctx.Err() == nil {
			b.log.Error().Err(err).Str("channel", string(name)).Msg("the team was not told about the line; trying again")
		}
		return
	}
	check, cancel := context.WithTimeout(ctx, healthWithin)
	_, err := b.channels[name].Check(check)
	cancel()
	state := metrics.Connected
	if err != nil {
		state = metrics.Connecting
	}
	if ctx.Err() == nil {
		b.metrics.Connection(name, state)
	}
}
