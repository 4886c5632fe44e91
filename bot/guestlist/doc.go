// Package guestlist reads the lists of guests that an office keeps in
// spreadsheets (SOP step 7: whom to invite), and writes them back with what is
// wrong in each row. It knows no storage and says nothing itself: what is wrong
// is a Fault, whose words stand in templates.
//
// Lists come as they are: CSV with commas, semicolons or tabs, in UTF-8, UTF-16
// or Windows-1252, or XLSX; the header under a title or two, columns in any
// order and under many names; numbers that Excel has spoilt.
package guestlist

import (
	"errors"

	"github.com/diskopukm/emileku/bot/event"
)

// Limits of one file.
const (
	MaxBytes = 10 << 20
	MaxRows  = 20_000
)

// Why a file cannot be read at all.
var (
	ErrTooLarge  = errors.New("guestlist: file is larger than 10 MB")
	ErrTooMany   = errors.New("guestlist: more than 20,000 rows")
	ErrFormat    = errors.New("guestlist: neither CSV nor XLSX")
	ErrOldExcel  = errors.New("guestlist: old Excel format (.xls) or protected by a password")
	ErrNoHeader  = errors.New("guestlist: no row of column names with a name and a way to reach the guest")
	ErrNoRows    = errors.New("guestlist: no row below the column names")
	ErrDamaged   = errors.New("guestlist: damaged spreadsheet")
	errSheetDone = errors.New("guestlist: sheet read")
)

// Column is what a column holds. The values name texts: never rename one.
type Column string

// The columns that are read.
const (
	Name         Column = "name"
	Audience     Column = "audience"
	Organisation Column = "organisation"
	Position     Column = "position"
	Salutation   Column = "salutation"
	WhatsApp     Column = "whatsapp"
	Telegram     Column = "telegram"
	Email        Column = "email"
	Kecamatan    Column = "kecamatan"
)

// Columns lists them in the order of the sample.
func Columns() []Column {
	return []Column{Name, Audience, Organisation, Position, Salutation, WhatsApp, Telegram, Email, Kecamatan}
}

// List is a file that was read.
type List struct {
	Sheet       string   // of an XLSX; "" for CSV
	Titles      []string // the column names as they stand in the file
	Ignored     []string // those that mean nothing here
	HasAudience bool     // a column says which audience each guest belongs to
	Rows        []Row
}

// Row is one guest. A row with Faults is not to be taken over; one with Notes
// was read with something guessed.
type Row struct {
	Line         int // in the file, counted from 1 as spreadsheets do
	Name         string
	Audience     event.Audience
	Organisation string
	Position     string
	Salutation   string
	WhatsApp     string // E.164
	Telegram     string // public handle without "@"
	Email        string // lower case
	Kecamatan    string // as the official list names it
	Faults       []Fault
	Notes        []Fault
	Cells        []string // as they stand in the file, under List.Titles
}

// Good lists the rows without faults.
func (l *List) Good() []Row {
	var out []Row
	for _, r := range l.Rows {
		if len(r.Faults) == 0 {
			out = append(out, r)
		}
	}
	return out
}

// Bad counts the rows with faults.
func (l *List) Bad() int { return len(l.Rows) - len(l.Good()) }

// Kind is what is wrong with a cell, or worth a note. The values name texts.
type Kind string

// Faults: the row is left out until it is mended.
const (
	NoName           Kind = "noname"
	BadName          Kind = "badname"
	NoAudience       Kind = "noaudience"
	UnknownAudience  Kind = "audience" // Nearest: what may be meant
	Scientific       Kind = "scientific"
	Rounded          Kind = "rounded" // digits lost to the scientific form: 812000000000
	TwoNumbers       Kind = "twonumbers"
	ShortNumber      Kind = "shortnumber"
	LongNumber       Kind = "longnumber"
	BadNumber        Kind = "badnumber"
	Landline         Kind = "landline"
	BadTelegram      Kind = "telegram"
	BadEmail         Kind = "email"
	TwoEmails        Kind = "twoemails"
	UnknownKecamatan Kind = "kecamatan" // Nearest: what may be meant, or ""
	Unreachable      Kind = "unreachable"
	TooLong          Kind = "toolong"
	SamePhone        Kind = "samephone" // Line, Nearest: the row that has it already, and who stands there
	SameTelegram     Kind = "sametelegram"
	SameEmail        Kind = "sameemail"
	SameName         Kind = "samename"
)

// Notes: the row is taken over as it was understood.
const (
	ZeroRestored Kind = "zero"          // a 0 or +62 that the spreadsheet took away
	Unrounded    Kind = "unrounded"     // 8.12345678901E+11 that still holds all digits
	EmailMeant   Kind = "emailmeant"    // Nearest: a likelier address
	EmailRead    Kind = "emailread"     // Nearest: how it was read ("budi@gmail")
	NoContact    Kind = "nocontact"     // an official, who is reached through a liaison
	Abroad       Kind = "abroad"        // a number of another country
	OtherPlace   Kind = "otherplace"    // not in Kabupaten Bogor: the kecamatan stays empty
	Posters      Kind = "postersinvite" // the public is not invited one by one
)

// Fault is what is wrong with one cell, or worth a note.
type Fault struct {
	Kind    Kind
	Column  Column
	Cell    string // as it stands in the file
	Nearest string // what may be meant, for some kinds
	Line    int    // the row that it doubles, for the Same… kinds
}
