package dialog

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// otherWords are what people call a command that has another name.
var otherWords = map[string]string{
	"absen": "hadir", "absensi": "hadir", "presensi": "hadir", "checkin": "hadir", "check-in": "hadir",
	"jadwal": "rundown", "susunan": "rundown",
	"foto": "dok", "dokumentasi": "dok", "album": "dok",
	"poster": "branding", "promosi": "branding", "ceklis": "tugas", "checklist": "tugas", "todo": "tugas", "tenggat": "tugas",
	"report": "laporan", "survei": "evaluasi", "survey": "evaluasi",
	"barang": "logistik", "perlengkapan": "logistik", "event": "acara", "anggota": "tim", "export": "ekspor", "unduh": "ekspor", "download": "ekspor",
	"rsvp": "konfirmasi", "jawaban": "konfirmasi", "invite": "undangan", "undang": "undangan", "kirim": "sebar",
	"register": "daftar", "registrasi": "daftar", "cancel": "batal", "edit": "ubah", "faq": "tanya",
}

// wordPart is how many letters of a longer command name it.
const wordPart = 4

// Nearest finds the command that a mistyped word may mean, among those that
// this person may use here; slips tells by how much it differs.
func (d *Desk) Nearest(t *Turn, word string) (name string, slips int, ok bool) {
	word = strings.ToLower(strings.Trim(word, " .,!?"))
	if base, ok := strings.CutSuffix(word, "nya"); ok && len(base) >= wordPart { // "tiketnya": the ticket
		word = base
	}
	if c, ok := d.Lookup(word); ok && c.Allows(t.Person.Role) && (t.In.Group && c.Group || !t.In.Group && c.Private) {
		return c.Name, 0, true
	}
	best := 0
	for _, c := range d.MenuFor(t.Person.Role, t.In.Group) {
		names := append([]string{c.Name}, c.Aliases...)
		for _, n := range names {
			if n == word {
				return c.Name, 0, true
			}
			got, near := slipsBetween(word, n)
			if near && (!ok || got < best) {
				name, best, ok = c.Name, got, true
			}
		}
	}
	if meant := otherWords[word]; meant != "" && (!ok || best > 1) {
		if slices.ContainsFunc(d.MenuFor(t.Person.Role, t.In.Group), func(c Command) bool { return c.Name == meant }) {
			return meant, 1, true
		}
	}
	return name, best, ok
}

// slipsBetween counts the slips between a word and a command: a letter too many, too
// few or wrong, two that changed places, or an end that was left off. Short
// commands leave less room for slips, lest everything looks like one.
func slipsBetween(word, name string) (slips int, near bool) {
	if utf8.RuneCountInString(word) < 3 {
		return 0, false
	}
	if len(word) >= wordPart && strings.HasPrefix(name, word) {
		return 1, true
	}
	slips = levenshtein.ComputeDistance(word, name)
	if slips == 2 && swapped(word, name) {
		slips = 1
	}
	limit := 2
	if len(name) <= 4 {
		limit = 1
	}
	return slips, slips <= limit
}

// swapped reports whether two words differ by two neighbours that changed
// places.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) - 1 {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}
