package event

import (
	"strings"
	"time"
)

// Participation is one person's part in one event, whether it comes from an
// invitation, a registration or both (SOP steps 7, 8 and 10): check-in, recaps
// and the report count participations.
type Participation struct {
	ID       string   `json:"id"` // ParticipationID
	Version  int64    `json:"version"`
	EventID  string   `json:"eventId"`
	PersonID string   `json:"personId"`
	Audience Audience `json:"audience"`

	// As the office knows them; a registration does not overwrite what was
	// imported.
	Name         string `json:"name"`
	Organisation string `json:"organisation,omitempty"`
	Position     string `json:"position,omitempty"`
	Salutation   string `json:"salutation,omitempty"` // "Bapak", "Ibu", "Yth. …"; "": Bapak/Ibu
	Kecamatan    string `json:"kecamatan,omitempty"`
	Phone        string `json:"phone,omitempty"` // E.164
	Email        string `json:"email,omitempty"`
	BadEmail     string `json:"badEmail,omitempty"` // that Email of which a server said that there is no such mailbox
	Telegram     string `json:"telegram,omitempty"` // public handle without "@"
	Search       string `json:"search"`             // Fold of what /konfirmasi looks through

	// Code opens the chat or the reply page for this person and event alone:
	// random, unique, in deep links.
	Code           string `json:"code"`
	RegistrationID string `json:"registrationId,omitempty"`

	InvitedAt *time.Time `json:"invitedAt,omitempty"` // when the invitation went out (event clock)
	Via       string     `json:"via,omitempty"`       // channel of the invitation, or "telepon", "surat"
	Reply     Reply      `json:"reply"`
	// Undo is what stood before the answer that a team member entered.
	Undo   *Undo  `json:"undo,omitempty"`
	Closed Closed `json:"closed,omitempty"` // why nothing is sent any more
	// Call is where the person stands on the call list.
	Call   CallState `json:"call,omitempty"`
	CallBy string    `json:"callBy,omitempty"` // team member who took or did the call
	// Cold is how far a first contact over WhatsApp is, Listing what WhatsApp
	// says of Phone.
	Cold    ColdState `json:"cold,omitempty"`
	ColdRow string    `json:"coldRow,omitempty"` // outbox row of the first contact
	Listing *Listing  `json:"listing,omitempty"`
	// Arrival is how they came; nil: they did not, so far. MoreArrivals are
	// those of further tickets of who registered several businesses.
	Arrival      *Arrival  `json:"arrival,omitempty"`
	MoreArrivals []Arrival `json:"moreArrivals,omitempty"`
	// WalkIn: registered at the desk on the day.
	WalkIn    bool      `json:"walkIn,omitempty"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// MailTo is the address to write to: "" where none is known, or no mailbox
// stands behind it. A corrected one is good again by itself.
func (p *Participation) MailTo() string {
	if strings.EqualFold(p.Email, p.BadEmail) {
		return ""
	}
	return p.Email
}

// ParticipationID is the natural key.
func ParticipationID(eventID, personID string) string { return eventID + "/" + personID }

// Derive fills Search.
func (p *Participation) Derive() {
	p.Search = Fold(strings.Join([]string{p.Name, p.Organisation, p.Position, p.Phone, p.Email, p.Kecamatan}, " "))
}

// Answer is what a guest answered so far. The zero Answer is silence.
type Answer string

// Answers.
const (
	Silent    Answer = ""
	Yes       Answer = "yes"
	Maybe     Answer = "maybe"
	No        Answer = "no"
	Delegated Answer = "delegated" // somebody else comes in their place
)

// Reply is an answer with what came along with it.
type Reply struct {
	Answer   Answer `json:"answer,omitempty"`
	Heads    int    `json:"heads,omitempty"`    // people coming; 0: not said
	Delegate string `json:"delegate,omitempty"` // who comes instead, in their words
	// DelegatePhone is the delegate's number (E.164), where it was said.
	DelegatePhone string     `json:"delegatePhone,omitempty"`
	Late          bool       `json:"late,omitempty"` // will arrive late
	Reason        string     `json:"reason,omitempty"`
	Text          string     `json:"text,omitempty"` // as it was written
	At            *time.Time `json:"at,omitempty"`
	Source        string     `json:"source,omitempty"` // "chat", "email", "telepon", "surat", "pendaftaran", …
	By            string     `json:"by,omitempty"`     // team member who entered it
}

// Undo takes the latest answer that a team member entered back.
type Undo struct {
	Of     string    `json:"of"` // names the entry
	Reply  Reply     `json:"reply"`
	Call   CallState `json:"call,omitempty"`
	Closed Closed    `json:"closed,omitempty"`
	By     string    `json:"by,omitempty"` // message that took it back
}

// Comes reports whether somebody is expected.
func (r Reply) Comes() bool { return r.Answer == Yes || r.Answer == Delegated }

// Closed says why a guest is not written to any more.
type Closed string

// Reasons.
const (
	StillOpen   Closed = ""
	WrongNumber Closed = "wrong-number"
	Stopped     Closed = "stopped"   // asked us not to write
	Withdrawn   Closed = "withdrawn" // taken off the list by the team
	Grieving    Closed = "sensitive" // a death, an illness, anger: the team takes over
)

// CallState is where a guest stands on the call list.
type CallState string

// Call states.
const (
	NoCall   CallState = ""
	CallDue  CallState = "due"  // somebody should ring or write by hand
	CallDone CallState = "done" // rung; the answer is in Reply
)

// Stage is one round of asking the guests (SOP steps 7 and 8).
type Stage string

// The stages, in their order.
const (
	StageInvite Stage = "invite" // H-45
	StageH40    Stage = "h40"
	StageH14    Stage = "h14"
	StageH7     Stage = "h7"
	StageEve    Stage = "h1" // the day before: a last note to those who come
)

// days before the event of each stage.
var stageDays = map[Stage]int{StageInvite: 45, StageH40: 40, StageH14: 14, StageH7: 7, StageEve: 1}

// Reminders lists the stages after the invitation.
func Reminders() []Stage { return []Stage{StageH40, StageH14, StageH7, StageEve} }

// StageHour is when a stage begins on its day (WIB).
const StageHour = 9

// StageAt is when a stage begins.
func (e *Event) StageAt(s Stage) time.Time {
	return e.Day().AddDate(0, 0, -stageDays[s]).Add(StageHour * time.Hour)
}

// StageNow is the latest reminder stage that has begun and is still of use;
// ok is false before the first one and from the event's day on. Earlier ones
// that were missed are passed over.
func (e *Event) StageNow(now time.Time) (s Stage, ok bool) {
	if e.Status == EventCancelled || e.DaysBefore(now) <= 0 {
		return "", false
	}
	for _, st := range Reminders() {
		if !now.Before(e.StageAt(st)) {
			s, ok = st, true
		}
	}
	return s, ok
}

// Message is what a guest is sent at a stage. Each has a text of its own.
type Message string

// Messages of the reminder table.
const (
	NoMessage   Message = ""
	MsgAsk      Message = "ask"      // H-40: will you come?
	MsgAskShort Message = "askshort" // H-14: again, shorter
	MsgAskLast  Message = "asklast"  // H-7: last time, then the call list
	MsgCertain  Message = "certain"  // H-14: is it certain by now?
	MsgThanks   Message = "thanks"   // H-40: thanks, does it still hold?
	MsgStill    Message = "still"    // H-14: short, does it still hold?
	MsgPrepare  Message = "prepare"  // H-7: place, map, time, parking, ticket
	MsgEve      Message = "eve"      // the day before
)

// fresh is how long a yes needs no thanks and no question.
const freshReply = 10 * 24 * time.Hour

// sinceInvitation is how soon after the invitation a stage may come.
const sinceInvitation = 48 * time.Hour

// MessageAt is the SOP's table of who is asked what, and when.
func (p *Participation) MessageAt(s Stage, now time.Time) Message {
	if p.Closed != StillOpen || p.Audience == Official || p.Reply.Answer == No {
		return NoMessage // officials are reached through their liaison
	}
	if p.InvitedAt == nil && p.RegistrationID == "" && p.Reply.At == nil {
		return NoMessage // never invited, and knows of nothing: whoever answered, by telephone or on paper, does
	}
	if p.InvitedAt != nil && now.Sub(*p.InvitedAt) < sinceInvitation && s != StageEve {
		return NoMessage
	}
	answeredSinceInvitation := p.Reply.At != nil && (p.InvitedAt == nil || p.Reply.At.After(*p.InvitedAt))
	recently := p.Reply.At != nil && now.Sub(*p.Reply.At) < freshReply
	switch p.Reply.Answer {
	case Silent:
		return map[Stage]Message{StageH40: MsgAsk, StageH14: MsgAskShort, StageH7: MsgAskLast}[s]
	case Maybe:
		if s == StageH40 && answeredSinceInvitation {
			return NoMessage
		}
		return map[Stage]Message{StageH40: MsgAsk, StageH14: MsgCertain, StageH7: MsgAskLast}[s]
	case Yes, Delegated:
		if s == StageH40 && recently {
			return NoMessage
		}
		return map[Stage]Message{StageH40: MsgThanks, StageH14: MsgStill, StageH7: MsgPrepare, StageEve: MsgEve}[s]
	}
	return NoMessage
}

// offices are positions as people add them to their name.
var offices = []string{"ketua", "wakil ketua", "sekretaris", "bendahara", "manajer", "manager", "pengurus", "anggota", "pengawas", "direktur", "pemilik", "pimpinan", "pengelola", "koordinator", "staf", "staff", "admin", "humas"}

// NameAndPosition parts "Dedi Supriadi, sekretaris", as the registration asks
// for it, into the two; a degree ("Dedi, S.E.") stays with the name.
func NameAndPosition(contact string) (name, position string) {
	at := strings.LastIndexByte(contact, ',')
	if at < 0 {
		return contact, ""
	}
	name, position = strings.TrimSpace(contact[:at]), strings.TrimSpace(contact[at+1:])
	for _, o := range offices {
		rest, is := strings.CutPrefix(strings.ToLower(position), o)
		if is && (rest == "" || rest[0] == ' ') && name != "" {
			return name, strings.ToUpper(position[:1]) + position[1:]
		}
	}
	return contact, ""
}
