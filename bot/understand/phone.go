package understand

import (
	"errors"
	"regexp"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// What can be wrong with a phone number, for the caller to choose its words.
var (
	ErrPhoneMissing  = errors.New("understand: no phone number in the text")
	ErrPhoneTooShort = errors.New("understand: phone number has too few digits")
	ErrPhoneTooLong  = errors.New("understand: phone number has too many digits")
	ErrPhoneInvalid  = errors.New("understand: no phone number starts like this")
	ErrTwoPhones     = errors.New("understand: more than one phone number in the text")
	ErrScientific    = errors.New("understand: phone number spoilt by a spreadsheet (8.12E+11)")
)

// PhoneNumber is a valid number.
type PhoneNumber struct {
	E164     string // such as "+6281234567890"
	Landline bool   // cannot be on WhatsApp by itself, nor get an SMS
	Country  string // ISO 3166 of its country, such as "ID"
}

const home = "ID"

// How phone numbers are written. A number after another number's label
// ("NIB 8120…") is no phone number.
var (
	phoneRun        = regexp.MustCompile(`\+?[ ]?[(]?\+?[0-9][0-9 .()\-_\n\t]*`)
	phoneScientific = regexp.MustCompile(`(?i)\b[0-9]+(?:[.,][0-9]+)?\s?e\s?\+?\s?[0-9]{1,2}\b`)
	phoneExtension  = regexp.MustCompile(`(?i)\b(?:ext|extension|ekstensi|pesawat|pswt?|psw)\b[ .:]*[0-9]{1,5}`)
	phoneOtherLabel = regexp.MustCompile(`(?i)\b(?:nib|nik|ktp|npwp|rek|rekening|nip|kk)\b[ .:#]*(?:no|nomor)?[ .:#]*(?:saya)?[ .:=]*$`)
	phoneLetters    = regexp.MustCompile(`[+(]*[0-9oO][0-9oOlI.()\-]{2,}`)
)

// Phone reads the one phone number of a text. Numbers of other countries need
// their +. Errors are the ErrPhone… values, ErrTwoPhones and ErrScientific.
func Phone(s string) (PhoneNumber, error) {
	s = lettersToDigits(plain(s))
	if phoneScientific.MatchString(s) && !strings.ContainsAny(s, "@") {
		return PhoneNumber{}, ErrScientific
	}
	s = phoneExtension.ReplaceAllString(s, ";")

	var found []PhoneNumber
	err := ErrPhoneMissing
	for _, at := range phoneRun.FindAllStringIndex(s, -1) {
		if phoneOtherLabel.MatchString(s[:at[0]]) {
			continue
		}
		numbers, fault := phonesIn(s[at[0]:at[1]])
		for _, n := range numbers {
			if len(found) == 0 || found[0] != n {
				found = append(found, n)
			}
		}
		if graver(fault, err) {
			err = fault
		}
	}
	switch len(found) {
	case 0:
		return PhoneNumber{}, err
	case 1:
		return found[0], nil
	default:
		return PhoneNumber{}, ErrTwoPhones
	}
}

// graver tells whether fault says more about the text than the one so far.
func graver(fault, sofar error) bool {
	weight := func(err error) int {
		switch {
		case errors.Is(err, ErrPhoneTooShort):
			return 1
		case errors.Is(err, ErrPhoneInvalid):
			return 2
		case errors.Is(err, ErrPhoneTooLong):
			return 3
		default:
			return 0
		}
	}
	return weight(fault) > weight(sofar)
}

// lettersToDigits mends O for 0 and l or I for 1 inside what is otherwise a
// number ("O812", "o8l2").
func lettersToDigits(s string) string {
	return phoneLetters.ReplaceAllStringFunc(s, func(m string) string {
		if len(digits(m))*2 < len(m) {
			return m
		}
		return strings.NewReplacer("o", "0", "O", "0", "l", "1", "I", "1").Replace(m)
	})
}

// phonesIn reads a run of digits and the marks between them, which may hold
// several numbers, or a house number before the phone number. fault is set
// when there is none.
func phonesIn(run string) (numbers []PhoneNumber, fault error) {
	groups := strings.FieldsFunc(run, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '_' })
	if len(groups) > 40 {
		return nil, ErrPhoneTooLong
	}
	for i := 0; i < len(groups); {
		n, next := longestPhone(groups, i)
		if next == i {
			i++
			continue
		}
		numbers = append(numbers, n)
		i = next
	}
	if len(numbers) > 0 {
		return numbers, nil
	}
	if pair, ok := gluedPair(digits(run)); ok {
		return pair, nil
	}
	_, fault = onePhone(run)
	return nil, fault
}

// longestPhone finds the longest number that starts at group i, and the group
// after it. A lone last digit belongs to the next words ("0812… 2 orang")
// unless the number needs it.
func longestPhone(groups []string, i int) (PhoneNumber, int) {
	var best, withDigit PhoneNumber
	next, nextWithDigit := i, i
	var joined strings.Builder
	for j := i; j < len(groups) && joined.Len() < 40; j++ {
		joined.WriteString(groups[j])
		n, err := onePhone(joined.String())
		if err != nil {
			continue
		}
		if len(digits(groups[j])) == 1 && j > i {
			withDigit, nextWithDigit = n, j+1
			continue
		}
		best, next = n, j+1
	}
	if next == i {
		return withDigit, nextWithDigit
	}
	return best, next
}

// gluedPair splits two numbers written without anything between them.
func gluedPair(ds string) ([]PhoneNumber, bool) {
	if len(ds) < 18 || len(ds) > 30 {
		return nil, false
	}
	for cut := 9; cut <= len(ds)-9; cut++ {
		if !strings.HasPrefix(ds[cut:], "08") && !strings.HasPrefix(ds[cut:], "628") {
			continue
		}
		a, errA := onePhone(ds[:cut])
		b, errB := onePhone(ds[cut:])
		if errA == nil && errB == nil {
			return []PhoneNumber{a, b}, true
		}
	}
	return nil, false
}

// onePhone reads digits that are one number or none.
func onePhone(s string) (PhoneNumber, error) {
	ds := digits(s)
	plus := strings.Contains(s, "+")
	switch {
	case len(ds) < 3:
		return PhoneNumber{}, ErrPhoneMissing
	case strings.HasPrefix(ds, "00") && !plus && len(ds) > 9:
		ds, plus = ds[2:], true
	}
	if plus && !strings.HasPrefix(ds, "62") && !strings.HasPrefix(ds, "08") {
		return foreignPhone(ds)
	}
	national := ds
	switch {
	case strings.HasPrefix(ds, "62") && (plus || len(ds) > 9):
		national = strings.TrimLeft(ds[2:], "0")
	case strings.HasPrefix(ds, "0"):
		national = strings.TrimLeft(ds, "0")
	case strings.HasPrefix(ds, "8"), len(ds) < 12:
		// "812…", or a landline whose 0 a spreadsheet took
	case len(ds) > 15:
		return PhoneNumber{}, ErrPhoneTooLong
	default:
		return PhoneNumber{}, ErrPhoneInvalid
	}
	n, err := phonenumbers.Parse("+62"+national, home)
	if err == nil && phonenumbers.IsValidNumberForRegion(n, home) {
		return describe(n), nil
	}
	switch {
	case len(national) < 8, strings.HasPrefix(national, "8") && len(national) < 9:
		return PhoneNumber{}, ErrPhoneTooShort
	case len(national) > 12, len(national) > 11 && !strings.HasPrefix(national, "8"):
		return PhoneNumber{}, ErrPhoneTooLong
	default:
		return PhoneNumber{}, ErrPhoneInvalid
	}
}

func foreignPhone(ds string) (PhoneNumber, error) {
	n, err := phonenumbers.Parse("+"+ds, home)
	switch {
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return PhoneNumber{}, ErrPhoneTooLong
	case err != nil && len(ds) < 8:
		return PhoneNumber{}, ErrPhoneTooShort
	case err != nil:
		return PhoneNumber{}, ErrPhoneInvalid
	}
	if phonenumbers.IsValidNumber(n) {
		return describe(n), nil
	}
	switch phonenumbers.IsPossibleNumberWithReason(n) {
	case phonenumbers.TOO_SHORT:
		return PhoneNumber{}, ErrPhoneTooShort
	case phonenumbers.TOO_LONG:
		return PhoneNumber{}, ErrPhoneTooLong
	default:
		return PhoneNumber{}, ErrPhoneInvalid
	}
}

func describe(n *phonenumbers.PhoneNumber) PhoneNumber {
	kind := phonenumbers.GetNumberType(n)
	return PhoneNumber{
		E164:     phonenumbers.Format(n, phonenumbers.E164),
		Landline: kind == phonenumbers.FIXED_LINE,
		Country:  phonenumbers.GetRegionCodeForNumber(n),
	}
}

// FormatPhone writes an E.164 number for reading: "0812-3456-7890",
// "(021) 87929919", "+65 8123 4567". What is no number comes back unchanged.
func FormatPhone(e164 string) string {
	n, err := phonenumbers.Parse(e164, home)
	if err != nil {
		return e164
	}
	if n.GetCountryCode() != 62 {
		return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
	}
	national := "0" + phonenumbers.GetNationalSignificantNumber(n)
	if !strings.HasPrefix(national, "08") {
		return phonenumbers.Format(n, phonenumbers.NATIONAL)
	}
	switch {
	case len(national) <= 8:
		return national
	case len(national) <= 10:
		return national[:4] + "-" + national[4:7] + "-" + national[7:]
	default:
		return national[:4] + "-" + national[4:8] + "-" + national[8:]
	}
}

// MaskPhone hides the middle of an E.164 number: "0812••••890". It is how
// numbers appear in logs and group chats.
func MaskPhone(e164 string) string {
	const hidden = "••••"
	shown := digits(e164)
	if rest, ok := strings.CutPrefix(shown, "62"); ok {
		shown = "0" + rest
	}
	if len(shown) < 8 {
		return hidden
	}
	return shown[:4] + hidden + shown[len(shown)-3:]
}
