package dialog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/xuri/excelize/v2"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/templates"
)

// office is the desk with a real database, for what a transcript cannot say.
type office struct {
	t     *testing.T
	desk  *Desk
	app   *app.App
	clock *clock.Fake
	texts *templates.Renderer
	net   *wires
	chats map[string]*storage.Chat
	n     int
}

// wires is a Network whose answers a test sets.
type wires struct {
	sight    channel.GroupSight
	sightErr error
	health   []Health
	menus    map[string]event.Role
	line     channel.Connection
	linked   []string // numbers that were to be linked; "": by QR code
	linkErr  error
	files    map[string][]byte // by channel.Media.Ref
}

func (w *wires) Fetch(_ context.Context, _ channel.Name, m channel.Media, limit int64) ([]byte, error) {
	data, ok := w.files[m.Ref]
	if !ok || int64(len(data)) > limit {
		return nil, channel.ErrTooLarge
	}
	return data, nil
}

func (w *wires) ReplyLink(string, string) string { return "" }

func (w *wires) StopLink(string, string) string { return "" }

func (w *wires) DeepLink(_ channel.Name, payload string) string {
	return "https://t.me/bot?start=" + payload
}

func (w *wires) Forget(context.Context, channel.Chat) error { return nil }

func (w *wires) On(channel.Name) bool { return true }

func (w *wires) InspectGroup(context.Context, channel.Chat) (channel.GroupSight, bool, error) {
	return w.sight, true, w.sightErr
}

func (w *wires) Menu(_ context.Context, chat channel.Chat, _ bool, role event.Role) error {
	w.menus[chat.ID] = role
	return nil
}

func (w *wires) Line(channel.Name) (channel.Connection, bool) { return w.line, true }

func (w *wires) Link(_ channel.Name, phone string, _ channel.Inbound) error {
	w.linked = append(w.linked, phone)
	return w.linkErr
}

func (w *wires) Unlink(context.Context, channel.Name) error {
	w.line = channel.Connection{State: channel.Unlinked}
	return nil
}

func (w *wires) Health(context.Context) []Health { return w.health }

func newOffice(t *testing.T) *office {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "office.db"), Relaxed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	texts, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	o := &office{
		t: t, clock: clock.NewFake(time.Date(2026, 11, 30, 9, 0, 0, 0, event.Jakarta)), texts: texts,
		net: &wires{menus: map[string]event.Role{}}, chats: map[string]*storage.Chat{},
	}
	o.app = app.New(store, o.clock)
	o.desk = New(o.app, texts, o.net)
	return o
}

// does lets a person do something in private and returns what was answered,
// plain, each message in the form "chat: text".
func (o *office) does(who string, in channel.Inbound) string {
	o.t.Helper()
	o.n++
	if in.ID == "" {
		in.ID = fmt.Sprintf("t:u:%d", o.n)
	}
	if in.Chat.IsZero() {
		in.Chat = channel.Chat{Channel: channel.Telegram, ID: who}
	}
	if in.Kind == "" {
		in.Kind = channel.Text
	}
	in.Sender = channel.Sender{ID: who, Name: strings.ToUpper(who[:1]) + who[1:], Username: who}
	p, err := o.app.Identify(o.t.Context(), in)
	if err != nil {
		o.t.Fatal(err)
	}
	c := o.chats[in.Chat.ID]
	if c == nil {
		c = &storage.Chat{ID: in.Chat.String(), Group: in.Group}
		o.chats[in.Chat.ID] = c
	}
	caps := channel.Capabilities{Buttons: true, Contact: true, MaxText: 4096, MaxCaption: 1024}
	turn := NewTurn(in, p, c, caps, o.texts, zerolog.Nop())
	if err := o.route(turn); err != nil {
		o.t.Fatalf("%s: %s: %v", who, in.Text, err)
	}
	var b strings.Builder
	for _, m := range turn.Out() {
		fmt.Fprintf(&b, "%s: %s\n", m.Chat.ID, m.Body.Text)
		if m.Body.File != nil {
			fmt.Fprintf(&b, "(%s)\n", m.Body.File.Blob)
		}
		for _, row := range m.Body.Buttons {
			for _, k := range row {
				if len(k.Value) > channel.MaxButtonValue {
					o.t.Errorf("button %q has %d bytes", k.Value, len(k.Value))
				}
				fmt.Fprintf(&b, "[%s=%s]\n", k.Label, k.Value)
			}
		}
	}
	return b.String()
}

func (o *office) route(turn *Turn) error {
	ctx := o.t.Context()
	if rest, ok := strings.CutPrefix(turn.In.Text, "/"); ok {
		name, args := cutWord(rest)
		c, ok := o.desk.Lookup(name)
		if !ok || !c.Allows(turn.Person.Role) {
			return fmt.Errorf("/%s is not allowed to %q", name, turn.Person.Role)
		}
		return o.desk.Run(ctx, turn, c, args)
	}
	if ok, err := o.desk.Step(ctx, turn); !ok || err != nil {
		return errors.Join(err, map[bool]error{false: errors.New("no dialog is open")}[ok])
	}
	return nil
}

func (o *office) says(who, text string) string {
	o.t.Helper()
	return o.does(who, channel.Inbound{Text: text})
}

// has fails unless text holds all parts.
func (o *office) has(text string, parts ...string) {
	o.t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			o.t.Errorf("%q is missing in:\n%s", p, text)
		}
	}
}

// lead makes rina the lead with the first code.
func (o *office) lead() {
	o.t.Helper()
	code, err := o.app.FirstCode(o.t.Context(), "")
	if err != nil {
		o.t.Fatal(err)
	}
	o.has(o.says("rina", "/klaim"), "kode ketua")
	o.has(o.says("rina", " `"+strings.ToLower(code[:5])+" "+code[5:]+"` "), "kini *ketua tim*", "[Buat acara=/acara baru]")
}

func (o *office) roleOf(who string) event.Role {
	o.t.Helper()
	p, err := o.app.Store().People().ByAccount(o.t.Context(), event.AccountKey("telegram", who))
	if err != nil {
		o.t.Fatal(err)
	}
	return p.Role
}

func TestClaimAndJoin(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.lead()
	if o.roleOf("rina") != event.Lead || o.net.menus["rina"] != event.Lead {
		t.Errorf("rina is %q, her menu %q", o.roleOf("rina"), o.net.menus["rina"])
	}
	link := o.says("rina", "/tim tautan meja depan")
	_, code, _ := strings.Cut(link, "?start=")
	code, _, _ = strings.Cut(code, "\n")
	code = strings.ReplaceAll(code, `\`, "") // the link is escaped for the markup

	// The lead tries the link out: it stays good, and she stays the lead.
	o.has(o.says("rina", "/start "+code), "sudah ada di tim")
	o.has(o.does("budi", channel.Inbound{ID: "t:join", Text: "/start " + code}), "kini *Meja depan*")
	if got := o.roleOf("budi"); got != event.FrontDesk {
		t.Errorf("budi is %q", got)
	}
	// The same message again, after a crash, changes nothing.
	o.does("budi", channel.Inbound{ID: "t:join", Text: "/start " + code})
	o.has(o.says("siti", "/start "+code), "sudah dipakai")

	o.has(o.says("rina", "/tim hapus Budi"), "Keluarkan *Budi*")
	o.has(o.says("rina", "ya"), "sudah dikeluarkan", "budi: Tugas Bapak/Ibu", "[Urungkan=/tim peran telegram:budi | frontdesk]")
	o.has(o.says("budi", "/start "+code), "sudah dipakai")
	if got := o.roleOf("budi"); got != event.Guest {
		t.Errorf("the used link made budi %q again", got)
	}
}

func TestAddByContactAndReply(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.lead()
	o.has(o.says("rina", "/tim tambah"), "bagikan kontaknya")
	card := channel.Inbound{Kind: channel.Card, Contact: &channel.Contact{Name: "Budi *Santoso*", Phone: "0812", UserID: "77"}}
	o.has(o.does("rina", card), `Peran apa untuk *Budi \*Santoso\**?`)
	o.has(o.says("rina", "anggota"), "kini Anggota tim", "belum membuka chat")
	if got := o.roleOf("77"); got != event.Member {
		t.Errorf("the contact is %q", got)
	}
	group := channel.Chat{Channel: channel.Telegram, ID: "-5"}
	reply := channel.Inbound{
		Chat: group, Group: true, Text: "/tim tambah meja depan",
		ReplyTo: &channel.Quote{MessageID: "1", Sender: &channel.Sender{ID: "88", Name: "Siti"}},
	}
	o.has(o.does("rina", reply), "*Siti* kini Meja depan")
	if got := o.roleOf("88"); got != event.FrontDesk {
		t.Errorf("the author of the message is %q", got)
	}
	o.has(o.says("rina", "/tim"), "(3 orang)", "Siti", "belum membuka chat")
}

// An open dialog ends when its person's role is taken away.
func TestRoleTakenAwayMidway(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.lead()
	o.has(o.says("rina", "/acara baru"), "judul")
	if _, err := o.app.UpdatePerson(t.Context(), "telegram:rina", func(p *event.Person) { p.Role = event.Guest }); err != nil {
		t.Fatal(err)
	}
	o.has(o.says("rina", "E-MILE KU 2027"), "tidak lagi termasuk peran")
}

func TestBindGroup(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.lead()
	in := func(id, text string) channel.Inbound {
		return channel.Inbound{Chat: channel.Chat{Channel: channel.Telegram, ID: id}, Group: true, ChatTitle: "Tim " + id, Text: text}
	}
	o.net.sight = channel.GroupSight{Member: true, Admin: true, SeesAll: true}
	o.has(o.does("rina", in("-1", "/grup")), "kini *grup tim*", "Bot menjawab perintah")
	o.has(o.does("rina", in("-2", "/grup")), "Tim -1", "[Pindah ke grup ini=/grup ganti]")
	if g, _, err := o.app.Group(t.Context()); err != nil || g.Chat.ID != "-1" {
		t.Errorf("bound %v without a yes (%v)", g, err)
	}
	o.net.sight.SeesAll = false
	o.has(o.does("rina", in("-2", "/grup ganti")), "kini *grup tim*", "belum dapat melihat", "BotFather")
	if g, _, _ := o.app.Group(t.Context()); g.Chat.ID != "-2" {
		t.Errorf("bound %v", g)
	}
	if o.net.menus["-1"] != event.Guest || o.net.menus["-2"] != event.Lead {
		t.Errorf("menus %v", o.net.menus)
	}
	o.net.sightErr = errors.New("timeout")
	o.has(o.does("rina", in("-2", "/grup")), "belum dapat memeriksa")
}

func TestHealth(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.lead()
	o.net.health = []Health{{Part: "version", Detail: "1.2.3"}, {Part: "database", Detail: "SQLite"}}
	o.has(o.says("rina", "/kesehatan"), "Semua baik", "Versi: 1.2.3", "Basis data: baik (SQLite)", "Jam latihan")
	o.net.health = append(o.net.health, Health{Part: "telegram", Err: errors.New("401 Unauthorized")})
	now := time.Now().UTC().Truncate(time.Millisecond)
	row := storage.Message{
		ID: "x", Chat: channel.Chat{Channel: channel.Telegram, ID: "1"}, Body: channel.Outbound{Text: "hai"},
		State: storage.Queued, DueAt: now.Add(-time.Hour), QueuedAt: now.Add(-time.Hour),
	}
	if _, err := o.app.Store().Outbox().Add(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	row.ID = "y"
	if _, err := o.app.Store().Outbox().Add(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	if err := o.app.Store().Outbox().Drop(t.Context(), "y", storage.Failed, "chat not found"); err != nil {
		t.Fatal(err)
	}
	o.has(o.says("rina", "/kesehatan"), "Ada yang perlu perhatian", "Telegram: *BERMASALAH*", "401 Unauthorized", `TELEGRAM\_TOKEN; jalankan `+"`emileku doctor`",
		"Tersendat", "1 menunggu", "1 gagal", "chat not found")
}

// Paging through the trail shows each entry once, also where many were made
// at one instant.
func TestHistoryPages(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.lead()
	const n = 60
	for i := range n {
		if i%4 == 0 {
			o.clock.Advance(time.Second)
		}
		e := storage.AuditEntry{ID: fmt.Sprintf("e%d", i), At: o.app.Now(), Name: "Budi", Action: "event.update", Subject: fmt.Sprintf("no%02d.", i)}
		if err := o.app.Store().Audit().Add(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]int{}
	page := o.says("rina", "/riwayat event.update")
	for pages := 1; ; pages++ {
		for i := range n {
			seen[fmt.Sprintf("no%02d.", i)] += strings.Count(page, fmt.Sprintf("no%02d.", i))
		}
		_, next, more := strings.Cut(page, "[Lebih lama=")
		if !more {
			break
		}
		if pages > n {
			t.Fatal("it does not end")
		}
		next, _, _ = strings.Cut(next, "]")
		page = o.does("rina", channel.Inbound{Kind: channel.Press, Text: next})
	}
	for i := range n {
		if key := fmt.Sprintf("no%02d.", i); seen[key] != 1 {
			t.Errorf("%s was shown %d times", key, seen[key])
		}
	}
}

// register puts a UKM in without the talk.
func (o *office) register(who, name string, answers map[string]string) *event.Registration {
	o.t.Helper()
	all := map[string]string{
		event.KeyName: name, event.KeyOwner: "Siti", event.KeyField: "kuliner", event.KeyProduct: "Keripik",
		event.KeyLocation: "Cibinong/Karadenan", event.KeyPhone: "+6281234567890", event.KeyBooth: event.BoothPower,
	}
	for k, v := range answers {
		all[k] = v
	}
	e, err := o.app.Current(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	o.n++
	dr := &event.Draft{ID: fmt.Sprintf("d%d", o.n), EventID: e.ID, Audience: event.UKM, Form: 1, Answers: all}
	p, err := o.app.Identify(o.t.Context(), channel.Inbound{Chat: channel.Chat{Channel: channel.Telegram, ID: who}, Sender: channel.Sender{ID: who, Name: who}})
	if err != nil {
		o.t.Fatal(err)
	}
	r, err := o.app.Submit(o.t.Context(), app.Actor{Person: p, Inbound: dr.ID}, dr)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

// A file holds every question as a column, and nothing in it runs as a formula.
func TestExportHolds(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.lead()
	o.says("rina", "/acara baru E-MILE KU 2027 | 2027-01-14 08:00 | Pakansari")
	o.says("rina", "/acara kuota ukm 50")
	o.register("siti", "=HYPERLINK(1)", map[string]string{event.KeyNIB: "0120012345678"})
	o.register("asep", "Sale Pisang", map[string]string{event.KeyLocation: "luar:Depok", event.KeyBooth: event.BoothNone})
	out := o.does("rina", channel.Inbound{ID: "exp", Text: "/ekspor ukm"})
	o.has(out, "2 pendaftaran", "(export/exp)")
	_, data, err := o.app.Store().Media().Get(t.Context(), "export/exp")
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows("UKM")
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	cell := func(row int, title string) string {
		for i, c := range rows[0] {
			if c == title && i < len(rows[row]) {
				return rows[row][i]
			}
		}
		return ""
	}
	for _, tt := range []struct {
		row         int
		title, want string
	}{
		{1, "Nomor", "EMK-2027-0001"}, {1, "Nama usaha", "=HYPERLINK(1)"}, {1, "Kecamatan", "Cibinong"}, {1, "Desa/kelurahan", "Karadenan"},
		{1, "Stan", "Stan dengan listrik"}, {1, "Nomor stan", "1"}, {1, "NIB", "0120012345678"}, {1, "Nomor telepon", "0812-3456-7890"},
		{1, "Status", "terdaftar"}, {2, "Kecamatan", "Luar Kabupaten Bogor Depok"}, {2, "Nomor stan", ""}, {2, "Waktu mendaftar", "30/11/2026 09:00"},
	} {
		if got := cell(tt.row, tt.title); got != tt.want {
			t.Errorf("row %d, %s: %q, want %q", tt.row, tt.title, got, tt.want)
		}
	}
	if formula, err := f.GetCellFormula("UKM", "C2"); err != nil || formula != "" {
		t.Errorf("formula %q, %v", formula, err)
	}
	o.has(o.says("rina", "/riwayat ekspor"), "mengekspor data EMK-2027: 2 baris XLSX")

	out = o.does("rina", channel.Inbound{ID: "csv", Text: "/ekspor cibinong csv"})
	o.has(out, "1 pendaftaran", "Kecamatan Cibinong")
	_, data, err = o.app.Store().Media().Get(t.Context(), "export/csv")
	if err != nil || bytes.Count(data, []byte("\r\n")) != 2 || !bytes.Contains(data, []byte("'=HYPERLINK")) {
		t.Errorf("csv %q, %v", data, err)
	}
	if out = o.does("rina", channel.Inbound{Chat: channel.Chat{Channel: channel.Telegram, ID: "-1"}, Group: true, Text: "/ekspor"}); strings.Contains(out, "(export") {
		t.Error("a file went to the group:", out)
	}
}

// The answers as a file: officials first with who comes for them, numbers kept
// as they are, and nothing that runs as a formula.
func TestAnswersExport(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.lead()
	o.says("rina", "/acara baru E-MILE KU 2027 | 2027-01-14 08:00 | Pakansari")
	now := o.app.Now()
	for _, p := range []event.Participation{
		{PersonID: "a", Audience: event.UKM, Name: "=cmd|calc", Phone: "+6281234567890", InvitedAt: &now},
		{PersonID: "b", Audience: event.Official, Name: "Rudy", Position: "Sekretaris Daerah", InvitedAt: &now},
	} {
		p.ID, p.EventID, p.Code = event.ParticipationID("EMK-2027", p.PersonID), "EMK-2027", "kode"+p.PersonID
		p.Derive()
		if err := o.app.Store().Participations().Save(t.Context(), &p); err != nil {
			t.Fatal(err)
		}
	}
	o.has(o.says("rina", "/konfirmasi rudy diwakili Asisten I Pak Hendra 0813 1111 2222, 3 orang | protokol"), "Diwakilkan", "Hendra")
	out := o.does("rina", channel.Inbound{ID: "ans", Text: "/ekspor konfirmasi"})
	o.has(out, "Jawaban 2 tamu", "(export/ans)")
	_, data, err := o.app.Store().Media().Get(t.Context(), "export/ans")
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if sheets := f.GetSheetList(); len(sheets) != 2 || sheets[0] != "Pejabat" || sheets[1] != "UKM" {
		t.Errorf("sheets %v", sheets)
	}
	for _, tt := range []struct{ sheet, cell, want string }{
		{"Pejabat", "A2", "Rudy"}, {"Pejabat", "B2", "Sekretaris Daerah"}, {"Pejabat", "D2", "Diwakilkan"}, {"Pejabat", "E2", "3"},
		{"Pejabat", "G2", "0813-1111-2222"}, {"Pejabat", "L2", "protokol"}, {"UKM", "A2", "=cmd|calc"}, {"UKM", "D2", "Belum menjawab"}, {"UKM", "N2", "0812-3456-7890"},
	} {
		if got, err := f.GetCellValue(tt.sheet, tt.cell); err != nil || got != tt.want {
			t.Errorf("%s %s: %q, want %q (%v)", tt.sheet, tt.cell, got, tt.want, err)
		}
	}
	if formula, err := f.GetCellFormula("UKM", "A2"); err != nil || formula != "" {
		t.Errorf("formula %q, %v", formula, err)
	}
	if out = o.does("rina", channel.Inbound{Chat: channel.Chat{Channel: channel.Telegram, ID: "-1"}, Group: true, Text: "/konfirmasi ekspor"}); strings.Contains(out, "(export") {
		t.Error("a file went to the group:", out)
	}
}

// Moving an event is news once, also where the yes is replayed after a crash;
// the planner tells it.
func TestMoveReplayed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.lead()
	o.says("rina", "/acara baru E-MILE KU 2027 | 2027-01-14 08:00 | Pakansari")
	o.says("siti", "/start")
	o.register("siti", "Kopi Maju", nil)
	o.register("siti", "Teh Maju", nil)
	o.has(o.says("rina", "/acara ubah tanggal 21 Januari 2027 jam 8"), "Sudah mendaftar: 1", "chat 1")
	before := *o.chats["rina"]
	o.has(o.does("rina", channel.Inbound{ID: "yes", Text: "ya"}), "Yang dikabari", "Sudah mendaftar: 1")
	o.chats["rina"] = &before
	o.does("rina", channel.Inbound{ID: "yes", Text: "ya"})
	e, err := o.app.Event(t.Context(), "EMK-2027")
	if err != nil || e.Schedule != 1 || !e.Start.Equal(time.Date(2027, 1, 21, 8, 0, 0, 0, event.Jakarta)) {
		t.Errorf("moved to %v, %d times (%v)", e.Start, e.Schedule, err)
	}
	if n := e.News; n == nil || n.N != 1 || n.Kind != event.NewsMoved || n.Before.Day() != 14 {
		t.Errorf("news %+v", n)
	}
}

// A button of an older question decides nothing about a newer one.
func TestStaleButton(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.lead()
	for _, who := range []string{"budi", "siti"} {
		o.says(who, "/start")
		if _, err := o.app.UpdatePerson(t.Context(), "telegram:"+who, func(p *event.Person) { p.Role = event.Member }); err != nil {
			t.Fatal(err)
		}
	}
	first := o.says("rina", "/tim hapus Budi")
	_, yes, _ := strings.Cut(first, "[Ya=")
	yes, _, _ = strings.Cut(yes, "]")
	o.has(o.says("rina", "/tim hapus Siti"), "Keluarkan *Siti*")
	o.has(o.does("rina", channel.Inbound{Kind: channel.Press, Text: yes}), "Tombol itu", "Keluarkan *Siti*")
	if o.roleOf("siti") != event.Member || o.roleOf("budi") != event.Member {
		t.Error("an old button took somebody off the team")
	}
}

func TestCutCode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		"EMK-2027": {"EMK-2027", ""}, "emk 2027b ukm 50": {"EMK-2027B", "ukm 50"}, "emk2027|x": {"EMK-2027", "x"},
		"EMK-2027-0007 terima": {"", "EMK-2027-0007 terima"}, "ukm 50": {"", "ukm 50"}, "": {"", ""},
	} {
		code, rest := cutCode(in)
		if [2]string{code, rest} != want {
			t.Errorf("cutCode(%q) = %q, %q", in, code, rest)
		}
	}
}

// Whatever is typed after a staff command is answered without a fault, and
// every button fits the narrowest channel.
func FuzzStaffCommands(f *testing.F) {
	for _, s := range []string{
		"acara baru A | B | C", "acara ubah tanggal 2027-02-30", "acara kuota ukm 9999999999 kurasi", "acara EMK-2027 EMK-2027", "tim peran | |",
		"ekspor ukm koperasi csv batal luar", "kurasi 1 tolak", "riwayat @zzzzzzzzzzzzzzzzzzzz", "cari 0812", "acara EMK-2027 acara EMK-2027 x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 500 {
			return
		}
		o := newOffice(t)
		o.lead()
		o.says("rina", "/acara baru E-MILE KU 2027 | 2027-01-14 08:00 | Pakansari")
		for _, name := range []string{"acara", "tim", "grup", "rekap", "kurasi", "ekspor", "cari", "riwayat"} {
			o.chats["rina"].Dialog = ""
			args, _ := strings.CutPrefix(text, name+" ")
			o.does("rina", channel.Inbound{Text: "/" + name + " " + args})
			if o.chats["rina"].Dialog != "" {
				o.does("rina", channel.Inbound{Text: "x" + args})
			}
		}
	})
}
