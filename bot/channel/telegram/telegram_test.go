package telegram_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/channel/telegram"
	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestChannel lets the adapter pass the suite of all channels, against a
// strict Bot API server.
func TestChannel(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, func(t *testing.T) channeltest.Harness {
		return &harness{srv: newServer(t, botapi.Options{Limits: botapi.NoLimits()})}
	})
}

func newServer(t *testing.T, o botapi.Options) *botapi.Server {
	t.Helper()
	srv := botapi.New(o)
	t.Cleanup(srv.Close)
	return srv
}

// logbook keeps what is logged.
type logbook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// connect makes an adapter for srv whose pauses are short. Its log must never
// hold the token.
func connect(t *testing.T, srv *botapi.Server, change func(*telegram.Options)) *telegram.Channel {
	t.Helper()
	book := &logbook{}
	o := telegram.Options{
		Token: srv.Token(), APIURL: srv.URL(), Log: zerolog.New(book).Level(zerolog.TraceLevel),
		RetryMin: time.Millisecond, RetryMax: 20 * time.Millisecond,
		Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	}
	if change != nil {
		change(&o)
	}
	c, err := telegram.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		checkSecret(t, "the log", book.String())
	})
	return c
}

// checkSecret fails where text holds the test servers' token.
func checkSecret(t *testing.T, what, text string) {
	t.Helper()
	_, secret, _ := strings.Cut(botapi.DefaultToken, ":")
	if strings.Contains(text, secret) {
		t.Errorf("the token is in %s: %s", what, text)
	}
}

type harness struct {
	srv  *botapi.Server
	next atomic.Int64
}

func (h *harness) Connect(t *testing.T) channel.Channel { return connect(t, h.srv, nil) }

func (h *harness) Person(_ *testing.T, name string) channeltest.Person {
	return &person{h.srv.Person(815000+h.next.Add(1), name, "").Start(), h.srv}
}

func (h *harness) FailNext(_ *testing.T, _ channeltest.Person, f channeltest.Failure) bool {
	fault := map[channeltest.Failure]botapi.Fault{
		channeltest.Refused:  botapi.Refuse(400, "Bad Request: not enough rights to send text messages to the chat"),
		channeltest.Blocked:  botapi.Blocked(),
		channeltest.TooFast:  botapi.Flood(channeltest.Pause),
		channeltest.Broken:   botapi.Broken(),
		channeltest.NoAnswer: botapi.ResetAfter(),
	}[f]
	h.srv.Fail("sendMessage", 1, fault)
	return true
}

type person struct {
	*botapi.Person
	srv *botapi.Server
}

func (p *person) UserID() string           { return strconv.FormatInt(p.ID(), 10) }
func (p *person) Chat() channel.Chat       { return chatOf(p.ID()) }
func (p *person) Changed() <-chan struct{} { return p.srv.Changed() }
func (p *person) Typing() int              { return p.srv.Typing(p.ID()) }

func chatOf(id int64) channel.Chat {
	return channel.Chat{Channel: channel.Telegram, ID: strconv.FormatInt(id, 10)}
}

func (p *person) Do(t *testing.T, d channeltest.Deed) (string, bool) {
	t.Helper()
	number := func(s string) int {
		n, _ := strconv.Atoi(s) // "" is 0: none
		return n
	}
	id := 0
	switch d.Kind {
	case channel.Text:
		id = p.Reply(number(d.ReplyTo), d.Text)
	case channel.Photo:
		id = p.SendPhoto(d.Data, d.Text)
	case channel.Document:
		id = p.SendDocument(d.Name, d.MIME, d.Data, d.Text)
	case channel.Card:
		id = p.ShareContact()
	case channel.Place:
		id = p.SendLocation(-6.4836, 106.8393)
	case channel.Voice:
		id = p.SendVoice()
	case channel.Sticker:
		id = p.SendSticker()
	case channel.Edited:
		id = number(d.Message)
		p.Edit(id, d.Text)
	case channel.Press:
		if _, err := p.Press(number(d.Message), d.Text); err != nil {
			t.Fatal(err)
		}
		return "", true
	default:
		return "", false
	}
	return strconv.Itoa(id), true
}

func (p *person) Sees(*testing.T) []channeltest.Seen {
	var out []channeltest.Seen
	for _, m := range p.srv.FromBot(p.ID()) {
		s := channeltest.Seen{
			ID: strconv.Itoa(m.ID), Text: m.Text, Labels: m.Labels(),
			Bold: m.Styled("bold"), Italic: m.Styled("italic"), Code: m.Styled("code"),
		}
		if m.File != nil {
			s.Photo, s.FileName, s.Data = m.File.Photo, m.File.Name, m.File.Data
		}
		if m.ReplyTo != 0 {
			s.ReplyTo = strconv.Itoa(m.ReplyTo)
		}
		out = append(out, s)
	}
	return out
}

// receiving runs c into an inbox until the test ends.
func receiving(t *testing.T, c *telegram.Channel) (*channeltest.Inbox, context.Context) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	run, stop := context.WithCancel(ctx)
	inbox := channeltest.NewInbox()
	done := make(chan error, 1)
	go func() { done <- c.Run(run, inbox) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		cancel()
	})
	return inbox, ctx
}

func waitFor(t *testing.T, ctx context.Context, inbox *channeltest.Inbox, n int) []channel.Inbound { //nolint:revive // t first
	t.Helper()
	got, err := inbox.Wait(ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestGroup(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{Limits: botapi.NoLimits(), PrivacyOff: true})
	inbox, ctx := receiving(t, connect(t, srv, nil))
	lead, member := srv.Person(11, "Siti", "siti"), srv.Person(12, "Budi", "")
	g := srv.Group(-500, "Tim Pelaksana", lead, member)
	g.AddBot(lead)
	in := waitFor(t, ctx, inbox, 1)[0]
	if in.Kind != channel.Joined || !in.Group || in.ChatTitle != "Tim Pelaksana" || in.Sender.ID != "11" || in.Chat != chatOf(-500) {
		t.Fatalf("being added came as %+v", in)
	}

	asked := 0
	for i, c := range []struct {
		say       func() int
		text      string
		addressed bool
		anonymous bool
	}{
		{func() int { return member.In(g).Send("selamat pagi semua") }, "selamat pagi semua", false, false},
		{func() int { return member.In(g).Send("/rekap") }, "/rekap", true, false},
		{func() int { member.In(g).Send("/rekap@bot_lain"); return lead.In(g).Send("/tugas@EMILEKU_bot 3") }, "/tugas 3", true, false},
		{func() int { return member.In(g).Send("😀 tolong @emileku_bot") }, "😀 tolong @emileku_bot", true, false},
		{func() int { return member.In(g).Send("surel a@emileku_bot.id") }, "surel a@emileku_bot.id", false, false},
		{func() int { return lead.Anonymous(g).Send("/grup") }, "/grup", true, true},
	} {
		asked = c.say()
		in := waitFor(t, ctx, inbox, i+2)[i+1]
		if in.Text != c.text || in.Addressed != c.addressed || in.Sender.Anonymous != c.anonymous || !in.Group {
			t.Errorf("%q came as %+v", c.text, in)
		}
		if in.MessageID != strconv.Itoa(asked) {
			t.Errorf("%q came under %s, want %d", c.text, in.MessageID, asked)
		}
	}
	g.Rename(lead, "Tim Inti") // a service message: nobody's
	g.RemoveBot(lead)
	if in := waitFor(t, ctx, inbox, 8)[7]; in.Kind != channel.Left || in.ChatTitle != "Tim Inti" {
		t.Errorf("being removed came as %+v", in)
	}
}

func TestGroupMoves(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{Limits: botapi.NoLimits()})
	c := connect(t, srv, nil)
	inbox, ctx := receiving(t, c)
	lead := srv.Person(11, "Siti", "")
	g := srv.Group(-500, "Tim", lead)
	g.AddBot(lead)
	moved := g.Upgrade(lead)
	in := waitFor(t, ctx, inbox, 2)[1]
	to := strconv.FormatInt(moved.ID(), 10)
	if in.Kind != channel.Migrated || in.Chat != chatOf(-500) || in.MovedTo != to || !in.Group {
		t.Errorf("the move came as %+v, want to %s", in, to)
	}
	_, err := c.Send(ctx, chatOf(-500), "", channel.Outbound{Text: "halo"})
	if se := channel.AsSendError(err); se.MovedTo != to || se.Permanent || se.Uncertain {
		t.Errorf("a send to the old group gave %+v", se)
	}
	id, err := c.Send(ctx, chatOf(moved.ID()), "", channel.Outbound{Text: "halo"})
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(id)
	lead.In(moved).Reply(n, "siap")
	if in := waitFor(t, ctx, inbox, 3)[2]; !in.Addressed || in.ReplyTo == nil || !in.ReplyTo.FromBot || in.Chat != chatOf(moved.ID()) {
		t.Errorf("a reply to the bot came as %+v", in)
	}
}

func TestInspectGroup(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		privacyOff bool
		prepare    func(g *botapi.Group, p *botapi.Person)
		want       channel.GroupSight
	}{
		"not there":    {prepare: func(*botapi.Group, *botapi.Person) {}},
		"half blind":   {prepare: (*botapi.Group).AddBot, want: channel.GroupSight{Member: true}},
		"admin":        {prepare: (*botapi.Group).PromoteBot, want: channel.GroupSight{Member: true, Admin: true, SeesAll: true}},
		"privacy off":  {privacyOff: true, prepare: (*botapi.Group).AddBot, want: channel.GroupSight{Member: true, SeesAll: true}},
		"removed":      {prepare: (*botapi.Group).RemoveBot},
		"removed, off": {privacyOff: true, prepare: (*botapi.Group).RemoveBot},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t, botapi.Options{PrivacyOff: c.privacyOff})
			lead := srv.Person(11, "Siti", "")
			g := srv.Supergroup(-1000000000500, "Tim", lead)
			c.prepare(g, lead)
			got, err := connect(t, srv, nil).InspectGroup(t.Context(), chatOf(g.ID()))
			if err != nil || got != c.want {
				t.Errorf("InspectGroup gave %+v and %v, want %+v", got, err, c.want)
			}
		})
	}
}

func TestBlockAndUnblock(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	c := connect(t, srv, nil)
	inbox, ctx := receiving(t, c)
	p := srv.Person(7, "Asep", "asep")
	p.Send("/start")
	p.Block()
	if _, err := c.Send(ctx, chatOf(7), "", channel.Outbound{Text: "x"}); !channel.AsSendError(err).Blocked {
		t.Errorf("a blocked chat gave %v", err)
	}
	p.Unblock()
	got := waitFor(t, ctx, inbox, 3)
	if got[0].Text != "/start" || got[1].Kind != channel.Left || got[2].Kind != channel.Joined || got[2].Sender.Username != "asep" {
		t.Errorf("got %+v", got)
	}
	if _, err := c.Send(ctx, chatOf(8), "", channel.Outbound{Text: "x"}); !channel.AsSendError(err).Permanent {
		t.Errorf("a chat that nobody opened gave %v", err)
	}
}

func TestAskContact(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	c := connect(t, srv, nil)
	inbox, ctx := receiving(t, c)
	p := srv.Person(7, "Asep", "").Start()
	m := channel.Outbound{
		Text: "Nomor HP?", AskContact: "Bagikan nomor saya", Buttons: [][]channel.Button{{{Label: "Lewati", Value: "skip"}}},
	}
	if _, err := c.Send(ctx, chatOf(7), "", m); err != nil {
		t.Fatal(err)
	}
	if asked := srv.FromBot(7)[0]; !asked.KeysOnce {
		t.Errorf("the keyboard would stay: %+v", asked)
	}
	for _, key := range []string{"Bagikan nomor saya", "Lewati"} {
		if _, err := p.Press(0, key); err != nil {
			t.Fatal(err)
		}
	}
	got := waitFor(t, ctx, inbox, 2)
	if card := got[0].Contact; card == nil || !card.Own || card.Phone != p.Phone() || got[1].Text != "Lewati" || got[1].Kind != channel.Text {
		t.Errorf("the keys gave %+v and %+v", got[0], got[1])
	}
	p.SendContact("Bu Ani", "0812 3456 789", 99)
	if card := waitFor(t, ctx, inbox, 3)[2].Contact; card.Own || card.UserID != "99" || card.Phone != "0812 3456 789" {
		t.Errorf("another's card came as %+v", card)
	}
	if _, err := c.Send(ctx, chatOf(7), "", channel.Outbound{Text: "Terima kasih.", DropKeys: true}); err != nil {
		t.Fatal(err)
	}
	if last := srv.FromBot(7)[1]; !last.KeysGone {
		t.Errorf("the keys stay: %+v", last)
	}
	g := srv.Group(-5, "Tim", p)
	g.AddBot(p)
	if _, err := c.Send(ctx, chatOf(-5), "", m); err != nil { // groups have no contact key
		t.Error(err)
	}
}

func TestEditCaptionAndButtons(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	c := connect(t, srv, nil)
	srv.Person(7, "Asep", "").Start()
	ctx := t.Context()
	file := &channel.File{Name: "a.txt", Data: []byte("x")}
	buttons := [][]channel.Button{{{Label: "Ya", Value: "y"}}}
	id, err := c.Send(ctx, chatOf(7), "", channel.Outbound{Text: "lama", File: file, Buttons: buttons})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(ctx, chatOf(7), "", channel.Outbound{Text: "*baru*", Edit: id, Buttons: buttons}); err != nil {
		t.Fatal(err)
	}
	if got := srv.FromBot(7)[0]; got.HTML() != "<b>baru</b>" || !slices.Equal(got.Labels(), []string{"Ya"}) {
		t.Errorf("caption is %q with %q", got.HTML(), got.Labels())
	}
	if _, err := c.Send(ctx, chatOf(7), "", channel.Outbound{Edit: id}); err != nil {
		t.Fatal(err)
	}
	if got := srv.FromBot(7)[0]; got.Text != "baru" || len(got.Buttons) != 0 {
		t.Errorf("without buttons it is %+v", got)
	}
	_, err = c.Send(ctx, chatOf(7), "", channel.Outbound{Edit: id, File: file})
	if !channel.AsSendError(err).Permanent {
		t.Errorf("changing the file gave %v", err)
	}
}

func TestNoPreviews(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	c := connect(t, srv, nil)
	srv.Person(7, "Asep", "").Start()
	id, err := c.Send(t.Context(), chatOf(7), "", channel.Outbound{Text: "Peta: https://maps.google.com/?q=1,2"})
	if err != nil {
		t.Fatal(err)
	}
	if srv.FromBot(7)[0].Preview {
		t.Error("a sent link shows its page")
	}
	if _, err := c.Send(t.Context(), chatOf(7), "", channel.Outbound{Edit: id, Text: "https://maps.google.com/"}); err != nil {
		t.Fatal(err)
	}
	if srv.FromBot(7)[0].Preview {
		t.Error("an edited link shows its page")
	}
}

func TestCommandMenu(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	c := connect(t, srv, nil)
	srv.Person(7, "Asep", "").Start()
	commands := []channel.Command{{Name: "daftar", Description: "Mendaftar acara"}, {Name: "status", Description: "Pendaftaran saya"}}
	want := []string{"daftar - Mendaftar acara", "status - Pendaftaran saya"}
	for scope, key := range map[channel.MenuScope]string{
		{}: "all_private_chats", {Groups: true}: "all_group_chats", {Chat: chatOf(7)}: "chat 7",
	} {
		if err := c.SetCommands(t.Context(), scope, commands); err != nil {
			t.Fatal(err)
		}
		if got := srv.Menu(key); !slices.Equal(got, want) {
			t.Errorf("menu of %s is %q", key, got)
		}
		if err := c.SetCommands(t.Context(), scope, nil); err != nil || len(srv.Menu(key)) != 0 {
			t.Errorf("emptying %s gave %v, leaves %q", key, err, srv.Menu(key))
		}
	}
	if err := c.SetCommands(t.Context(), channel.MenuScope{}, []channel.Command{{Name: "Daftar", Description: "x"}}); err == nil {
		t.Error("a command with a capital was taken")
	}
}

func TestPressIsAnswered(t *testing.T) {
	t.Parallel()
	srv := newServer(t, botapi.Options{})
	c := connect(t, srv, nil)
	inbox, ctx := receiving(t, c)
	p := srv.Person(7, "Asep", "").Start()
	if _, err := c.Send(ctx, chatOf(7), "", channel.Outbound{Text: "?", Buttons: [][]channel.Button{{{Label: "Ya", Value: "y"}}}}); err != nil {
		t.Fatal(err)
	}
	query, err := p.Press(0, "Ya")
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, ctx, inbox, 1)
	for {
		changed := srv.Changed()
		if srv.Answered(query) {
			break
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatal("the press was never answered")
		}
	}
}
