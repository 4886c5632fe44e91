package event

import "time"

// News is the latest change of an event that people must hear of. The planner
// tells each of them once, quiet hours or not.
type News struct {
	N    int      `json:"n"` // 1, 2, …: each piece of news of an event
	Kind NewsKind `json:"kind"`
	// Before and BeforePlace are the time and place that people were told last.
	Before      time.Time `json:"before"`
	BeforePlace string    `json:"beforePlace"`
	At          time.Time `json:"at"`
}

// NewsKind is what happened.
type NewsKind string

// Kinds of news.
const (
	NewsMoved     NewsKind = "moved" // another time, perhaps another place, too
	NewsPlace     NewsKind = "place" // another place
	NewsCancelled NewsKind = "cancelled"
)

// NoteNews compares e with what it was and notes the news of it at now. told
// reports whether the news before, if any, has been told to everybody: else
// the new one takes its place and compares with what people know. What changes
// about an event that is over, or was called off, is no news.
func (e *Event) NoteNews(before *Event, told bool, now time.Time) {
	if !before.Upcoming(now) {
		return
	}
	news := News{Before: before.Start, BeforePlace: before.Place, At: now}
	if last := before.News; last != nil {
		news.N = last.N
		if !told {
			news.Before, news.BeforePlace = last.Before, last.BeforePlace
		}
	}
	news.N++
	switch {
	case e.Status == EventCancelled:
		news.Kind = NewsCancelled
	case !e.Start.Equal(before.Start):
		news.Kind = NewsMoved
	case e.Place != before.Place && (told || before.News == nil || before.News.Kind == NewsPlace):
		news.Kind = NewsPlace
	case e.Place != before.Place:
		news.Kind = before.News.Kind // on top of a move that nobody has heard of yet
	default:
		return
	}
	e.News = &news
}

// Wording is how a piece of news is put to somebody: by what they did so far.
type Wording string

// Wordings.
const (
	NotTold       Wording = ""           // it does not concern them
	ToRegistered  Wording = "registered" // their registration stands
	ToConfirmed   Wording = "confirmed"  // they said that they come, or somebody for them
	ToInvited     Wording = "invited"    // they have an invitation and have not made up their mind
	ThroughOffice Wording = "official"   // officials hear it through their liaison
	ToDelegate    Wording = "delegate"   // they come in the place of somebody
)

// NewsFor is how p hears that an event was moved or cancelled. Who declined
// was promised not to be asked again, and hears nothing; nor does who was not
// invited yet. Who asked us not to write and still comes has to know: somebody
// rings.
func (p *Participation) NewsFor() Wording {
	switch {
	case p.Closed == Stopped && p.RegistrationID == "" && !p.Reply.Comes():
		return NotTold
	case p.Closed != StillOpen && p.Closed != Stopped, p.Reply.Answer == No:
		return NotTold
	case p.InvitedAt == nil && p.RegistrationID == "" && p.Reply.Answer == Silent:
		return NotTold
	case p.Audience == Official:
		return ThroughOffice
	case p.RegistrationID != "":
		return ToRegistered
	case p.Reply.Comes():
		return ToConfirmed
	}
	return ToInvited
}

// SinceNews is how soon after the news a reminder may come.
const SinceNews = sinceInvitation

// Holds reports what the news of an event means for a reminder stage at now:
// gone where the news itself asked what that stage would have asked, wait where
// the stage would come within two days of it.
func (n *News) Holds(e *Event, s Stage, now time.Time) (gone, wait bool) {
	if n == nil || n.Kind == NewsCancelled || s == StageEve {
		return false, false
	}
	if s != StageH7 && !e.StageAt(s).After(n.At) {
		return true, false
	}
	return false, now.Sub(n.At) < SinceNews
}
