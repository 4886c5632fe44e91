package channeltest

import (
	"context"
	"fmt"
	"slices"

	"github.com/diskopukm/emileku/bot/channel"
)

// Sent returns what people received, in order. A resend under an ID that the
// person has already is not in it (it is in Attempts); an edit is, under the
// ID that it changed.
func (f *Fake) Sent() []Sent {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.sent)
}

// SentTo is Sent, for one chat.
func (f *Fake) SentTo(chat channel.Chat) []Sent {
	return slices.DeleteFunc(f.Sent(), func(s Sent) bool { return s.Chat != chat })
}

// Attempts returns every call of Send in order, with the error it gave.
func (f *Fake) Attempts() []Sent {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.attempts)
}

// Shown returns the chat as the person sees it now: in order of arrival, with
// edits applied.
func (f *Fake) Shown(chat channel.Chat) []Sent {
	var out []Sent
	for _, s := range f.SentTo(chat) {
		if i := slices.IndexFunc(out, func(o Sent) bool { return o.ID == s.ID }); i >= 0 {
			out[i].Message.Text, out[i].Message.Buttons = s.Message.Text, s.Message.Buttons
			continue
		}
		out = append(out, s)
	}
	return out
}

// Changed returns a channel that is closed at the next attempt to send. Take it
// before looking at Sent, so that nothing slips between.
func (f *Fake) Changed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.changed
}

// Wait returns once done says that what was sent suffices, or fails with what
// was there when ctx ended.
func (f *Fake) Wait(ctx context.Context, done func(sent []Sent) bool) ([]Sent, error) {
	for {
		changed := f.Changed()
		sent := f.Sent()
		if done(sent) {
			return sent, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return sent, fmt.Errorf("channeltest: not sent, only %d messages: %w", len(sent), ctx.Err())
		}
	}
}

// WaitSent waits until at least n messages arrived, in all chats together.
func (f *Fake) WaitSent(ctx context.Context, n int) ([]Sent, error) {
	return f.Wait(ctx, func(sent []Sent) bool { return len(sent) >= n })
}

// FailNext makes the next send to chat (or to AnyChat) fail with err; the
// message does not arrive. Several calls queue up.
func (f *Fake) FailNext(chat channel.Chat, err *channel.SendError) {
	f.fail(chat, fault{err: err})
}

// FailNextShown is FailNext for a message that arrives although its sender is
// told otherwise: what Uncertain stands for.
func (f *Fake) FailNextShown(chat channel.Chat, err *channel.SendError) {
	f.fail(chat, fault{err: err, shown: true})
}

func (f *Fake) fail(chat channel.Chat, fl fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[chat] = append(f.faults[chat], fl)
}

// Hang makes all sends from now on wait until release is called (more than
// once is harmless) or their context ends, which makes them uncertain.
func (f *Fake) Hang() (release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.hanging == nil {
		f.hanging = make(chan struct{})
	}
	hanging := f.hanging
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.hanging == hanging {
			close(hanging)
			f.hanging = nil
		}
	}
}

// Block makes sends to chat fail as blocked; Unblock ends that.
func (f *Fake) Block(chat channel.Chat) { f.setBlocked(chat, true) }

// Unblock undoes Block.
func (f *Fake) Unblock(chat channel.Chat) { f.setBlocked(chat, false) }

func (f *Fake) setBlocked(chat channel.Chat, blocked bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blocked[chat] = blocked
}

// PutMedia makes data what Fetch returns for ref.
func (f *Fake) PutMedia(ref string, data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.media[ref] = slices.Clone(data)
}

// Typed counts the Typing calls for chat.
func (f *Fake) Typed(chat channel.Chat) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.typing[chat]
}

// SetSight sets what InspectGroup says of group.
func (f *Fake) SetSight(group channel.Chat, sight channel.GroupSight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sights[group] = sight
}

// FailCheck makes Check fail with err until it is called with nil.
func (f *Fake) FailCheck(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.checkErr = err
}
