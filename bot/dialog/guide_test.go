package dialog_test

import (
	"strings"
	"testing"

	"github.com/diskopukm/emileku/bot/transcript"
)

// TestGuideIsShort: whoever asks, in whatever phase, /start and /bantuan fit
// into eight lines, name something to do, and have buttons where there are any.
func TestGuideIsShort(t *testing.T) {
	t.Parallel()
	phases := []struct{ name, at string }{
		{"preparing", "2026-11-15 09:00"}, {"inviting", "2026-11-30 09:00"}, {"last week", "2027-01-07 09:00"},
		{"the day", "2027-01-14 09:00"}, {"afterwards", "2027-01-15 09:00"}, {"long ago", "2027-06-01 09:00"},
	}
	people := []string{"baru", "draf", "terdaftar", "diundang", "menjawab", "lihat", "meja", "anggota", "ketua"}
	for kind, caps := range map[string]func(*testing.T) *transcript.House{
		"buttons": func(t *testing.T) *transcript.House { t.Helper(); return transcript.NewHouse(t, transcript.Telegram()) },
		"plain":   func(t *testing.T) *transcript.House { t.Helper(); return transcript.NewHouse(t, transcript.Plain()) },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := caps(t)
			short := func(phase string, room string) {
				t.Helper()
				for _, who := range people {
					for _, line := range []string{"/start", "/bantuan"} {
						if room != "" && line == "/start" {
							continue
						}
						msgs := speak(t, w, who, room, line)
						if len(msgs) != 1 {
							t.Errorf("%s, %s> %s: %d messages", phase, who, line, len(msgs))
							continue
						}
						n := 0
						for _, l := range strings.Split(msgs[0].Text, "\n") {
							if strings.TrimSpace(l) != "" {
								n++
							}
						}
						if n > 8 {
							t.Errorf("%s, %s> %s: %d lines\n%s", phase, who, line, n, msgs[0].Text)
						}
						if room == "" && (len(msgs[0].Buttons) > 0) != (kind == "buttons") {
							t.Errorf("%s, %s> %s: buttons %v", phase, who, line, msgs[0].Buttons)
						}
					}
				}
			}
			for _, r := range []string{"lihat lihat", "meja meja", "anggota anggota", "ketua ketua"} {
				direct(t, w, "peran "+r)
			}
			short("no event", "")
			direct(t, w, "acara 2027-01-14 08:00 | E-MILE KU 2027 | Lapangan Tegar Beriman")
			direct(t, w, "grup")
			direct(t, w, "diundang diundang | koperasi | H. Dedi Supriadi | Bapak")
			direct(t, w, "diundang menjawab | koperasi | Hj. Lilis | Ibu")
			speak(t, w, "menjawab", "", "insya allah hadir")
			for _, line := range []string{"daftar masyarakat", "setuju", "Ujang", "Cibinong", "2"} {
				speak(t, w, "draf", "", line)
				speak(t, w, "terdaftar", "", line)
			}
			for _, line := range []string{"lewati", "kirim"} {
				speak(t, w, "terdaftar", "", line)
			}
			for _, p := range phases {
				if err := w.Clock(p.at); err != nil {
					t.Fatal(err)
				}
				speak(t, w, "ketua", "", "/rekap") // what fell due comes first
				short(p.name, "")
				short(p.name, "grup")
			}
		})
	}
}

func direct(t *testing.T, w *transcript.House, line string) {
	t.Helper()
	if err := w.Direct(line); err != nil {
		t.Fatal(err)
	}
}

func speak(t *testing.T, w *transcript.House, who, room, line string) []transcript.Message {
	t.Helper()
	if err := w.Say(who, room, line); err != nil {
		t.Fatal(err)
	}
	msgs, err := w.Seen(who, room)
	if err != nil {
		t.Fatal(err)
	}
	return msgs
}
