package event

// FieldKind says how an answer is read and checked.
type FieldKind string

// Kinds of fields. In brackets: the canonical form in which the answer is kept.
const (
	Line        FieldKind = "line"        // a short text (tidied)
	PersonName  FieldKind = "person"      // a person's name
	Choice      FieldKind = "choice"      // one of Options (its value)
	Count       FieldKind = "count"       // a whole number from Min to Max ("12")
	Minutes     FieldKind = "minutes"     // a length of time ("15")
	Phone       FieldKind = "phone"       // a phone number (E.164)
	EmailAddr   FieldKind = "email"       // an e-mail address (lower case)
	Instagram   FieldKind = "instagram"   // an account name, without @
	NIB         FieldKind = "nib"         // Nomor Induk Berusaha (13 digits)
	LegalNumber FieldKind = "legal"       // nomor badan hukum (as written, tidied)
	NIK         FieldKind = "nikkoperasi" // Nomor Induk Koperasi (digits)
	Location    FieldKind = "location"    // desa and kecamatan (Locality.String)
	District    FieldKind = "district"    // kecamatan only (Locality.String)
	Picture     FieldKind = "picture"     // a photo (key in storage.Media)
)

// Field is one question of a form. What is asked, the example and the hint
// stand in templates, under the audience and the key.
type Field struct {
	Key      string
	Kind     FieldKind
	Optional bool
	Options  []string // Choice: values, in the order shown
	Min, Max int      // Count, Minutes: range; texts: Max is the longest, in runes
}

// Form is what one audience is asked. Raise Version when a question is added,
// dropped or changes its meaning: drafts under way keep the answers that are
// still valid and ask for the rest.
type Form struct {
	Audience Audience
	Version  int
	Fields   []Field
}

// Keys of answers that the program itself reads.
const (
	KeyName      = "nama"
	KeyOwner     = "pemilik"
	KeyContact   = "kontak"
	KeyField     = "bidang"
	KeyScale     = "skala"
	KeyKind      = "jenis"
	KeyProduct   = "produk"
	KeyLocation  = "lokasi"
	KeyPhone     = "telepon"
	KeyHeads     = "jumlah_orang"
	KeyBooth     = "stan"
	KeyNIB       = "nib"
	KeyLegal     = "badan_hukum"
	KeyNIK       = "nik_koperasi"
	KeyMembers   = "anggota"
	KeyEmail     = "email"
	KeyInstagram = "instagram"
	KeyPhoto     = "foto"
	KeyMinutes   = "durasi"
	KeyEquipment = "peralatan"
)

// Values of KeyBooth.
const (
	BoothNone  = "tanpa"
	BoothPlain = "stan"
	BoothPower = "stan_listrik"
)

const (
	nameMax = 80
	textMax = 200
	headMax = 50
)

// FormOf is the form of an audience: at most seven required questions, then
// the optional ones as one block (SOP procedure 3: "mendaftar pada form yang
// telah disiapkan"). ok is false for audiences that do not register.
func FormOf(a Audience) (f Form, ok bool) {
	booth := []string{BoothNone, BoothPlain, BoothPower}
	switch a {
	case UKM:
		return Form{Audience: a, Version: 1, Fields: []Field{
			{Key: KeyName, Kind: Line, Max: nameMax},
			{Key: KeyOwner, Kind: PersonName, Max: nameMax},
			{Key: KeyField, Kind: Choice, Options: []string{"kuliner", "fesyen", "kriya", "agribisnis", "jasa", "digital", "lainnya"}},
			{Key: KeyProduct, Kind: Line, Max: textMax},
			{Key: KeyLocation, Kind: Location},
			{Key: KeyPhone, Kind: Phone},
			{Key: KeyBooth, Kind: Choice, Options: booth},
			{Key: KeyScale, Kind: Choice, Options: []string{"mikro", "kecil", "menengah"}, Optional: true},
			{Key: KeyHeads, Kind: Count, Min: 1, Max: headMax, Optional: true},
			{Key: KeyNIB, Kind: NIB, Optional: true},
			{Key: KeyEmail, Kind: EmailAddr, Optional: true},
			{Key: KeyInstagram, Kind: Instagram, Optional: true},
			{Key: KeyPhoto, Kind: Picture, Optional: true},
		}}, true
	case Koperasi:
		return Form{Audience: a, Version: 1, Fields: []Field{
			{Key: KeyName, Kind: Line, Max: nameMax},
			{Key: KeyLegal, Kind: LegalNumber, Max: 60},
			{Key: KeyKind, Kind: Choice, Options: []string{"konsumen", "produsen", "jasa", "pemasaran", "simpan_pinjam"}},
			{Key: KeyLocation, Kind: Location},
			{Key: KeyContact, Kind: PersonName, Max: nameMax},
			{Key: KeyPhone, Kind: Phone},
			{Key: KeyHeads, Kind: Count, Min: 1, Max: headMax},
			{Key: KeyMembers, Kind: Count, Min: 1, Max: 1_000_000, Optional: true},
			{Key: KeyBooth, Kind: Choice, Options: booth, Optional: true},
			{Key: KeyNIK, Kind: NIK, Optional: true},
			{Key: KeyEmail, Kind: EmailAddr, Optional: true},
		}}, true
	case Performer:
		return Form{Audience: a, Version: 1, Fields: []Field{
			{Key: KeyName, Kind: Line, Max: nameMax},
			{Key: KeyKind, Kind: Line, Max: textMax},
			{Key: KeyMinutes, Kind: Minutes, Min: 1, Max: 240},
			{Key: KeyHeads, Kind: Count, Min: 1, Max: 300},
			{Key: KeyContact, Kind: PersonName, Max: nameMax},
			{Key: KeyPhone, Kind: Phone},
			{Key: KeyEquipment, Kind: Line, Max: textMax, Optional: true},
			{Key: KeyLocation, Kind: District, Optional: true},
		}}, true
	case Public:
		return Form{Audience: a, Version: 1, Fields: []Field{
			{Key: KeyName, Kind: PersonName, Max: nameMax},
			{Key: KeyLocation, Kind: District},
			{Key: KeyHeads, Kind: Count, Min: 1, Max: headMax},
			{Key: KeyPhone, Kind: Phone, Optional: true},
		}}, true
	}
	return Form{}, false
}

// Field finds a field by its key.
func (f Form) Field(key string) (Field, bool) {
	for _, fd := range f.Fields {
		if fd.Key == key {
			return fd, true
		}
	}
	return Field{}, false
}

// Position is where a field stands among the required, or among the optional
// ones: "3 dari 7".
func (f Form) Position(key string) (n, of int, optional bool) {
	fd, ok := f.Field(key)
	if !ok {
		return 0, 0, false
	}
	for _, g := range f.Fields {
		if g.Optional != fd.Optional {
			continue
		}
		of++
		if g.Key == key {
			n = of
		}
	}
	return n, of, fd.Optional
}
