package dialog

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

const dlgTheme = "theme"

type themePhase string

// Questions of /tema.
const (
	thPropose themePhase = "propose" // what to propose
	thDecide  themePhase = "decide"  // which one it is to be
	thWhich   themePhase = "which"   // which one to take back
)

type themeState struct {
	Phase   themePhase `json:"phase"`
	Tag     string     `json:"tag"`
	EventID string     `json:"eventId"`
}

// theme is /tema: the team proposes themes and votes on them, the lead decides
// (SOP step 2).
//
//	/tema                     the proposals, with their votes
//	/tema usul Teks           propose one; more, one a line
//	/tema pilih 2             vote; again to change; /tema pilih 0 takes it back
//	/tema tarik 2             take a proposal back (one's own; the lead any)
//	/tema tetapkan 2          decide, also by its words (lead)
//	/tema buka                let the vote go on (lead)
func (d *Desk) theme(ctx context.Context, t *Turn, args string) error {
	e, rest, err := d.eventFor(ctx, t, "tema", args)
	if e == nil || err != nil {
		return err
	}
	word, more := cutWord(rest)
	more = unbar(more)
	switch event.Fold(word) {
	case "", "lihat", "daftar":
		return d.showBallot(ctx, t, e)
	case "usul", "usulkan", "ajukan", "tambah", "baru":
		return d.proposeTheme(ctx, t, e, more)
	case "pilih", "suara", "vote", "dukung":
		return d.voteTheme(ctx, t, e, more)
	case "tarik", "hapus", "cabut":
		return d.withdrawTheme(ctx, t, e, more, true)
	case "kembalikan":
		return d.withdrawTheme(ctx, t, e, more, false)
	case "tetapkan", "putuskan", "pakai":
		return d.decideTheme(ctx, t, e, more)
	case "buka":
		return d.reopenTheme(ctx, t, e)
	}
	if _, err := strconv.Atoi(strings.TrimLeft(word, "#")); err == nil && more == "" {
		return d.voteTheme(ctx, t, e, word)
	}
	return noteAgain(t, "theme.what", nil, func() error { return d.showBallot(ctx, t, e) })
}

// proposalLine is a proposal as texts show it.
type proposalLine struct {
	N       int
	Text    string
	By      string
	Votes   int
	Leading bool
}

// ballotData fills what all texts about the vote show.
func (d *Desk) ballotData(ctx context.Context, t *Turn, e *event.Event, b *event.Ballot) (templates.Data, error) {
	staff, err := d.app.Team(ctx)
	if err != nil {
		return nil, err
	}
	names, able := map[string]string{}, 0
	for _, p := range staff {
		names[p.ID] = memberName(p)
		if rank(p.Role) >= rank(event.Member) {
			able++
		}
	}
	leading := b.Leading()
	var lines []proposalLine
	votes := 0
	for _, p := range b.Open() {
		ahead := slices.ContainsFunc(leading, func(l event.ThemeProposal) bool { return l.N == p.N })
		votes += b.Count(p.N)
		lines = append(lines, proposalLine{p.N, p.Text, names[p.By], b.Count(p.N), ahead})
	}
	slices.SortStableFunc(lines, func(a, b proposalLine) int { return b.Votes - a.Votes })
	return templates.Data{
		"Event": e, "Proposals": lines, "Mine": b.VoteOf(t.Person.ID), "Votes": votes, "Able": able, "Decided": b.Decided, "By": names[b.DecidedBy], "At": b.DecidedAt,
		"Group": t.In.Group, "Lead": t.Person.Role == event.Lead, "Tie": len(leading) > 1,
	}, nil
}

func (d *Desk) showBallot(ctx context.Context, t *Turn, e *event.Event) error {
	b, err := d.app.Ballot(ctx, e.ID)
	if err != nil {
		return err
	}
	return d.sayBallot(ctx, t, e, b)
}

func (d *Desk) sayBallot(ctx context.Context, t *Turn, e *event.Event, b *event.Ballot, opts ...Option) error {
	data, err := d.ballotData(ctx, t, e, b)
	if err != nil {
		return err
	}
	menu, err := d.menu(t, d.ballotKeys(t, e, b)...)
	if err != nil {
		return err
	}
	return t.Say("theme.view", data, append([]Option{menu, replyHint(), d.ballotPoll(e, b)}, opts...)...)
}

// ballotPoll asks as a poll, where there are polls: also in the group, since a
// vote says whose it is and names its proposal.
func (d *Desk) ballotPoll(e *event.Event, b *event.Ballot) Option {
	open := b.Open()
	return func(t *Turn, m *channel.Outbound) {
		if !t.Caps.Polls || b.Decided != "" || len(open) < 2 || len(open) > maxPoll {
			return
		}
		m.Poll = &channel.Poll{Question: t.Label("theme", "question")}
		for _, p := range open {
			m.Poll.Options = append(m.Poll.Options, channel.PollOption{Label: p.Text, Value: "/tema " + e.ID + " pilih " + strconv.Itoa(p.N)})
		}
	}
}

// ballotKeys are what may be done: vote for one, propose another, decide.
func (d *Desk) ballotKeys(t *Turn, e *event.Event, b *event.Ballot) []choice {
	at := func(what string) string { return "/tema " + e.ID + " " + what }
	lead := t.Person.Role == event.Lead
	if b.Decided != "" {
		if lead {
			return []choice{{t.Label("theme", "reopen"), at("buka")}}
		}
		return nil
	}
	var list []choice
	for _, p := range b.Open() {
		list = append(list, choice{t.numberedTheme(p), at("pilih " + strconv.Itoa(p.N))})
	}
	list = append(list, choice{t.Label("theme", "propose"), at("usul")})
	// In a group the same message is everybody's: the lead's button is there
	// for them alone to use.
	if (lead || t.In.Group) && len(b.Open()) > 0 {
		list = append(list, choice{t.Label("theme", "decide"), at("tetapkan")})
	}
	return list
}

func (t *Turn) numberedTheme(p event.ThemeProposal) string {
	if t.Caps.Buttons {
		return strconv.Itoa(p.N) + ". " + shorten(p.Text, 30)
	}
	return t.Label("theme", "vote") + ": " + shorten(p.Text, 40)
}

// maxTheme and minTheme are how many characters a theme has.
const (
	minTheme = 4
	maxTheme = 90
)

// proposeTheme is /tema usul: one a line.
func (d *Desk) proposeTheme(ctx context.Context, t *Turn, e *event.Event, text string) error {
	var fresh []string
	for line := range strings.Lines(text) {
		line = strings.Trim(strings.Join(strings.Fields(line), " "), "•*-\"“” ")
		if line == "" {
			continue
		}
		if n := len([]rune(line)); n < minTheme || n > maxTheme {
			return noteAgain(t, "theme.bad.text", nil, func() error { return d.askTheme(ctx, t, themeState{Phase: thPropose, EventID: e.ID}) })
		}
		fresh = append(fresh, line)
	}
	if len(fresh) == 0 {
		return d.askTheme(ctx, t, themeState{Phase: thPropose, EventID: e.ID})
	}
	t.Close()
	var known []string
	b, err := d.app.ChangeBallot(ctx, t.Actor(), e.ID, "theme.propose", cutRunes(strings.Join(fresh, "; "), 120), func(b *event.Ballot) error {
		known = nil
		for _, line := range fresh {
			if _, err := b.Propose(t.Person.ID, line, d.app.Now()); errors.Is(err, event.ErrThemeKnown) {
				known = append(known, line)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return d.themeRefused(ctx, t, e, b, err)
	}
	return noteAgain(t, "theme.proposed", templates.Data{"N": len(fresh) - len(known), "Known": known}, func() error { return d.sayBallot(ctx, t, e, b) })
}

// voteTheme is /tema pilih 2. Where it was a button, the message that bears it
// is brought up to date in place of another one.
func (d *Desk) voteTheme(ctx context.Context, t *Turn, e *event.Event, text string) error {
	n, err := strconv.Atoi(strings.Trim(text, " .#"))
	if err != nil {
		return d.showBallot(ctx, t, e)
	}
	t.Close()
	before := 0
	b, err := d.app.ChangeBallot(ctx, t.Actor(), e.ID, "theme.vote", strconv.Itoa(n), func(b *event.Ballot) error {
		var err error
		before, err = b.Vote(t.Person.ID, n, d.app.Now())
		return err
	})
	if err != nil {
		return d.themeRefused(ctx, t, e, b, err)
	}
	p, _ := b.Proposal(n)
	data := templates.Data{"Who": memberName(t.Person), "N": n, "Text": p.Text, "Before": before}
	switch {
	case t.In.Kind != channel.Press:
	case !t.Caps.Buttons: // a vote in a poll, which shows the result by itself
		if data, err := d.ballotData(ctx, t, e, b); err == nil {
			data["Who"], data["N"], data["Text"], data["Before"] = memberName(t.Person), n, p.Text, before
			return t.Say("theme.counted", data)
		}
	case t.Caps.Edit && t.In.MessageID != "":
		return noteAgain(t, "theme.voted", data, func() error {
			return d.sayBallot(ctx, t, e, b, func(t *Turn, m *channel.Outbound) { m.Edit = t.In.MessageID })
		})
	}
	return noteAgain(t, "theme.voted", data, func() error { return d.sayBallot(ctx, t, e, b) })
}

// withdrawTheme is /tema tarik 2: by who proposed it, or by the lead.
func (d *Desk) withdrawTheme(ctx context.Context, t *Turn, e *event.Event, text string, gone bool) error {
	n, err := strconv.Atoi(strings.Trim(text, " .#"))
	if err != nil {
		return d.askTheme(ctx, t, themeState{Phase: thWhich, EventID: e.ID})
	}
	t.Close()
	b, err := d.app.Ballot(ctx, e.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(b.Proposals, func(p event.ThemeProposal) bool { return p.N == n })
	if i >= 0 && t.Person.Role != event.Lead && b.Proposals[i].By != t.Person.ID {
		return noteAgain(t, "theme.notyours", nil, func() error { return d.sayBallot(ctx, t, e, b) })
	}
	b, err = d.app.ChangeBallot(ctx, t.Actor(), e.ID, "theme.withdraw", strconv.Itoa(n), func(b *event.Ballot) error { return b.Withdraw(n, gone, d.app.Now()) })
	if err != nil {
		return d.themeRefused(ctx, t, e, b, err)
	}
	if !gone {
		return d.sayBallot(ctx, t, e, b)
	}
	menu, err := d.menu(t, choice{t.Label("rundown", "undo"), "/tema " + e.ID + " kembalikan " + strconv.Itoa(n)}, choice{t.Label("theme", "show"), "/tema " + e.ID})
	if err != nil {
		return err
	}
	return t.Say("theme.withdrawn", templates.Data{"N": n, "Text": b.Proposals[i].Text}, menu)
}

// decideTheme is /tema tetapkan 2, or in words.
func (d *Desk) decideTheme(ctx context.Context, t *Turn, e *event.Event, text string) error {
	if t.Person.Role != event.Lead {
		return t.Say("theme.leadonly", nil)
	}
	b, err := d.app.Ballot(ctx, e.ID)
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(strings.Trim(text, " .#")); err == nil {
		p, ok := b.Proposal(n)
		if !ok {
			return d.themeRefused(ctx, t, e, b, event.ErrNoProposal)
		}
		text = p.Text
	}
	text = strings.Trim(strings.Join(strings.Fields(text), " "), "\"“” ")
	if text == "" {
		return d.askTheme(ctx, t, themeState{Phase: thDecide, EventID: e.ID})
	}
	if n := len([]rune(text)); n < minTheme || n > maxTheme {
		return noteAgain(t, "theme.bad.text", nil, func() error { return d.askTheme(ctx, t, themeState{Phase: thDecide, EventID: e.ID}) })
	}
	t.Close()
	if b, err = d.app.DecideTheme(ctx, t.Actor(), e.ID, text); err != nil {
		return d.themeRefused(ctx, t, e, b, err)
	}
	menu, err := d.menu(t, choice{t.Label("theme", "reopen"), "/tema " + e.ID + " buka"}, choice{t.Label("theme", "rundown"), "/rundown " + e.ID}, choice{t.Label("theme", "posters"), "/branding " + e.ID})
	if err != nil {
		return err
	}
	return t.Say("theme.decided", templates.Data{"Event": e, "Text": b.Decided, "Before": e.Theme}, menu)
}

func (d *Desk) reopenTheme(ctx context.Context, t *Turn, e *event.Event) error {
	if t.Person.Role != event.Lead {
		return t.Say("theme.leadonly", nil)
	}
	t.Close()
	b, err := d.app.ReopenTheme(ctx, t.Actor(), e.ID)
	if errors.Is(err, event.ErrNoProposal) {
		return d.sayBallot(ctx, t, e, b) // it is open
	}
	if err != nil {
		return err
	}
	return noteAgain(t, "theme.reopened", templates.Data{"Theme": e.Theme}, func() error { return d.sayBallot(ctx, t, e, b) })
}

// themeRefused says why a change did not take place.
func (d *Desk) themeRefused(ctx context.Context, t *Turn, e *event.Event, b *event.Ballot, err error) error {
	key := ""
	switch {
	case errors.Is(err, event.ErrThemeDecided):
		key = "theme.settled"
	case errors.Is(err, event.ErrNoProposal):
		key = "theme.unknown"
	case errors.Is(err, event.ErrThemesFull):
		key = "theme.full"
	default:
		return err
	}
	return noteAgain(t, key, templates.Data{"Max": event.MaxProposals}, func() error { return d.sayBallot(ctx, t, e, b) })
}

// askTheme asks the question of st.Phase.
func (d *Desk) askTheme(ctx context.Context, t *Turn, st themeState) error {
	st.Tag = tagHere(t, "th")
	b, err := d.app.Ballot(ctx, st.EventID)
	if err != nil {
		return err
	}
	if err := t.Open(dlgTheme, st); err != nil {
		return err
	}
	switch st.Phase {
	case thPropose:
		return t.Say("theme.ask.propose", nil, d.stopButton(t, st.Tag), replyHint())
	case thWhich:
		return t.Say("theme.ask.withdraw", nil, t.choices(st.Tag, themeChoices(t, b)...), replyHint())
	}
	return t.Say("theme.ask.decide", nil, t.choices(st.Tag, themeChoices(t, b)...), replyHint())
}

func themeChoices(t *Turn, b *event.Ballot) []choice {
	var out []choice
	for _, p := range b.Open() {
		out = append(out, t.numberChoice(p.N, shorten(p.Text, 30)))
	}
	return out
}

// themeStep takes the answer to the question that stands.
func (d *Desk) themeStep(ctx context.Context, t *Turn) error {
	if ok, err := d.stillMay(t, "tema"); !ok {
		return err
	}
	var st themeState
	t.Load(&st)
	again := func(key string) error {
		return noteAgain(t, key, nil, func() error { return d.askTheme(ctx, t, st) })
	}
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "theme.left", kind: "event.bad.kind", again: again}); !ok {
		return err
	}
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		t.Close()
		return err
	}
	if st.Phase == thPropose {
		return d.proposeTheme(ctx, t, e, t.Text())
	}
	b, err := d.app.Ballot(ctx, e.ID)
	if err != nil {
		return err
	}
	text := d.numberChosen(t, st.Tag, themeChoices(t, b))
	if st.Phase == thWhich {
		return d.withdrawTheme(ctx, t, e, text, true)
	}
	return d.decideTheme(ctx, t, e, text)
}
