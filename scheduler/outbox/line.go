package outbox

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

// entry is what the dispatcher remembers of a row in its window. The row
// itself is read when it is claimed.
type entry struct {
	id        string
	dueAt     time.Time
	order     int64
	quiet     bool
	cold      bool
	expiresAt *time.Time
	personID  string
	edits     string

	notBefore time.Time // an edit whose target is not sent yet: others may pass
	delays    *backoff.ExponentialBackOff
}

func newEntry(m *storage.Message) *entry {
	return &entry{
		id: m.ID, dueAt: m.DueAt, order: m.Order, quiet: m.Quiet, cold: m.Cold,
		expiresAt: m.ExpiresAt, personID: m.PersonID, edits: m.Edits,
	}
}

// before is the order of Outbox.Due.
func (e *entry) compare(other *entry) int {
	return cmp.Or(e.dueAt.Compare(other.dueAt), cmp.Compare(e.order, other.order), cmp.Compare(e.id, other.id))
}

// conversation is a chat that rows wait for, or whose limit still remembers
// the last ones.
type conversation struct {
	chat        channel.Chat
	pace        *pace
	pausedUntil time.Time // by the network
	lines       [laneCount]*line
}

const laneCount = int(storage.LaneBroadcast) + 1

// line is the rows of one chat and lane, sent one after the other.
type line struct {
	of        *conversation
	lane      storage.Lane
	rows      []*entry // in the order of Outbox.Due
	current   *entry   // the one of rows that is being sent
	more      bool     // the outbox holds more than rows does
	notBefore time.Time
	failing   bool // notBefore is the delay after an error

	index int       // in the lane's heap; -1: in none
	at    time.Time // the heap's key
}

// maxLine is how many rows of one chat the window holds.
const maxLine = 64

// insert keeps rows in order.
func (l *line) insert(e *entry) {
	i, _ := slices.BinarySearchFunc(l.rows, e, (*entry).compare)
	l.rows = slices.Insert(l.rows, i, e)
}

func (l *line) remove(e *entry) {
	l.rows = slices.DeleteFunc(l.rows, func(other *entry) bool { return other == e })
}

// head is the row that is next at now. With nil comes the time to ask again.
func (l *line) head(now time.Time) (*entry, time.Time) {
	var again time.Time
	for _, e := range l.rows {
		if !e.notBefore.After(now) {
			return e, now
		}
		if again.IsZero() || e.notBefore.Before(again) {
			again = e.notBefore
		}
	}
	return nil, again
}

// superseded reports whether a later row of the line edits the same message.
func (l *line) superseded(e *entry) bool {
	if e.edits == "" {
		return false
	}
	for _, other := range l.rows {
		if other != e && other.edits == e.edits && e.compare(other) < 0 {
			return true
		}
	}
	return false
}

// readyAt is when the line's head may go as far as its chat is concerned, and
// a time not after now if at once.
func (l *line) readyAt(now time.Time) time.Time {
	_, at := l.head(now)
	at = later(at, l.notBefore)
	at = later(at, l.of.pausedUntil)
	return later(at, l.of.pace.next(now))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// lane is the window on one lane of the outbox.
type lane struct {
	waiting schedule // lines with rows that are not busy
	entries int      // rows in all lines

	fetching bool
	again    bool            // fetch once more when the fetch under way is over
	discard  bool            // what the fetch under way brings is out of date
	full     bool            // the outbox holds more than was fetched last
	capped   bool            // that fetch was as large as fetches get
	stuck    int             // rows the last fetch saw and left out: held back, or over a chat's maxLine
	finished map[string]bool // rows that ended while the fetch was under way: it may have seen them
	horizon  time.Time       // rows that quiet hours put off may be due until then
}

// low reports whether the window should be filled up. Where a fetch of the
// largest size did not fill it, the next poll is soon enough.
func (ln *lane) low() bool { return ln.full && !ln.capped && ln.entries < window/2 }

// schedule is a heap of lines by the time since when, or at which, they are
// ready: whoever became ready first goes first, so nobody starves. Of lines
// that came in together the one with the earliest row goes first.
type schedule []*line

func (s schedule) Len() int { return len(s) }

func (s schedule) Less(i, j int) bool {
	if c := s[i].at.Compare(s[j].at); c != 0 {
		return c < 0
	}
	return s[i].rows[0].compare(s[j].rows[0]) < 0
}

func (s schedule) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}

// Push implements heap.Interface.
func (s *schedule) Push(x any) {
	l := x.(*line)
	l.index = len(*s)
	*s = append(*s, l)
}

// Pop implements heap.Interface.
func (s *schedule) Pop() any {
	last := len(*s) - 1
	l := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	l.index = -1
	return l
}

// place puts l where it belongs after a change of its rows or times.
func (s *schedule) place(l *line, now time.Time) {
	if l.current != nil || len(l.rows) == 0 {
		if l.index >= 0 {
			heap.Remove(s, l.index)
		}
		return
	}
	at := l.readyAt(now)
	if l.index < 0 {
		l.at = at
		heap.Push(s, l)
		return
	}
	if at.After(now) || l.at.After(now) { // else it keeps its turn
		l.at = at
		heap.Fix(s, l.index)
	}
}
