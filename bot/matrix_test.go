package bot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/diskopukm/emileku/bot/transcript"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive"
	"github.com/diskopukm/emileku/storage/archive/document"
)

// Where a role may use a command.
const (
	no  = "–"   // nowhere
	P   = "P"   // in private
	yes = "yes" // in private and in the team's group
)

// matrix is the table of DESIGN section 8, line by line: every command, and who
// may use it where. Where DESIGN tells looking from changing, so does this:
// "/tugas" looks, "/tugas(ubah)" changes.
var matrix = []struct {
	commands                            string
	guest, readOnly, desk, member, lead string
}{
	{"/start /daftar /status /ubah /batal /kembali /datasaya /hapusdata STOP", P, P, P, P, P},
	{"/lanjut", P, P, P, P, P},            // not in DESIGN: goes on with on one channel what was begun on another
	{"/survei", P, P, P, P, P},            // not in DESIGN: what those who came are asked a day later
	{"/bantuan", yes, yes, yes, yes, yes}, // DESIGN: P; in the group it tells what can be done there
	{"/klaim", P, P, P, P, P},
	{"/tugas /rekap /konfirmasi /rundown /logistik", no, yes, yes, yes, yes},
	{"/cari /hadir", no, no, P, P, P},
	{"/selesai /tugas(ubah) /tema /rundown(ubah) /logistik(ubah) /branding /dok /evaluasi /tanya /kurasi", no, no, no, yes, yes},
	{"/surat /undangan /undangan(ubah) /sebar /konfirmasi(ubah)", no, no, no, yes, yes},
	{"/ekspor /laporan", no, no, no, P, P},
	{"/acara /tim /grup /riwayat /kesehatan /whatsapp", no, no, no, no, yes},
}

// missing are the commands of the table that do not exist yet. One that has
// come must leave this list.
var missing []string

// lines is what is typed for a command of the matrix where that is more than
// its name, and own is how the command's own answer is known.
var (
	lines = map[string]string{
		"/tugas(ubah)":      "/tugas 5 ambil",
		"/konfirmasi(ubah)": "/konfirmasi Dedi Supriadi hadir 2 | telepon",
		"/undangan(ubah)":   "/undangan hapus Dedi Supriadi",
		"/rundown(ubah)":    "/rundown tambah 08.00 | 30 menit | Pembukaan | Ketua tim | Panggung",
		"/logistik(ubah)":   "/logistik tambah Tenda | 4 unit",
	}
	own = map[string]string{
		"/start":            `^Selamat datang`,
		"/daftar":           `mohon persetujuan Bapak/Ibu`,
		"/status":           `^Belum ada pendaftaran atas nama`,
		"/ubah":             `^Belum ada pendaftaran atas nama`,
		"/batal":            `^Belum ada pendaftaran atas nama`,
		"/kembali":          `^Ini sudah pertanyaan pertama`,
		"/datasaya":         `^Data Bapak/Ibu yang kami simpan`,
		"/hapusdata":        `^Hapus semua data Bapak/Ibu\?`,
		"STOP":              `^Baik, kami tidak akan mengirim pesan lagi`,
		"/bantuan":          `Yang dapat Bapak/Ibu lakukan|^Di grup ini kami melayani tim`,
		"/klaim":            `^Mohon kirim kode ketua|sudah menjadi ketua tim`,
		"/tugas":            `^Tugas E-MILE KU 2027 \(H-45\)`,
		"/tugas(ubah)":      `^5\. Menyiapkan logistik: penanggung jawab kini|memang sudah demikian`,
		"/rekap":            `^Rekap EMK-2027`,
		"/konfirmasi":       `^Konfirmasi kehadiran`,
		"/konfirmasi(ubah)": `^Dicatat: H. Dedi Supriadi Hadir, 2 orang`,
		"/cari":             `^Cari siapa\?`,
		"/selesai":          `^Tugas mana yang selesai\?`,
		"/branding":         `^Poster untuk siapa\?`,
		"/tanya":            `^Belum ada jawaban buatan tim`,
		"/kurasi":           `^Tidak ada yang menunggu keputusan`,
		"/surat":            `^Surat E-MILE KU 2027`,
		"/undangan":         `^Tamu undangan EMK-2027`,
		"/undangan(ubah)":   `^Keluarkan H. Dedi Supriadi|tidak dapat dikeluarkan`,
		"/sebar":            `^Undangan E-MILE KU 2027 untuk siapa\?`,
		"/ekspor":           `^Ekspor EMK-2027`,
		"/acara":            `^Acara\n• EMK-2027`,
		"/tim":              `^Tim pelaksana`,
		"/grup":             `^Grup tim saat ini|^Grup ini sudah menjadi grup tim`,
		"/riwayat":          `^Riwayat`,
		"/kesehatan":        `Basis data`,
		"/rundown":          `^Rundown E-MILE KU 2027`,
		"/rundown(ubah)":    `acara ditambahkan`,
		"/logistik":         `^Logistik E-MILE KU 2027`,
		"/logistik(ubah)":   `^Ditambahkan pada tugas 5`,
		"/tema":             `^Tema E-MILE KU 2027`,
		"/hadir":            `baru dapat dicatat pada hari acara`,
		"/dok":              `^Album E-MILE KU 2027`,
		"/survei":           `^Saat ini tidak ada survei`,
		"/evaluasi":         `^Evaluasi E-MILE KU 2027`,
		"/laporan":          `^Laporan E-MILE KU 2027`,
		"/lanjut":           `^Di chat ini belum ada pendaftaran`,
		"/whatsapp":         `^WhatsApp belum dinyalakan`,
	}
	refusal   = regexp.MustCompile(`^Mohon maaf, (perintah itu hanya untuk tim pelaksana|[^.]* hanya (untuk|dapat diubah)|yang mengubah)`)
	onlyAlone = regexp.MustCompile(`hanya dapat dipakai di chat pribadi`)
	astray    = regexp.MustCompile(`tidak kami kenal|ada gangguan di sistem kami`)
)

// cell is one command for one role.
type cell struct {
	name string // "/tugas(ubah)"
	may  string // no, P or yes
}

func (c cell) command() string { return strings.TrimSuffix(strings.TrimPrefix(c.name, "/"), "(ubah)") }

func (c cell) line() string {
	if l, ok := lines[c.name]; ok {
		return l
	}
	return c.name
}

// in reports whether the command is for this room: "" is a private chat.
func (c cell) in(room string) bool { return c.may == yes && room != "lain" || c.may == P && room == "" }

// cells are the matrix's columns, by role as scripts call it.
func cells() map[string][]cell {
	out := map[string][]cell{}
	for _, row := range matrix {
		for _, name := range strings.Fields(row.commands) {
			for role, may := range map[string]string{"tamu": row.guest, "lihat": row.readOnly, "meja": row.desk, "anggota": row.member, "ketua": row.lead} {
				if c := (cell{name, may}); !slices.Contains(missing, c.command()) {
					out[role] = append(out[role], c)
				}
			}
		}
	}
	return out
}

// TestMatrixIsWhole: every command that there is stands in the table, and every
// command of the table is there, but for those that are said to be missing.
func TestMatrixIsWhole(t *testing.T) {
	t.Parallel()
	listed := map[string]bool{"stop": true}
	for _, row := range matrix {
		for _, name := range strings.Fields(row.commands) {
			listed[strings.ToLower(cell{name: name}.command())] = true
		}
	}
	w := transcript.NewHouse(t, transcript.Telegram())
	there := map[string]bool{}
	for _, c := range w.Commands() {
		there[c.Name] = true
		if !listed[c.Name] {
			t.Errorf("/%s is a command, and the matrix does not say who may use it", c.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		switch waits := slices.Contains(missing, name); {
		case there[name] && waits:
			t.Errorf("/%s has come: take it off the list of those that are missing", name)
		case !there[name] && !waits:
			t.Errorf("/%s stands in the matrix, and there is no such command", name)
		}
	}
}

// TestMatrix: every command by every role, in private, in the team's group and
// in another group, on a channel with buttons and on one without. Who may use it
// gets its own answer; who may not is told so, and nothing changes; in another
// group the bot is silent.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for kind, caps := range map[string]func() *transcript.House{
		"buttons": func() *transcript.House { return transcript.NewHouse(t, transcript.Telegram()) },
		"plain":   func() *transcript.House { return transcript.NewHouse(t, transcript.Plain()) },
	} {
		for role, list := range cells() {
			t.Run(kind+"/"+role, func(t *testing.T) {
				t.Parallel()
				m := begin(t, caps(), role)
				for _, room := range []string{"", "grup", "lain"} {
					for _, c := range list {
						if !c.in(room) {
							m.refused(c, room)
						}
					}
				}
				for _, room := range []string{"", "grup"} {
					for _, c := range list {
						if c.in(room) {
							m.answered(c, room)
						}
					}
				}
			})
		}
	}
}

// TestButtonsAskWhoPresses: what the bot puts before the team in its group can
// be pressed by anybody who is there, and still does nothing for those whose
// role is not enough.
func TestButtonsAskWhoPresses(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"tamu", "lihat", "meja"} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			m := begin(t, transcript.NewHouse(t, transcript.Telegram()), who)
			lead := &trial{t, m.w, "ketua"}
			pressed := 0
			for _, line := range []string{"/tugas 5", "/tugas 7", "/acara EMK-2027", "/konfirmasi", "/undangan", "/sebar", "/tim"} {
				for _, msg := range lead.say("grup", line) {
					for _, row := range msg.Buttons {
						for _, label := range row {
							if msg.To != "" {
								continue
							}
							before := holdings(t, m.w)
							got := m.say("grup", "["+label+"]")
							after := holdings(t, m.w)
							for name := range after {
								if before[name] != after[name] {
									t.Errorf("%s pressed [%s] under %s, and %s changed: %q", who, label, line, name, got)
								}
							}
							pressed++
						}
					}
				}
			}
			if pressed < 10 {
				t.Errorf("only %d buttons were there", pressed)
			}
		})
	}
}

// trial is one role's walk through the matrix.
type trial struct {
	t   *testing.T
	w   *transcript.House
	who string
}

// begin opens a world with an event, a guest and the team, in which who has a
// question open in private.
func begin(t *testing.T, w *transcript.House, who string) *trial {
	t.Helper()
	m := &trial{t, w, who}
	for _, line := range setting {
		if err := w.Direct(line); err != nil {
			t.Fatal(err)
		}
	}
	m.say("", "/daftar")
	return m
}

func (m *trial) say(room, text string) []transcript.Message {
	m.t.Helper()
	if err := m.w.Say(m.who, room, text); err != nil {
		m.t.Fatalf("%s@%s> %s: %v", m.who, room, text, err)
	}
	msgs, err := m.w.Seen(m.who, room)
	if err != nil {
		m.t.Fatalf("%s@%s> %s: %v", m.who, room, text, err)
	}
	return msgs
}

func (m *trial) answered(c cell, room string) {
	m.t.Helper()
	msgs := m.say(room, c.line())
	want, ok := own[c.name]
	if !ok {
		m.t.Errorf("the matrix does not know how %s answers: %q", c.name, msgs)
		return
	}
	for _, got := range msgs {
		if astray.MatchString(got.Text) || refusal.MatchString(got.Text) || onlyAlone.MatchString(got.Text) {
			m.t.Errorf("%s@%s> %s\nrefused, and is allowed: %s", m.who, room, c.line(), got.Text)
			return
		}
	}
	if !slices.ContainsFunc(msgs, func(got transcript.Message) bool { return regexp.MustCompile(want).MatchString(got.Text) }) {
		m.t.Errorf("%s@%s> %s\ngot  %q\nwant %s", m.who, room, c.line(), msgs, want)
	}
}

func (m *trial) refused(c cell, room string) {
	m.t.Helper()
	line := c.line()
	switch {
	case room == "lain" && c.name == "/grup" && c.may == yes:
		return // so a group becomes the team's
	case room != "" && line == "STOP":
		line = "/stop" // the word alone is for the group's own talk
	}
	before := holdings(m.t, m.w)
	msgs := m.say(room, line)
	switch want := refusal; {
	case room == "lain":
		if len(msgs) > 0 {
			m.t.Errorf("%s@%s> %s\nthe bot speaks in a group that is not the team's: %q", m.who, room, line, msgs)
		}
	default:
		if c.may != no {
			want = onlyAlone
		}
		if len(msgs) != 1 || msgs[0].To != "" || !want.MatchString(msgs[0].Text) {
			m.t.Errorf("%s@%s> %s\ngot %q\nwant one message like %s", m.who, room, line, msgs, want)
		}
	}
	after := holdings(m.t, m.w)
	for name := range after {
		if before[name] != after[name] {
			m.t.Errorf("%s@%s> %s was refused, and %s changed", m.who, room, line, name)
		}
	}
}

// holdings is a hash of each collection of a world's database, but for what
// every message leaves behind: itself, its answer, and that the chat had it.
// What a chat remembers of its open questions is in.
func holdings(t *testing.T, w *transcript.House) map[string]string {
	t.Helper()
	store := w.App().Store()
	m, err := archive.Hash(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, c := range m.Collections {
		if c.Name != document.Inbox && c.Name != document.Outbox && c.Name != document.Chats {
			out[c.Name] = fmt.Sprint(c.Count, " ", c.SHA256)
		}
	}
	var open strings.Builder
	err = store.Raw().Each(context.Background(), document.Chats, func(id string, doc json.RawMessage) error {
		var c storage.Chat
		if err := json.Unmarshal(doc, &c); err != nil {
			return err
		}
		if c.Dialog != "" || c.Draft != nil {
			draft, err := json.Marshal(c.Draft)
			fmt.Fprintf(&open, "%s %s %s %s %s\n", id, c.Dialog, c.State, c.With, draft)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	out[document.Chats] = open.String()
	return out
}
