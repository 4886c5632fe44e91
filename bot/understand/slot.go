package understand

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// Slot is one line of a rundown: when, how long, what, who, where.
type Slot struct {
	Clock   int // minutes after midnight; NoClock where none was said
	Minutes int // how long; 0 where that was not said
	Title   string
	Who     string
	Place   string
}

// NoClock is the Clock of a slot that follows the one before it.
const NoClock = -1

// maxSlot is the longest slot, in minutes.
const maxSlot = 12 * 60

// What can be wrong with a line of a rundown, besides ErrTimeInvalid.
var (
	ErrSlotEmpty = errors.New("understand: no title in the line")
	ErrSlotLong  = errors.New("understand: no such length of time")
)

var (
	slotBullet = regexp.MustCompile(`^(?:[•*\-–]+\s*|\d{1,3}[.)]\s+)+`)
	slotRange  = regexp.MustCompile(`^(?i:(?:pukul|pkl\.?|jam)\s+)?(\d{1,2})[.:](\d{2})\s*(?i:wib)?\s*(?:-|–|—|(?i:s\.?/?d\.?|sampai|hingga))\s*(\d{1,2})[.:](\d{2})(?:\s*(?i:wib))?`)
	slotClock  = regexp.MustCompile(`^(?i:(?:pukul|pkl\.?|jam)\s+)?(\d{1,2})[.:](\d{2})(?:\s*(?i:wib))?`)
	slotHours  = regexp.MustCompile(`^(?i)(\d{1,2})(?:[.,](5))?\s*jam(?:\s+(\d{1,3})\s*(?:menit|mnt|min))?`)
	slotMins   = regexp.MustCompile(`^(?i)(\d{1,4})\s*(?:menit|mnt|min|m|')(?:\s|$|[|),.])`)
	slotBehind = regexp.MustCompile(`(?i)\s*\(\s*([^()]*(?:jam|menit|mnt|min))\s*\)\s*$`)
	slotNumber = regexp.MustCompile(`^\d{1,4}$`)
	slotHalf   = regexp.MustCompile(`^(?i)setengah\s+jam`)
)

// ReadSlot reads "08.00 | 30 menit | Pembukaan | Ketua tim | Panggung", with
// "08.00-08.30" in place of the first two, and also "08.00 Pembukaan" or
// "08.00-08.30 Pembukaan". The time may be left out: then the slot follows the
// one before. Errors are ErrTimeInvalid, ErrSlotLong and ErrSlotEmpty.
func ReadSlot(line string) (Slot, error) {
	line = strings.Join(strings.Fields(line), " ")
	line = slotBullet.ReplaceAllString(line, "")
	s := Slot{Clock: NoClock}
	if !strings.Contains(line, "|") {
		return readLooseSlot(s, line)
	}
	var f []string
	for _, part := range strings.Split(line, "|") {
		f = append(f, strings.TrimSpace(part))
	}
	timed, err := s.when(f[0])
	if err != nil {
		return s, err
	}
	if timed || f[0] == "" {
		f = f[1:]
	}
	if s.Minutes == 0 && len(f) > 1 {
		switch n, ok, err := SlotLength(f[0]); {
		case err != nil:
			return s, err
		case ok:
			s.Minutes, f = n, f[1:]
		case f[0] == "" && len(f) > 1:
			f = f[1:]
		}
	}
	for i, to := range []*string{&s.Title, &s.Who, &s.Place} {
		if i < len(f) {
			*to = f[i]
		}
	}
	if s.Title == "" {
		return s, ErrSlotEmpty
	}
	return s, nil
}

// when reads a field that says nothing but a time, a span or a length.
func (s *Slot) when(text string) (bool, error) {
	if m := slotRange.FindString(text); m != "" && m == text {
		_, err := s.cutRange(text)
		return true, err
	}
	if n, ok, err := SlotLength(text); ok || err != nil {
		if slotNumber.MatchString(text) && n <= 24 { // "8" alone in the first field is an hour
			s.Clock = n % 24 * 60
			return true, nil
		}
		s.Minutes = n
		return ok, err
	}
	clock, ok, err := ClockTime(text)
	if err != nil {
		return false, err
	}
	if ok {
		s.Clock = clock
	}
	return ok, nil
}

func (s *Slot) cutRange(text string) (rest string, err error) {
	m := slotRange.FindStringSubmatch(text)
	from, err1 := clockOf(m[1], m[2])
	to, err2 := clockOf(m[3], m[4])
	if err := errors.Join(err1, err2); err != nil {
		return "", ErrTimeInvalid
	}
	if to <= from { // past midnight
		to += 24 * 60
	}
	s.Clock, s.Minutes = from, to-from
	if s.Minutes > maxSlot {
		return "", ErrSlotLong
	}
	return strings.TrimSpace(text[len(m[0]):]), nil
}

func readLooseSlot(s Slot, text string) (Slot, error) {
	var err error
	if slotRange.MatchString(text) {
		if text, err = s.cutRange(text); err != nil {
			return s, err
		}
	} else if m := slotClock.FindStringSubmatch(text); m != nil {
		if s.Clock, err = clockOf(m[1], m[2]); err != nil {
			return s, err
		}
		text = strings.TrimSpace(text[len(m[0]):])
	}
	text = strings.TrimLeft(text, " :,–-")
	if m := slotBehind.FindStringSubmatch(text); m != nil && s.Minutes == 0 {
		if n, ok, err := SlotLength(m[1]); err == nil && ok {
			s.Minutes, text = n, strings.TrimSuffix(text, m[0])
		}
	}
	if n, size := lengthAtFront(text); s.Minutes == 0 && size > 0 && n <= maxSlot {
		s.Minutes, text = n, strings.TrimLeft(text[size:], " :,–-)")
	}
	if s.Title = strings.TrimSpace(text); s.Title == "" {
		return s, ErrSlotEmpty
	}
	return s, nil
}

// ClockTime reads a time of day alone: "08.00", "8:30", "jam 8 malam",
// "setengah sembilan". ok is false where the text has none.
func ClockTime(text string) (minutes int, ok bool, err error) {
	text = strings.TrimSpace(text)
	if m := slotClock.FindStringSubmatch(text); m != nil && m[0] == text {
		n, err := clockOf(m[1], m[2])
		return n, err == nil, err
	}
	if len(words(fold(text))) > 4 {
		return 0, false, nil // a title, in which a number stands perhaps
	}
	h, m, ok, err := findTime(fold(text))
	return h*60 + m, ok && err == nil, err
}

func clockOf(hour, minute string) (int, error) {
	h, _ := strconv.Atoi(hour)
	m, _ := strconv.Atoi(minute)
	if h > 24 || m > 59 || h == 24 && m > 0 {
		return 0, ErrTimeInvalid
	}
	return h%24*60 + m, nil
}

// SlotLength reads a length of time alone: "30 menit", "1 jam 15 menit", "1,5
// jam", "setengah jam", or a bare number of minutes. Errors are ErrSlotLong.
func SlotLength(text string) (n int, ok bool, err error) {
	text = strings.TrimSpace(text)
	if slotNumber.MatchString(text) {
		n, _ = strconv.Atoi(text)
	} else {
		var size int
		n, size = lengthAtFront(text)
		if size == 0 || strings.TrimSpace(text[size:]) != "" {
			return 0, false, nil
		}
	}
	if n < 1 || n > maxSlot {
		return 0, false, ErrSlotLong
	}
	return n, true, nil
}

// lengthAtFront reads a length of time that opens a text, and says how many
// bytes it has; 0 where there is none.
func lengthAtFront(text string) (n, size int) {
	if m := slotHalf.FindString(text); m != "" {
		return 30, len(m)
	}
	if m := slotHours.FindStringSubmatch(text); m != nil {
		h, _ := strconv.Atoi(m[1])
		n = h * 60
		if m[2] != "" {
			n += 30
		}
		more, _ := strconv.Atoi(m[3])
		return n + more, len(m[0])
	}
	if m := slotMins.FindStringSubmatch(text); m != nil {
		n, _ = strconv.Atoi(m[1])
		return n, len(strings.TrimRight(m[0], " |),."))
	}
	return 0, 0
}

var shiftWords = regexp.MustCompile(`^(?i)(?:(\+|-|mundur|tunda|maju|majukan|mundurkan)\s*)?(\d{1,3})(?:\s*(?:menit|mnt|min|m))?$`)

// MinuteShift reads by how much something is to be later: "+10", "mundur 10
// menit", and earlier, as a negative number: "-5", "maju 5".
func MinuteShift(text string) (n int, ok bool) {
	m := shiftWords.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil || m[1] == "" {
		return 0, false
	}
	n, _ = strconv.Atoi(m[2])
	if w := strings.ToLower(m[1]); w == "-" || strings.HasPrefix(w, "maju") {
		n = -n
	}
	return n, n != 0
}
