package channeltest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestFake lets the fake pass the suite that real channels pass, once for each
// kind of network.
func TestFake(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]channeltest.FakeOptions{
		"like Telegram": {},
		"like WhatsApp": {
			Name: channel.WhatsApp, ChooseIDs: true, Identity: "+6281200000001",
			Capabilities: channel.Capabilities{Phone: true, Edit: true, MaxText: 65536, MaxCaption: 1024},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			channeltest.Run(t, func(*testing.T) channeltest.Harness {
				return &fakeHarness{fake: channeltest.NewFake(o)}
			})
		})
	}
}

type fakeHarness struct {
	fake *channeltest.Fake
	next atomic.Int64
}

func (h *fakeHarness) Connect(*testing.T) channel.Channel { return h.fake }

func (h *fakeHarness) Person(_ *testing.T, name string) channeltest.Person {
	id := strconv.FormatInt(800+h.next.Add(1), 10)
	return &fakePerson{h: h, name: name, chat: channel.Chat{Channel: h.fake.Name(), ID: id}}
}

func (h *fakeHarness) FailNext(_ *testing.T, p channeltest.Person, f channeltest.Failure) bool {
	err := &channel.SendError{Err: fmt.Errorf("failing on purpose: %s", f)}
	switch f {
	case channeltest.Refused:
		err.Permanent = true
	case channeltest.Blocked:
		err.Permanent, err.Blocked = true, true
	case channeltest.TooFast:
		err.RetryAfter = channeltest.Pause
	case channeltest.Broken:
	case channeltest.NoAnswer:
		err.Uncertain = true
		h.fake.FailNextShown(p.Chat(), err)
		return true
	}
	h.fake.FailNext(p.Chat(), err)
	return true
}

type fakePerson struct {
	h    *fakeHarness
	name string
	chat channel.Chat
}

func (p *fakePerson) Chat() channel.Chat       { return p.chat }
func (p *fakePerson) UserID() string           { return p.chat.ID }
func (p *fakePerson) Typing() int              { return p.h.fake.Typed(p.chat) }
func (p *fakePerson) Changed() <-chan struct{} { return p.h.fake.Changed() }

func (p *fakePerson) Do(t *testing.T, d channeltest.Deed) (string, bool) {
	t.Helper()
	in := channel.Inbound{
		Chat: p.chat, Sender: channel.Sender{ID: p.chat.ID, Name: p.name}, Kind: d.Kind, Text: d.Text, MessageID: d.Message,
	}
	if d.ReplyTo != "" {
		in.ReplyTo = &channel.Quote{MessageID: d.ReplyTo, FromBot: true}
	}
	switch d.Kind {
	case channel.Photo, channel.Document:
		ref := fmt.Sprintf("ref-%s-%d", p.chat.ID, p.h.next.Add(1))
		p.h.fake.PutMedia(ref, d.Data)
		in.Media = &channel.Media{Ref: ref, Name: d.Name, MIME: d.MIME, Size: int64(len(d.Data))}
	case channel.Card:
		in.Contact = &channel.Contact{Name: p.name, Phone: "0812-0000-0001", UserID: p.chat.ID, Own: true}
	case channel.Place:
		in.Location = &channel.Location{Latitude: -6.48, Longitude: 106.83}
	case channel.Press:
		for _, s := range p.h.fake.SentTo(p.chat) {
			for _, row := range s.Message.Buttons {
				for _, b := range row {
					if s.ID == d.Message && b.Label == d.Text {
						in.Text = b.Value
					}
				}
			}
		}
	default:
	}
	return p.h.fake.Queue(in).MessageID, true
}

func (p *fakePerson) Sees(*testing.T) []channeltest.Seen {
	var out []channeltest.Seen
	for _, s := range p.h.fake.Shown(p.chat) {
		seen := channeltest.Seen{ID: s.ID, Text: s.Plain(), ReplyTo: s.Message.ReplyTo}
		for _, span := range markup.Parse(s.Message.Text) {
			if span.Bold {
				seen.Bold = append(seen.Bold, span.Text)
			}
			if span.Italic {
				seen.Italic = append(seen.Italic, span.Text)
			}
			if span.Code {
				seen.Code = append(seen.Code, span.Text)
			}
		}
		for _, row := range s.Message.Buttons {
			for _, b := range row {
				seen.Labels = append(seen.Labels, b.Label)
			}
		}
		if f := s.Message.File; f != nil {
			seen.Photo, seen.FileName, seen.Data = f.Photo, f.Name, f.Data
		}
		out = append(out, seen)
	}
	return out
}

// TestFakeScript tries what the suite does not: hangs, blocks, receive.
func TestFakeScript(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		f := channeltest.NewFake(channeltest.FakeOptions{})
		inbox := channeltest.NewInbox()
		done := make(chan error, 1)
		go func() { done <- f.Run(ctx, inbox) }()
		chat := channel.Chat{Channel: channel.Telegram, ID: "7"}

		inbox.Refuse(1)
		if err := f.Receive(ctx, channel.Inbound{Chat: chat, Text: "halo"}); !errors.Is(err, channeltest.ErrRefused) {
			t.Errorf("Receive gave %v, want what Accept said", err)
		}
		if err := f.Receive(ctx, channel.Inbound{Chat: chat, Text: "halo"}); err != nil || inbox.Got()[0].Sender.ID != "7" {
			t.Errorf("Receive gave %v, the inbox has %+v", err, inbox.Got())
		}

		release := f.Hang()
		sent := make(chan error, 1)
		go func() {
			_, err := f.Send(ctx, chat, "", channel.Outbound{Text: "pelan"})
			sent <- err
		}()
		synctest.Wait()
		if n := len(f.Sent()); n != 0 {
			t.Errorf("%d messages went out of a channel that hangs", n)
		}
		release()
		if err := <-sent; err != nil {
			t.Error(err)
		}
		f.Block(chat)
		if _, err := f.Send(ctx, chat, "", channel.Outbound{Text: "x"}); !channel.AsSendError(err).Blocked {
			t.Errorf("a blocked chat gave %v", err)
		}
		f.Unblock(chat)
		f.FailNext(channeltest.AnyChat, &channel.SendError{Err: errors.New("sebentar")})
		if _, err := f.Send(ctx, chat, "", channel.Outbound{Text: "x"}); err == nil {
			t.Error("FailNext(AnyChat) did not make a send fail")
		}
		if _, err := f.Send(ctx, chat, "", channel.Outbound{Text: "y"}); err != nil {
			t.Error(err)
		}
		texts := func(list []channeltest.Sent) (out []string) {
			for _, s := range list {
				out = append(out, s.Plain())
			}
			return out
		}
		if got := texts(f.Sent()); !slices.Equal(got, []string{"pelan", "y"}) {
			t.Errorf("sent %q", got)
		}
		if got := texts(f.Attempts()); !slices.Equal(got, []string{"pelan", "x", "x", "y"}) {
			t.Errorf("attempted %q", got)
		}
		if _, err := f.WaitSent(ctx, 2); err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
