package event

import "strings"

// Locality is where a participant comes from: a desa or kelurahan and its
// kecamatan, or a place outside Kabupaten Bogor.
type Locality struct {
	Kecamatan string
	Desa      string // "" where only the kecamatan was asked
	Outside   bool
	Name      string // Outside: the place as the person named it; may be ""
}

const outsidePrefix = "luar:"

// String is the form in which answers keep it: "Cibinong/Karadenan",
// "Cibinong" or "luar:Depok".
func (l Locality) String() string {
	switch {
	case l.Outside:
		return outsidePrefix + l.Name
	case l.Desa != "":
		return l.Kecamatan + "/" + l.Desa
	}
	return l.Kecamatan
}

// ParseLocality reads what String wrote.
func ParseLocality(s string) Locality {
	if name, ok := strings.CutPrefix(s, outsidePrefix); ok {
		return Locality{Outside: true, Name: name}
	}
	kec, desa, _ := strings.Cut(s, "/")
	return Locality{Kecamatan: kec, Desa: desa}
}
