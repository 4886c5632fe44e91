package event

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Ballot is how the team chooses an event's theme (SOP step 2): proposals, one
// vote per member, changeable until the lead decides.
type Ballot struct {
	ID        string          `json:"id"` // the event's
	Version   int64           `json:"version"`
	Proposals []ThemeProposal `json:"proposals,omitempty"`
	Last      int             `json:"last,omitempty"` // the highest number given out
	Votes     []ThemeVote     `json:"votes,omitempty"`
	Decided   string          `json:"decided,omitempty"`
	DecidedBy string          `json:"decidedBy,omitempty"` // person
	DecidedAt *time.Time      `json:"decidedAt,omitempty"`
	Handled   []string        `json:"handled,omitempty"`
	Retired   bool            `json:"retired,omitempty"`
	UpdatedAt time.Time       `json:"updatedAt"`
}

// ThemeProposal is a theme that somebody proposed.
type ThemeProposal struct {
	N    int       `json:"n"`
	Text string    `json:"text"`
	By   string    `json:"by,omitempty"` // person
	At   time.Time `json:"at"`
	Gone bool      `json:"gone,omitempty"` // taken back; kept so that it can be brought back
}

// ThemeVote is one member's vote. Votes are a list, since persons' IDs cannot
// be the names of a document's fields: they may hold dots.
type ThemeVote struct {
	PersonID string `json:"personId"`
	N        int    `json:"n"` // of the proposal
}

// MaxProposals is how many themes are voted on at a time.
const MaxProposals = 12

// Errors of choosing a theme.
var (
	ErrThemeDecided = errors.New("the theme is decided")
	ErrNoProposal   = errors.New("there is no such proposal")
	ErrThemeKnown   = errors.New("the theme is proposed already")
	ErrThemesFull   = errors.New("too many proposals")
)

// Handle notes that a message's effect is in the ballot; false where it was
// already.
func (b *Ballot) Handle(inbound string) bool {
	if slices.Contains(b.Handled, inbound) {
		return false
	}
	if len(b.Handled) >= handledKept {
		b.Handled = b.Handled[len(b.Handled)-handledKept+1:]
	}
	b.Handled = append(slices.Clone(b.Handled), inbound)
	return true
}

// Open are the proposals that may be voted for.
func (b *Ballot) Open() []ThemeProposal {
	return slices.DeleteFunc(slices.Clone(b.Proposals), func(p ThemeProposal) bool { return p.Gone })
}

// Proposal finds one by its number.
func (b *Ballot) Proposal(n int) (ThemeProposal, bool) {
	i := slices.IndexFunc(b.Proposals, func(p ThemeProposal) bool { return p.N == n && !p.Gone })
	if i < 0 {
		return ThemeProposal{}, false
	}
	return b.Proposals[i], true
}

// Propose adds a theme; where it is known already, that one comes back with
// ErrThemeKnown.
func (b *Ballot) Propose(by, text string, now time.Time) (ThemeProposal, error) {
	if b.Decided != "" {
		return ThemeProposal{}, ErrThemeDecided
	}
	for _, p := range b.Open() {
		if Squeeze(p.Text) == Squeeze(text) {
			return p, ErrThemeKnown
		}
	}
	if len(b.Open()) >= MaxProposals {
		return ThemeProposal{}, ErrThemesFull
	}
	b.Last++
	p := ThemeProposal{N: b.Last, Text: text, By: by, At: now}
	b.Proposals = append(b.Proposals, p)
	b.UpdatedAt = now
	return p, nil
}

// Withdraw takes a proposal back, or brings it back.
func (b *Ballot) Withdraw(n int, gone bool, now time.Time) error {
	if b.Decided != "" {
		return ErrThemeDecided
	}
	i := slices.IndexFunc(b.Proposals, func(p ThemeProposal) bool { return p.N == n && p.Gone != gone })
	if i < 0 {
		return ErrNoProposal
	}
	b.Proposals[i].Gone = gone
	b.UpdatedAt = now
	return nil
}

// Vote gives a person's vote to a proposal; before is the one that had it, 0
// for none. n = 0 takes it back.
func (b *Ballot) Vote(personID string, n int, now time.Time) (before int, err error) {
	if b.Decided != "" {
		return 0, ErrThemeDecided
	}
	before = b.VoteOf(personID)
	if _, ok := b.Proposal(n); !ok && n != 0 {
		return before, ErrNoProposal
	}
	b.dropVote(personID)
	if n != 0 {
		b.Votes = append(b.Votes, ThemeVote{personID, n})
	}
	b.UpdatedAt = now
	return before, nil
}

// VoteOf is the proposal that a person votes for; 0 for none.
func (b *Ballot) VoteOf(personID string) int {
	for _, v := range b.Votes {
		if v.PersonID == personID {
			return v.N
		}
	}
	return 0
}

func (b *Ballot) dropVote(personID string) (found bool) {
	n := len(b.Votes)
	b.Votes = slices.DeleteFunc(slices.Clone(b.Votes), func(v ThemeVote) bool { return v.PersonID == personID })
	return len(b.Votes) < n
}

// Count is how many votes a proposal has.
func (b *Ballot) Count(n int) int {
	c := 0
	for _, v := range b.Votes {
		if v.N == n {
			c++
		}
	}
	return c
}

// Leading are the open proposals with the most votes; none where nobody voted.
func (b *Ballot) Leading() []ThemeProposal {
	most := 0
	var out []ThemeProposal
	for _, p := range b.Open() {
		switch c := b.Count(p.N); {
		case c == 0 || c < most:
		case c > most:
			most, out = c, []ThemeProposal{p}
		default:
			out = append(out, p)
		}
	}
	return out
}

// Decide ends the vote; Reopen lets it go on.
func (b *Ballot) Decide(by, text string, now time.Time) {
	b.Decided, b.DecidedBy, b.DecidedAt, b.UpdatedAt = strings.TrimSpace(text), by, &now, now
}

// Reopen takes the decision back.
func (b *Ballot) Reopen(now time.Time) {
	b.Decided, b.DecidedBy, b.DecidedAt, b.UpdatedAt = "", "", nil, now
}

// Forget takes a person out of it; false where they are not in it.
func (b *Ballot) Forget(personID string) bool {
	if personID == "" {
		return false
	}
	found := b.dropVote(personID)
	for i := range b.Proposals {
		if b.Proposals[i].By == personID {
			b.Proposals[i].By, found = "", true
		}
	}
	if b.DecidedBy == personID {
		b.DecidedBy, found = "", true
	}
	return found
}

// Retire takes all people out of it once the event is long over.
func (b *Ballot) Retire() {
	b.Votes, b.DecidedBy, b.Handled, b.Retired = nil, "", nil, true
	for i := range b.Proposals {
		b.Proposals[i].By = ""
	}
}
