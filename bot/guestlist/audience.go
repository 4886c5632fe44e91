package guestlist

import (
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/diskopukm/emileku/bot/event"
)

// audienceWords are the ways in which offices name the audiences, squeezed.
var audienceWords = map[event.Audience][]string{
	event.Official:  {"pejabat", "bupati", "bupatipejabat", "pejabatbupati", "vip", "vvip", "dinas", "opd", "muspida", "forkopimda", "camat", "kepaladesa", "kades", "official", "instansi", "pemerintah", "tamukehormatan"},
	event.Koperasi:  {"koperasi", "kop", "pengurus koperasi", "pemilikkoperasi", "cooperative", "gerakankoperasi"},
	event.UKM:       {"ukm", "umkm", "usaha", "pelakuusaha", "pelakuukm", "pelakuumkm", "pemilikukm", "pemilikumkm", "ikm", "wirausaha", "pengusaha"},
	event.Performer: {"pemeriah", "pemeriahacara", "pengisiacara", "penampil", "band", "sanggar", "seniman", "artis", "performer", "hiburan", "kesenian"},
	event.Public:    {"masyarakat", "masyarakatumum", "umum", "warga", "pengunjung", "publik", "public", "masyarakatsekitar"},
}

// audiences is their order, so that the nearest is always the same.
var audiences = []event.Audience{event.Official, event.Koperasi, event.UKM, event.Performer, event.Public}

// ReadAudience reads the name of an audience. Where it is none, nearest is the
// one that may be meant, or "".
func ReadAudience(text string) (aud, nearest event.Audience) {
	w := event.Squeeze(text)
	if w == "" || len(w) > 60 {
		return "", ""
	}
	for _, a := range audiences {
		if slices.Contains(audienceWords[a], w) {
			return a, ""
		}
	}
	least := len(w)/2 + 1
	for _, a := range audiences {
		for _, known := range audienceWords[a] {
			n := levenshtein.ComputeDistance(w, known)
			if len(known) > 4 && strings.Contains(w, known) {
				n = 1
			}
			if n < least && n <= 1+len(known)/4 {
				least, nearest = n, a
			}
		}
	}
	return "", nearest
}
