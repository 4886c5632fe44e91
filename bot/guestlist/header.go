package guestlist

import (
	"slices"
	"strings"
	"unicode"

	"github.com/agnivade/levenshtein"

	"github.com/diskopukm/emileku/bot/event"
)

// header says which column holds what.
type header struct {
	titles  []string
	ignored []string
	at      map[Column][]int // the best column first; others where that is empty
}

// term is a word of a column name and what it stands for.
type term struct {
	column Column
	weight int // of several columns for the same thing the heaviest is read first
}

// terms are the words of column names. Names are made of several: "No. HP / WA
// Ketua".
var terms = map[string]term{
	"nama": {Name, 1}, "name": {Name, 1}, "tamu": {Name, 0}, "undangan": {Name, 0}, "penerima": {Name, 0}, "peserta": {Name, 0},
	"ketua": {Name, 2}, "pemilik": {Name, 2}, "pimpinan": {Name, 2}, "pengurus": {Name, 2}, "pengelola": {Name, 2},
	"direktur": {Name, 2}, "owner": {Name, 2}, "pic": {Name, 2}, "narahubung": {Name, 2}, "pejabat": {Name, 2}, "perwakilan": {Name, 2},

	"instansi": {Organisation, 3}, "organisasi": {Organisation, 3}, "koperasi": {Organisation, 2}, "usaha": {Organisation, 2},
	"lembaga": {Organisation, 2}, "perusahaan": {Organisation, 2}, "dinas": {Organisation, 2}, "komunitas": {Organisation, 2},
	"sanggar": {Organisation, 2}, "institusi": {Organisation, 2}, "umkm": {Organisation, 2}, "ukm": {Organisation, 2},
	"opd": {Organisation, 2}, "skpd": {Organisation, 2}, "grup": {Organisation, 2}, "organisation": {Organisation, 3},
	"organization": {Organisation, 3}, "company": {Organisation, 2}, "toko": {Organisation, 2}, "merek": {Organisation, 1},

	"jabatan": {Position, 2}, "posisi": {Position, 1}, "position": {Position, 2}, "kedudukan": {Position, 1},

	"sapaan": {Salutation, 2}, "panggilan": {Salutation, 1}, "salutation": {Salutation, 2}, "sebutan": {Salutation, 1},

	"wa": {WhatsApp, 4}, "whatsapp": {WhatsApp, 4}, "hp": {WhatsApp, 3}, "handphone": {WhatsApp, 3}, "ponsel": {WhatsApp, 3},
	"seluler": {WhatsApp, 3}, "mobile": {WhatsApp, 3}, "telepon": {WhatsApp, 2}, "telp": {WhatsApp, 2}, "tlp": {WhatsApp, 2},
	"telpon": {WhatsApp, 2}, "phone": {WhatsApp, 2}, "kontak": {WhatsApp, 1}, "contact": {WhatsApp, 1}, "nohp": {WhatsApp, 3},
	"nowa": {WhatsApp, 4}, "notelp": {WhatsApp, 2}, "wapri": {WhatsApp, 4},

	"telegram": {Telegram, 2}, "tele": {Telegram, 1}, "tg": {Telegram, 1},

	"email": {Email, 2}, "surel": {Email, 2}, "mail": {Email, 1}, "imel": {Email, 1},

	"kecamatan": {Kecamatan, 2}, "kec": {Kecamatan, 2}, "district": {Kecamatan, 1},

	"audiens": {Audience, 3}, "audience": {Audience, 3}, "audien": {Audience, 3}, "kategori": {Audience, 2}, "jenis": {Audience, 2},
	"golongan": {Audience, 1}, "kelompok": {Audience, 1}, "tipe": {Audience, 1},
}

// around are words that change nothing about what a column holds.
var around = map[string]bool{
	"no": true, "nomor": true, "nomer": true, "lengkap": true, "dan": true, "atau": true, "di": true,
	"asal": true, "akun": true, "id": true, "username": true, "user": true, "dari": true, "yang": true, "aktif": true,
	"calon": true, "daftar": true, "hadir": true, "pribadi": true, "gelar": true, "dengan": true, "beserta": true,
	"contoh": true, "wajib": true, "diisi": true, "isi": true, "opsional": true,
}

// foreign are words that make a column one that nobody asked for.
var foreign = map[string]bool{
	"kelamin": true, "fax": true, "faks": true, "rekening": true, "lahir": true, "produk": true, "nib": true, "nik": true, "ktp": true, "npwp": true,
	"bidang": true, "skala": true, "omzet": true, "jumlah": true, "tanggal": true, "status": true,
}

// Own columns of the sheet that goes back: they are no surprise.
const ownTitle = "keterangan"

// readHeader reads a row as column names; ok is false where it lacks a name or
// all that goes with it.
func readHeader(cells []string) (h *header, ok bool) {
	h = &header{at: map[Column][]int{}}
	weights := map[int]int{}
	for i, c := range cells {
		title := strings.Join(strings.Fields(c), " ")
		h.titles = append(h.titles, title)
		col, weight, known := columnOf(title)
		switch {
		case known:
			h.at[col] = append(h.at[col], i)
			weights[i] = weight
		case title != "" && event.Fold(title) != ownTitle && !serial(title):
			h.ignored = append(h.ignored, title)
		}
	}
	for _, at := range h.at {
		slices.SortStableFunc(at, func(i, j int) int { return weights[j] - weights[i] })
	}
	return h, len(h.at[Name]) > 0 && len(h.at) > 1
}

// serial reports whether a column only counts the rows.
func serial(title string) bool {
	switch event.Squeeze(title) {
	case "no", "nomor", "nourut", "nomorurut", "urut":
		return true
	}
	return false
}

// columnOf reads one column name.
func columnOf(title string) (col Column, weight int, ok bool) {
	if len(title) > 80 || title == "" {
		return "", 0, false
	}
	found := map[Column]int{}
	words, strange := titleWords(title), 0
	for _, w := range words {
		switch {
		case foreign[w]:
			return "", 0, false
		case around[w]:
		default:
			t, ok := termOf(w)
			if !ok {
				strange++
				continue
			}
			found[t.column] = max(found[t.column], t.weight+1) // a weight of 0 counts as found, too
		}
	}
	if len(words) > 6 {
		return "", 0, false // a sentence
	}
	return decide(found, strange)
}

// decide chooses among the columns that the words of a name point to. The
// narrower word wins: "Nama Koperasi" is an organisation, "Ketua Koperasi" a
// person, "No. HP Ketua" a number, "Jabatan di Koperasi" a position.
func decide(found map[Column]int, strange int) (Column, int, bool) {
	for _, c := range []Column{Telegram, Email, WhatsApp, Position, Salutation, Kecamatan} {
		if w := found[c]; w > 0 {
			if c == WhatsApp && w == 2 && found[Name] > 0 {
				continue // "Nama Kontak"
			}
			return c, w - min(strange, 1), true
		}
	}
	switch name, org, aud := found[Name], found[Organisation], found[Audience]; {
	case aud == 2 && name == 2:
		return Organisation, 2, true // "Nama Kelompok"
	case aud > 0 && (org > 0 || strange > 0 || name > 1):
		return "", 0, false // "Jenis Usaha", "Jenis Kelamin": something else
	case aud > 0:
		return Audience, aud, true
	case name == 3: // a person by their office
		return Name, name, true
	case org > 0 && (strange == 0 || name > 0): // not "Alamat Usaha"
		return Organisation, org, true
	case org > 0:
		return "", 0, false
	case name > 1 && strange <= 1, name == 1 && strange == 0:
		return Name, name - strange, true
	}
	return "", 0, false
}

func titleWords(title string) []string {
	title = strings.NewReplacer("e-mail", "email", "e mail", "email", "whats app", "whatsapp", "what's app", "whatsapp", "hand phone", "handphone").Replace(strings.ToLower(title))
	return strings.FieldsFunc(title, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// termOf finds a word, or the one term that it is a slip of.
func termOf(w string) (term, bool) {
	if t, ok := terms[w]; ok {
		return t, true
	}
	if len(w) < 5 {
		return term{}, false
	}
	best, slips := term{}, 1+(len(w)-1)/6 // one slip in up to six letters, two in more
	ok, least := false, slips+1
	for known, t := range terms {
		if len(known) < 4 || known[0] != w[0] {
			continue
		}
		n := levenshtein.ComputeDistance(w, known)
		if n == 2 && len(w) == len(known) && anagram(w, known) {
			n = 1 // two letters swapped
		}
		if n < least || n == least && ok && t.column < best.column {
			best, least, ok = t, n, n <= slips
		}
	}
	return best, ok
}

func anagram(a, b string) bool {
	x, y := []byte(a), []byte(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}
