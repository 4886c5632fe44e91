package bot_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/diskopukm/emileku/bot/transcript"
	"github.com/diskopukm/emileku/storage/archive/document"
)

// wrong are uses that no command knows: words it has no meaning for, numbers
// and names that there are not, parts left out.
var wrong = `
/daftar ngawur
/tugas ngawur
/tugas 99
/tugas 5 ngawur
/tugas 5 serah Nemo
/tugas 5 geser ngawur
/tugas 5 tambah
/tugas 5 lewati
/tugas 5 setelah 99
/tugas baru
/tugas baru Rapat | ngawur
/tugas libur ngawur | x
/selesai 99
/selesai ngawur
/rekap ngawur
/rekap EMK-1999
/konfirmasi Nemo hadir
/konfirmasi Dedi ngawur
/konfirmasi daftar ngawur
/cari zzzzzz
/undangan ngawur
/undangan tambah X
/undangan tambah X | ngawur
/undangan tambah X | koperasi | Y | 12
/undangan berhenti Nemo
/undangan hapus Nemo
/sebar ngawur
/sebar sudah x
/sebar setujui x
/surat ngawur
/surat baru ngawur
/surat nomor
/surat pengaturan ngawur
/branding ngawur
/tanya ngawur
/tanya tambah x
/tanya hapus nemo
/kurasi ngawur
/kurasi 99 terima
/ekspor ngawur
/ekspor EMK-1999
/acara ngawur
/acara baru X
/acara baru E-MILE KU 2028 | ngawur | Cibinong
/acara ubah ngawur
/acara ubah tanggal ngawur
/acara kuota ngawur 5
/acara kuota ukm ngawur
/acara salin EMK-1999
/tim ngawur
/tim peran Nemo | anggota
/tim peran Meja | ngawur
/tim tautan ngawur
/riwayat zzzzz
/rundown ngawur
/tema ngawur
/logistik ngawur
/hadir zzzzzz
/evaluasi ngawur
/laporan ngawur
`

// anything are the commands that take no words, so that none can be wrong, or
// that have nothing to be wrong about before there is a registration.
var anything = []string{
	"start", "status", "ubah", "batal", "kembali", "datasaya", "hapusdata", "stop", "bantuan", "klaim", "grup", "kesehatan",
	"dok",      // whose words name what the photos show
	"whatsapp", // which this world does not run; the dialog's own conversations have its wrong uses
}

// explains is what an answer to a wrong use holds: an example, what there is to
// choose from, or the command that shows it.
var explains = regexp.MustCompile(`[Cc]ontoh|Pilih|(Lihat|lihat|mulai) .*/\w+|: /\w+|Yang dapat`)

// TestWrongUse: whatever is wrong about a command, the answer says so with an
// example, and nothing changes.
func TestWrongUse(t *testing.T) {
	t.Parallel()
	for kind, caps := range map[string]func() *transcript.House{
		"buttons": func() *transcript.House { return transcript.NewHouse(t, transcript.Telegram()) },
		"plain":   func() *transcript.House { return transcript.NewHouse(t, transcript.Plain()) },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			m := begin(t, caps(), "ketua")
			tried := map[string]bool{}
			for _, line := range strings.Split(strings.TrimSpace(wrong), "\n") {
				name, _, _ := strings.Cut(line[1:], " ")
				if slices.Contains(missing, name) {
					continue
				}
				tried[name] = true
				before := holdings(t, m.w)
				msgs := m.say("", line)
				after := holdings(t, m.w)
				for c := range after {
					if c != document.Chats && before[c] != after[c] {
						t.Errorf("> %s\nchanged %s: %q", line, c, msgs)
					}
				}
				if len(msgs) == 0 || !slices.ContainsFunc(msgs, func(got transcript.Message) bool { return explains.MatchString(got.Text) }) {
					t.Errorf("> %s\ndoes not explain itself: %q", line, msgs)
				}
			}
			for _, c := range m.w.Commands() {
				if c.Menu && !tried[c.Name] && !slices.Contains(anything, c.Name) {
					t.Errorf("/%s: nobody tried to use it wrongly", c.Name)
				}
			}
		})
	}
}
