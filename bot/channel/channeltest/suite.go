package channeltest

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
)

// patience bounds every wait of the suite: reaching it is a failure.
const patience = 2 * time.Minute

// Run checks that an adapter keeps the promises of package channel. open makes
// a new network for each test. The package of the adapter should also run
// goleak in TestMain: that Run leaves nothing behind shows there.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	for name, test := range map[string]func(*testing.T, Harness){
		"receives text":                    testText,
		"receives every kind":              testKinds,
		"receives replies":                 testReplyFromPerson,
		"receives edits":                   testEdited,
		"offers again what was refused":    testRefused,
		"offers again after a restart":     testRestart,
		"refuses to fetch what is too big": testFetchLimit,
		"sends text":                       testSendText,
		"sends long texts":                 testLongText,
		"sends files":                      testFiles,
		"refuses long captions":            testLongCaption,
		"shows buttons":                    testButtons,
		"edits":                            testEdit,
		"replies":                          testReply,
		"classifies errors":                testErrors,
		"sends nothing without a context":  testCancelled,
		"keeps to its network":             testOtherNetwork,
		"does not double a chosen ID":      testChosenID,
		"sends side by side":               testParallel,
		"shows typing":                     testTyping,
		"stops when told to":               testStop,
		"says who it is":                   testCheck,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// running is a channel that receives into an inbox until the test ends.
type running struct {
	channel.Channel
	*Inbox
	ctx  context.Context //nolint:containedctx // the test's own
	stop func()
}

func start(t *testing.T, h Harness, inbox *Inbox) *running {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	receive, stopReceiving := context.WithCancel(ctx)
	r := &running{Channel: h.Connect(t), Inbox: inbox, ctx: ctx}
	done := make(chan error, 1)
	go func() { done <- r.Channel.Run(receive, inbox) }()
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		stopReceiving()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run returned %v, want nil when its context ends", err)
			}
		case <-time.After(patience):
			t.Error("Run did not return when its context ended")
		}
	}
	t.Cleanup(func() {
		r.stop()
		cancel()
	})
	return r
}

func (r *running) wait(t *testing.T, n int) []channel.Inbound {
	t.Helper()
	got, err := r.Wait(r.ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (r *running) send(t *testing.T, p Person, m channel.Outbound) string {
	t.Helper()
	id, err := r.Send(r.ctx, p.Chat(), r.NewMessageID(), m)
	if err != nil {
		t.Fatalf("Send %.60q: %v", m.Text, err)
	}
	if id == "" {
		t.Fatalf("Send %.60q gave no message ID", m.Text)
	}
	return id
}

// sendAs sends a text under an ID that was chosen before.
func (r *running) sendAs(t *testing.T, p Person, id string) string {
	t.Helper()
	got, err := r.Send(r.ctx, p.Chat(), id, channel.Outbound{Text: "sekali saja"})
	if err != nil {
		t.Fatalf("Send under %q: %v", id, err)
	}
	return got
}

// sees waits until p sees message id.
func sees(t *testing.T, ctx context.Context, p Person, id string, like func(Seen) bool) Seen { //nolint:revive // t first
	t.Helper()
	for {
		changed := p.Changed()
		seen := p.Sees(t)
		if i := slices.IndexFunc(seen, func(s Seen) bool { return s.ID == id }); i >= 0 && (like == nil || like(seen[i])) {
			return seen[i]
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("message %s never looked as it should: %+v", id, seen)
		}
	}
}

func do(t *testing.T, p Person, d Deed) string {
	t.Helper()
	id, ok := p.Do(t, d)
	if !ok {
		t.Skipf("this network knows no %s", d.Kind)
	}
	return id
}

func sendError(t *testing.T, err error) *channel.SendError {
	t.Helper()
	var se *channel.SendError
	if !errors.As(err, &se) {
		t.Fatalf("Send gave %v (%T), want a *channel.SendError", err, err)
	}
	if se.Permanent && se.Uncertain {
		t.Errorf("%+v is both permanent and uncertain", se)
	}
	if se.Blocked && !se.Permanent {
		t.Errorf("%+v is blocked but not permanent", se)
	}
	if se.Err == nil {
		t.Errorf("%+v has no cause", se)
	}
	return se
}

// picture is a small PNG.
func picture() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for x := range 64 {
		for y := range 48 {
			img.Set(x, y, color.RGBA{uint8(x * 4), uint8(y * 5), 120, 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func testText(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Siti")
	texts := []string{"Selamat pagi <b>&amp; \"halo\"", "*bukan tebal*", "/start undangan-7", "baris\nkedua 😀"}
	var ids []string
	for _, text := range texts {
		ids = append(ids, do(t, p, Deed{Kind: channel.Text, Text: text}))
	}
	got := r.wait(t, len(texts))
	seen := make(map[string]bool)
	for i, in := range got {
		if in.ID == "" || seen[in.ID] || !strings.HasPrefix(in.ID, string(r.Name())+":") {
			t.Errorf("ID %q is empty, double or not of the channel", in.ID)
		}
		seen[in.ID] = true
		if in.Text != texts[i] || in.Kind != channel.Text || in.MessageID != ids[i] {
			t.Errorf("message %d is %+v, want text %q under %q", i, in, texts[i], ids[i])
		}
		if in.Chat != p.Chat() || in.Sender.ID != p.UserID() || in.Group || in.ReplyTo != nil {
			t.Errorf("message %d is from %+v in %v, want %s in %v", i, in.Sender, in.Chat, p.UserID(), p.Chat())
		}
		if in.SentAt.IsZero() || time.Since(in.SentAt).Abs() > time.Hour {
			t.Errorf("message %d was sent at %v", i, in.SentAt)
		}
	}
}

func testKinds(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Budi")
	deeds := []Deed{
		{Kind: channel.Photo, Text: "produk kami", Data: picture()},
		{Kind: channel.Document, Text: "akta", Name: "akta pendirian.pdf", MIME: "application/pdf", Data: []byte("%PDF-1.7 akta")},
		{Kind: channel.Card}, {Kind: channel.Place}, {Kind: channel.Voice}, {Kind: channel.Sticker},
	}
	n := 0
	for _, d := range deeds {
		if _, ok := p.Do(t, d); !ok {
			t.Logf("this network knows no %s", d.Kind)
			continue
		}
		n++
		in := r.wait(t, n)[n-1]
		if in.Kind != d.Kind || in.Chat != p.Chat() || in.Sender.ID != p.UserID() {
			t.Errorf("%s came as %+v", d.Kind, in)
			continue
		}
		switch d.Kind {
		case channel.Photo, channel.Document:
			if in.Text != d.Text || in.Media == nil || in.Media.Ref == "" {
				t.Errorf("%s came as %+v", d.Kind, in)
				continue
			}
			data, err := r.Fetch(r.ctx, *in.Media, 1<<20)
			if err != nil || !bytes.Equal(data, d.Data) {
				t.Errorf("Fetch of %s gave %d bytes and %v, want %d", d.Kind, len(data), err, len(d.Data))
			}
			if d.Kind == channel.Document && (in.Media.Name != d.Name || in.Media.MIME != d.MIME) {
				t.Errorf("document came as %+v", in.Media)
			}
		case channel.Card:
			if in.Contact == nil || in.Contact.Phone == "" || !in.Contact.Own {
				t.Errorf("own contact came as %+v", in.Contact)
			}
		case channel.Place:
			if in.Location == nil || in.Location.Latitude == 0 || in.Location.Longitude == 0 {
				t.Errorf("place came as %+v", in.Location)
			}
		default:
		}
	}
}

func testFetchLimit(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Dewi")
	do(t, p, Deed{Kind: channel.Document, Name: "data.txt", MIME: "text/plain", Data: bytes.Repeat([]byte("x"), 1000)})
	media := *r.wait(t, 1)[0].Media
	if data, err := r.Fetch(r.ctx, media, 1000); err != nil || len(data) != 1000 {
		t.Errorf("Fetch up to the limit gave %d bytes and %v", len(data), err)
	}
	for _, size := range []int64{media.Size, 0} { // the network need not tell the size
		media.Size = size
		if _, err := r.Fetch(r.ctx, media, 999); !errors.Is(err, channel.ErrTooLarge) {
			t.Errorf("Fetch over the limit gave %v, want ErrTooLarge", err)
		}
	}
	if _, err := r.Fetch(r.ctx, channel.Media{Ref: "nothing-has-this-ref"}, 1000); err == nil {
		t.Error("Fetch of what does not exist gave no error")
	}
}

func testReplyFromPerson(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Asep")
	id := r.send(t, p, channel.Outbound{Text: "Apakah Bapak hadir?"})
	do(t, p, Deed{Kind: channel.Text, Text: "hadir", ReplyTo: id})
	in := r.wait(t, 1)[0]
	if in.ReplyTo == nil || in.ReplyTo.MessageID != id || !in.ReplyTo.FromBot {
		t.Errorf("reply came with %+v, want message %s of the bot", in.ReplyTo, id)
	}
}

func testEdited(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Rina")
	id := do(t, p, Deed{Kind: channel.Text, Text: "hadri"})
	first := r.wait(t, 1)[0]
	do(t, p, Deed{Kind: channel.Edited, Message: id, Text: "hadir"})
	in := r.wait(t, 2)[1]
	if in.Kind != channel.Edited || in.Text != "hadir" || in.MessageID != id || in.ID == first.ID {
		t.Errorf("edit came as %+v, the message as %+v", in, first)
	}
}

func testRefused(t *testing.T, h Harness) {
	inbox := NewInbox()
	inbox.Refuse(2)
	r, p := start(t, h, inbox), h.Person(t, "Ujang")
	do(t, p, Deed{Kind: channel.Text, Text: "satu"})
	do(t, p, Deed{Kind: channel.Text, Text: "dua"})
	got := r.wait(t, 2)
	if got[0].Text == got[1].Text {
		t.Errorf("got %+v", got)
	}
	for _, in := range r.Offers() {
		if !slices.ContainsFunc(got, func(g channel.Inbound) bool { return g.ID == in.ID && g.Text == in.Text }) {
			t.Errorf("%+v was offered under an ID that it did not keep: %+v", in, got)
		}
	}
	if n := len(r.Offers()); n != 4 {
		t.Errorf("%d offers, want 4: two refused, two taken", n)
	}
}

func testRestart(t *testing.T, h Harness) {
	refusing := NewInbox()
	refusing.Refuse(-1)
	first, p := start(t, h, refusing), h.Person(t, "Euis")
	do(t, p, Deed{Kind: channel.Text, Text: "jangan hilang"})
	offers, err := refusing.WaitOffers(first.ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	first.stop()

	second := start(t, h, NewInbox())
	got := second.wait(t, 1)
	if got[0].ID != offers[0].ID || got[0].Text != "jangan hilang" {
		t.Errorf("after the restart it came as %+v, before it was %+v", got[0], offers[0])
	}
	// The channel asks for more only once it has the message; then it is done.
	do(t, p, Deed{Kind: channel.Text, Text: "berikutnya"})
	if got := second.wait(t, 2); got[1].Text != "berikutnya" {
		t.Errorf("then came %+v", got[1])
	}
}

func testStop(t *testing.T, h Harness) {
	r := start(t, h, NewInbox())
	r.stop()
	again := start(t, h, NewInbox())
	p := h.Person(t, "Wati")
	do(t, p, Deed{Kind: channel.Text, Text: "masih ada?"})
	again.wait(t, 1)
	again.stop()
}

func testCheck(t *testing.T, h Harness) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ch := h.Connect(t)
	who, err := ch.Check(ctx)
	if err != nil || who == "" {
		t.Errorf("Check gave %q and %v", who, err)
	}
	if ch.Name() == "" || ch.Capabilities().MaxText <= 0 || ch.Capabilities().MaxCaption < 0 {
		t.Errorf("%q can do %+v", ch.Name(), ch.Capabilities())
	}
	if l, ok := ch.(channel.Linker); ok {
		if link := l.DeepLink("ukm-2027"); !strings.Contains(link, "ukm-2027") {
			t.Errorf("DeepLink gave %q", link)
		}
	}
}

func plain(text string) string { return markup.Plain(text) }
