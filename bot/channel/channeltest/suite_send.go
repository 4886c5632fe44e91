package channeltest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"golang.org/x/sync/errgroup"
)

func testSendText(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Siti")
	nasty := `<b>"Toko" & 'Rasa'</b> &lt; *bintang* _garis_ ` + "`kode` \\ 😀 \u202e"
	for _, text := range []string{
		"Selamat pagi, Bapak/Ibu.",
		"Nomor: *EMK-2027-0001*, _simpan_ ya, kode `A1`.",
		"Usaha: *" + markup.Escape("A & B <UKM>") + "*\n\nAlamat: " + markup.Escape(nasty) + ".",
		markup.Escape("</b></i><a href=\"x\">_*`"),
	} {
		got := sees(t, r.ctx, p, r.send(t, p, channel.Outbound{Text: text}), nil)
		if got.Text != plain(text) {
			t.Errorf("%q is read as %q, want %q", text, got.Text, plain(text))
		}
		var bold, italic, code []string
		for _, span := range markup.Parse(text) {
			if span.Bold {
				bold = append(bold, span.Text)
			}
			if span.Italic {
				italic = append(italic, span.Text)
			}
			if span.Code {
				code = append(code, span.Text)
			}
		}
		if !slices.Equal(got.Bold, bold) || !slices.Equal(got.Italic, italic) || !slices.Equal(got.Code, code) {
			t.Errorf("%q shows bold %q, italic %q, code %q", text, got.Bold, got.Italic, got.Code)
		}
	}
	if _, err := r.Send(r.ctx, p.Chat(), r.NewMessageID(), channel.Outbound{}); !sendError(t, err).Permanent {
		t.Errorf("an empty message gave %v, want a permanent error", err)
	}
}

func testLongText(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Budi")
	limit := r.Capabilities().MaxText
	// Markup and escapes do not count: only what is read does.
	most := "*" + strings.Repeat("&", limit-1) + "*."
	if got := sees(t, r.ctx, p, r.send(t, p, channel.Outbound{Text: most}), nil); got.Text != plain(most) {
		t.Errorf("a text of %d characters came as %d", limit, len(got.Text))
	}
	_, err := r.Send(r.ctx, p.Chat(), r.NewMessageID(), channel.Outbound{Text: strings.Repeat("a", limit+1)})
	if !sendError(t, err).Permanent {
		t.Errorf("a text over the limit gave %v, want a permanent error", err)
	}
	if n := len(p.Sees(t)); n != 1 {
		t.Errorf("%d messages arrived, want 1", n)
	}
}

func testFiles(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Dewi")
	photo := &channel.File{Name: "tiket.png", MIME: "image/png", Photo: true, Data: picture()}
	text := "Tiket *EMK-1* <ini>"
	if r.Capabilities().MaxCaption == 0 {
		text = ""
	}
	got := sees(t, r.ctx, p, r.send(t, p, channel.Outbound{Text: text, File: photo}), nil)
	if !got.Photo || !bytes.Equal(got.Data, photo.Data) || got.Text != plain(text) {
		t.Errorf("the picture is seen as photo %v, %d bytes, caption %q", got.Photo, len(got.Data), got.Text)
	}
	ics := &channel.File{Name: "acara e-mile ku.ics", MIME: "text/calendar", Data: []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")}
	got = sees(t, r.ctx, p, r.send(t, p, channel.Outbound{File: ics}), nil)
	if got.Photo || got.FileName != ics.Name || !bytes.Equal(got.Data, ics.Data) {
		t.Errorf("the document is seen as %q of %d bytes, photo %v", got.FileName, len(got.Data), got.Photo)
	}
	if r.Capabilities().MaxCaption > 20 {
		got = sees(t, r.ctx, p, r.send(t, p, channel.Outbound{Text: "_Kalender_", File: ics}), nil)
		if got.Text != "Kalender" || !slices.Equal(got.Italic, []string{"Kalender"}) {
			t.Errorf("the caption is seen as %q, italic %q", got.Text, got.Italic)
		}
	}
	_, err := r.Send(r.ctx, p.Chat(), r.NewMessageID(), channel.Outbound{File: &channel.File{Name: "kosong.pdf"}})
	if !sendError(t, err).Permanent {
		t.Errorf("an empty file gave %v, want a permanent error", err)
	}
}

func testLongCaption(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Asep")
	limit := r.Capabilities().MaxCaption
	file := &channel.File{Name: "a.png", MIME: "image/png", Photo: true, Data: picture()}
	if limit > 0 {
		most := strings.Repeat("é", limit)
		got := sees(t, r.ctx, p, r.send(t, p, channel.Outbound{Text: most, File: file}), nil)
		if got.Text != most {
			t.Errorf("a caption of %d characters came as %d bytes", limit, len(got.Text))
		}
	}
	before := len(p.Sees(t))
	_, err := r.Send(r.ctx, p.Chat(), r.NewMessageID(), channel.Outbound{Text: strings.Repeat("a", limit+1), File: file})
	if !sendError(t, err).Permanent {
		t.Errorf("a caption over the limit gave %v, want a permanent error", err)
	}
	if n := len(p.Sees(t)); n != before {
		t.Errorf("%d messages arrived of a refused one", n-before)
	}
}

func testButtons(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Rina")
	rows := [][]channel.Button{
		{{Label: "Hadir & ikut", Value: "rsvp:ya:" + strings.Repeat("x", channel.MaxButtonValue-8)}, {Label: "Tidak", Value: "rsvp:tidak"}},
		{{Label: "Peta", URL: "https://maps.google.com/?q=-6.48,106.83"}},
	}
	if !r.Capabilities().Buttons {
		t.Skip("this channel has no buttons")
	}
	id := r.send(t, p, channel.Outbound{Text: "Apakah Bapak/Ibu hadir?", Buttons: rows})
	if got := sees(t, r.ctx, p, id, nil); !slices.Equal(got.Labels, []string{"Hadir & ikut", "Tidak", "Peta"}) {
		t.Errorf("buttons are seen as %q", got.Labels)
	}
	for i, b := range rows[0] {
		do(t, p, Deed{Kind: channel.Press, Message: id, Text: b.Label})
		in := r.wait(t, i+1)[i]
		if in.Kind != channel.Press || in.Text != b.Value || in.MessageID != id ||
			in.Chat != p.Chat() || in.Sender.ID != p.UserID() {
			t.Errorf("pressing %q came as %+v", b.Label, in)
		}
	}
	bad := [][]channel.Button{{{Label: "x", Value: strings.Repeat("x", channel.MaxButtonValue+1)}}}
	if _, err := r.Send(r.ctx, p.Chat(), r.NewMessageID(), channel.Outbound{Text: "x", Buttons: bad}); !sendError(t, err).Permanent {
		t.Errorf("a button that is too long gave %v, want a permanent error", err)
	}
}

func testEdit(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Ujang")
	if !r.Capabilities().Edit {
		t.Skip("this channel cannot edit")
	}
	id := r.send(t, p, channel.Outbound{Text: "Mengirim: 0/500"})
	for range 2 { // the second time nothing changes: that is success too
		edited, err := r.Send(r.ctx, p.Chat(), r.NewMessageID(), channel.Outbound{Edit: id, Text: "Mengirim: *320/500*"})
		if err != nil || edited != id {
			t.Fatalf("edit gave %q and %v", edited, err)
		}
	}
	got := sees(t, r.ctx, p, id, func(s Seen) bool { return s.Text == "Mengirim: 320/500" })
	if !slices.Equal(got.Bold, []string{"320/500"}) {
		t.Errorf("edited message shows bold %q", got.Bold)
	}
	if n := len(p.Sees(t)); n != 1 {
		t.Errorf("%d messages are seen, want the edited one alone", n)
	}
	_, err := r.Send(r.ctx, p.Chat(), r.NewMessageID(), channel.Outbound{Edit: id + "999", Text: "x"})
	if !sendError(t, err).Permanent {
		t.Errorf("an edit of what is not there gave %v, want a permanent error", err)
	}
}

func testReply(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Euis")
	asked := do(t, p, Deed{Kind: channel.Text, Text: "ini gratis?"})
	r.wait(t, 1)
	got := sees(t, r.ctx, p, r.send(t, p, channel.Outbound{Text: "Ya, gratis.", ReplyTo: asked}), nil)
	if got.ReplyTo != asked {
		t.Errorf("the reply is seen to answer %q, want %q", got.ReplyTo, asked)
	}
}

func testErrors(t *testing.T, h Harness) {
	r := start(t, h, NewInbox())
	for f := Refused; f <= NoAnswer; f++ {
		p := h.Person(t, "Wati "+f.String())
		if !h.FailNext(t, p, f) {
			t.Logf("this network knows no %s", f)
			continue
		}
		_, err := r.Send(r.ctx, p.Chat(), r.NewMessageID(), channel.Outbound{Text: "gagal"})
		se := sendError(t, err)
		ok := false
		switch f {
		case Refused:
			ok = se.Permanent && !se.Blocked
		case Blocked:
			ok = se.Blocked
		case TooFast:
			ok = se.RetryAfter == Pause && !se.Permanent && !se.Uncertain
		case Broken:
			ok = !se.Permanent && !se.Uncertain && se.RetryAfter == 0
		case NoAnswer:
			ok = se.Uncertain
		}
		if !ok {
			t.Errorf("%s was classified as %+v", f, se)
		}
		want := 0
		if f == NoAnswer {
			want = 1
		}
		if n := len(p.Sees(t)); n != want {
			t.Errorf("%s: the person sees %d messages, want %d", f, n, want)
		}
		if f != Blocked {
			sees(t, r.ctx, p, r.send(t, p, channel.Outbound{Text: "berhasil"}), nil)
		}
	}
}

func testCancelled(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Siti")
	ctx, cancel := context.WithCancel(r.ctx)
	cancel()
	_, err := r.Send(ctx, p.Chat(), r.NewMessageID(), channel.Outbound{Text: "terlambat"})
	if se := sendError(t, err); se.Permanent || se.Uncertain {
		t.Errorf("a send that never began gave %+v, want a temporary error", se)
	}
	if n := len(p.Sees(t)); n != 0 {
		t.Errorf("%d messages arrived without a context", n)
	}
}

func testOtherNetwork(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Budi")
	other := channel.Chat{Channel: "elsewhere", ID: p.Chat().ID}
	if _, err := r.Send(r.ctx, other, r.NewMessageID(), channel.Outbound{Text: "x"}); !sendError(t, err).Permanent {
		t.Errorf("a chat of another network gave %v, want a permanent error", err)
	}
	if n := len(p.Sees(t)); n != 0 {
		t.Errorf("%d messages arrived", n)
	}
}

func testChosenID(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Dewi")
	id := r.NewMessageID()
	if id == "" {
		t.Skip("this network chooses the IDs")
	}
	if other := r.NewMessageID(); other == id {
		t.Errorf("NewMessageID gave %q twice", id)
	}
	if r.Capabilities().Doubles {
		if got := r.sendAs(t, p, id); got != id {
			t.Errorf("Send under %q gave %q", id, got)
		}
		return
	}
	for range 2 {
		got, err := r.Send(r.ctx, p.Chat(), id, channel.Outbound{Text: "sekali saja"})
		if err != nil || got != id {
			t.Fatalf("Send under %q gave %q and %v", id, got, err)
		}
	}
	sees(t, r.ctx, p, id, nil)
	if n := len(p.Sees(t)); n != 1 {
		t.Errorf("the person sees %d messages, want 1", n)
	}
}

func testParallel(t *testing.T, h Harness) {
	const people, each = 5, 8
	r := start(t, h, NewInbox())
	var g errgroup.Group
	var all []Person
	for i := range people {
		p := h.Person(t, fmt.Sprintf("Warga %d", i))
		all = append(all, p)
		for k := range each {
			g.Go(func() error {
				_, err := r.Send(r.ctx, p.Chat(), r.NewMessageID(), channel.Outbound{Text: fmt.Sprintf("pesan %d", k)})
				return err
			})
		}
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		ids := make(map[string]bool)
		texts := make(map[string]bool)
		for _, s := range p.Sees(t) {
			ids[s.ID], texts[s.Text] = true, true
		}
		if len(ids) != each || len(texts) != each {
			t.Errorf("%v sees %d messages with %d texts, want %d", p.Chat(), len(ids), len(texts), each)
		}
	}
}

func testTyping(t *testing.T, h Harness) {
	r, p := start(t, h, NewInbox()), h.Person(t, "Asep")
	if err := r.Typing(r.ctx, p.Chat()); err != nil {
		t.Errorf("Typing: %v", err)
	}
	if n := p.Typing(); n != 1 && n != -1 {
		t.Errorf("the bot was seen typing %d times, want once", n)
	}
}
