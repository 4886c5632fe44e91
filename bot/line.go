package bot

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/metrics"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// settingLine + a channel is what the team was last told about its line.
const settingLine = "line/"

// offlineTold is how long a line may be lost before the team hears of it: it
// mostly comes back by itself.
const offlineTold = 10 * time.Minute

// lines tells Watch that a line has changed.
type lines struct{ changed chan struct{} }

func newLines() *lines { return &lines{changed: make(chan struct{}, 1)} }

// LineChanged makes Watch look at the channels at once.
func (b *Bot) LineChanged() {
	select {
	case b.lines.changed <- struct{}{}:
	default: // it will look anyway
	}
}

// lineTold is kept, so that the team hears of each change once, and of a link
// that ended while the program was not running.
type lineTold struct {
	Account string                  `json:"account,omitempty"` // linked and not unlinked by us
	State   channel.ConnectionState `json:"state,omitempty"`   // the trouble that was told; "": none
	Since   time.Time               `json:"since"`
}

// watchLine brings metrics up to date, and tells the team where the line is in
// trouble that a person has to end, and when it is over.
func (b *Bot) watchLine(ctx context.Context, name channel.Name, now channel.Connection) error {
	b.metrics.Line(name, now.State)
	b.metrics.Connection(name, connectionOf(now.State))
	var told lineTold
	err := b.store.Settings().Get(ctx, settingLine+string(name), &told)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if now.State == channel.Unlinked && told.Account != "" {
		now.State = channel.LoggedOut // it ended while nobody looked
	}
	next := told
	switch {
	case now.State == channel.Online:
		next = lineTold{Account: now.Detail}
		if told.State != "" {
			err = b.tellLine(ctx, name, now, told)
		}
	case troubled(now) && told.State != now.State:
		next.State, next.Since = now.State, now.Since
		err = b.tellLine(ctx, name, now, told)
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if next == told {
		return nil
	}
	return b.store.Settings().Put(ctx, settingLine+string(name), next)
}

// forgetLine is called when the team itself ends the link: that is no trouble.
func (b *Bot) forgetLine(ctx context.Context, name channel.Name) error {
	return b.store.Settings().Put(ctx, settingLine+string(name), lineTold{})
}

func connectionOf(s channel.ConnectionState) metrics.Connection {
	switch s {
	case channel.Online:
		return metrics.Connected
	case channel.LoggedOut, channel.Banned, channel.Replaced, channel.Outdated:
		return metrics.Refused
	case channel.Unlinked:
		return metrics.Stopped
	}
	return metrics.Connecting
}

func troubled(now channel.Connection) bool {
	switch now.State {
	case channel.LoggedOut, channel.Replaced, channel.Outdated:
		return true
	case channel.Banned: // a restriction, of which the planner tells, and of its end
		return false
	case channel.Offline:
		return time.Since(now.Since) > offlineTold
	}
	return false
}

// lineTexts are what the team is told.
var lineTexts = map[channel.ConnectionState]string{
	channel.Online: "line.online", channel.Offline: "line.offline", channel.LoggedOut: "line.loggedout",
	channel.Replaced: "line.replaced", channel.Outdated: "line.outdated",
}

// tellLine writes to the team on another channel: in its group, or else to
// each lead.
func (b *Bot) tellLine(ctx context.Context, name channel.Name, now channel.Connection, before lineTold) error {
	text, err := b.texts.Text(lineTexts[now.State], templates.Data{"Channel": name, "Line": now, "Account": before.Account})
	if err != nil {
		return err
	}
	chats, err := b.teamBeside(ctx, name)
	if err != nil {
		return err
	}
	if len(chats) == 0 {
		b.log.Error().Str("channel", string(name)).Str("state", string(now.State)).
			Msg("the line is in trouble, and there is no other channel on which to tell the team")
	}
	at := time.Now().UTC().Truncate(time.Millisecond)
	for _, to := range chats {
		_, err := b.store.Outbox().Add(ctx, storage.Message{
			ID: fmt.Sprintf("line/%s/%s/%d/%s", name, now.State, now.Since.Unix(), to), Chat: to, Lane: storage.LaneAnswer,
			Order: at.UnixMicro(), Body: channel.Outbound{Text: text}, State: storage.Queued, DueAt: at, QueuedAt: at,
		})
		if err != nil {
			return fmt.Errorf("tell the team: %w", err)
		}
	}
	b.wake()
	return nil
}

// teamBeside is where the team can be told about a channel that does not work.
func (b *Bot) teamBeside(ctx context.Context, name channel.Name) ([]channel.Chat, error) {
	works := func(c channel.Chat) bool {
		return c.Channel != name && c.Channel != channel.Email && b.channels[c.Channel] != nil
	}
	group, bound, err := b.app.Group(ctx)
	if err != nil {
		return nil, err
	}
	if bound && works(group.Chat) {
		return []channel.Chat{group.Chat}, nil
	}
	team, err := b.app.Team(ctx)
	if err != nil {
		return nil, err
	}
	var out []channel.Chat
	for _, p := range team {
		if p.Role != event.Lead {
			continue
		}
		for _, acc := range p.Accounts {
			if c, err := channel.ParseChat(acc.Chat); err == nil && acc.Blocked == nil && works(c) {
				out = append(out, c)
				break
			}
		}
	}
	return out, nil
}
