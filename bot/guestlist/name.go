package guestlist

import (
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/diskopukm/emileku/bot/event"
)

// titles are what stands around a name and is left out as often as not.
var titles = map[string]bool{
	"h": true, "hj": true, "haji": true, "hajah": true, "kh": true, "ust": true, "ustadz": true, "ustadzah": true, "dr": true, "drs": true,
	"dra": true, "ir": true, "prof": true, "bapak": true, "bpk": true, "pak": true, "ibu": true, "bu": true, "sdr": true, "sdri": true,
	"rd": true, "raden": true, "tb": true,
}

// BareName is a person's name for comparing: without titles before it and
// degrees after it, in letters and digits only.
func BareName(name string) string {
	name, _, _ = strings.Cut(name, ",") // "Dedi Supriadi, S.E., M.M."
	var out []string
	for _, w := range strings.Fields(strings.ReplaceAll(name, ".", ". ")) {
		if k := event.Squeeze(w); k != "" && !titles[k] {
			out = append(out, k)
		}
	}
	if len(out) == 0 {
		return event.Squeeze(name)
	}
	return strings.Join(out, "")
}

// formWords are legal forms and kinds that stand before an organisation's own
// name.
var formWords = map[string]bool{
	"koperasi": true, "kop": true, "kud": true, "ksp": true, "kspps": true, "ksu": true, "primkopad": true, "ukm": true, "umkm": true,
	"cv": true, "pt": true, "ud": true, "toko": true, "sanggar": true, "usaha": true, "kelompok": true,
}

// BareOrganisation is an organisation's name for comparing, without its legal
// form: "Koperasi Makmur Jaya" and "KSP Makmur Jaya" are alike.
func BareOrganisation(name string) string {
	var out []string
	for _, w := range strings.Fields(name) {
		if k := event.Squeeze(w); k != "" && !formWords[k] {
			out = append(out, k)
		}
	}
	if len(out) == 0 {
		return event.Squeeze(name)
	}
	return strings.Join(out, "")
}

// Alike reports whether two names, as BareName or BareOrganisation give them,
// may be one: equal, or a slip or two apart.
func Alike(a, b string) bool {
	if a == b {
		return a != ""
	}
	shorter := min(len(a), len(b))
	slips := 0
	switch {
	case shorter >= 10:
		slips = 2
	case shorter >= 5:
		slips = 1
	}
	return slips > 0 && max(len(a), len(b))-shorter <= slips && levenshtein.ComputeDistance(a, b) <= slips
}

// SamePerson reports whether two names may be one person's, of whom we know
// something else already that is the same: here it is enough that the one
// holds the other ("Neneng" is "Hj. Neneng Hasanah").
func SamePerson(a, b string) bool {
	a, b = BareName(a), BareName(b)
	if Alike(a, b) {
		return true
	}
	shorter, longer := a, b
	if len(a) > len(b) {
		shorter, longer = b, a
	}
	return len(shorter) >= 3 && strings.Contains(longer, shorter)
}
