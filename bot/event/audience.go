package event

// Audience is a kind of participant (SOP step 7 names them). The values are
// stored: never rename one.
type Audience string

// The audiences. Officials are invited, they do not register.
const (
	Official  Audience = "pejabat"
	Koperasi  Audience = "koperasi"
	UKM       Audience = "ukm"
	Performer Audience = "pemeriah"
	Public    Audience = "masyarakat"
)

// Registrable lists the audiences that register by chatting, in the order in
// which they are offered.
func Registrable() []Audience { return []Audience{UKM, Koperasi, Performer, Public} }

// Valid reports whether a is one of the audiences.
func (a Audience) Valid() bool {
	switch a {
	case Official, Koperasi, UKM, Performer, Public:
		return true
	}
	return false
}
