package dialog

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// SourceMail is the Source of answers that are given on a page behind a mail.
const SourceMail = "email"

// PageReply is what a guest sends from a reply page.
type PageReply struct {
	Answer   event.Answer
	Heads    int    // 0: not said
	Delegate string // may hold their telephone number, too
	Word     string // to the team
}

// delegate parts who comes instead from the number that stands with them.
func (r PageReply) delegate() (name, phone string) {
	n, err := understand.Phone(r.Delegate)
	if err != nil || n.Landline {
		return r.Delegate, ""
	}
	if name = strings.TrimRight(r.Delegate, " -+()0123456789.,:/"); name == "" || strings.IndexFunc(name, unicode.IsLetter) < 0 {
		return r.Delegate, ""
	}
	return name, n.E164
}

// PageTaken is what became of it.
type PageTaken struct {
	Guest  *event.Participation
	Mailed bool   // a confirmation is on its way
	Grief  string // a fitting word, where the guest's own told of a death, an illness or anger
}

// TakePageReply records an answer from a reply page, as one in chat is: the
// word goes to the team, and whoever comes gets a mail to keep. Pressing twice
// changes nothing the second time.
func (d *Desk) TakePageReply(ctx context.Context, g *event.Participation, e *event.Event, r PageReply) (PageTaken, error) {
	by, err := d.pageActor(ctx, g)
	if err != nil {
		return PageTaken{}, err
	}
	if s := understand.Reply(r.Word, understand.ReplyContext{}).Sensitive; r.Word != "" && s != "" {
		return d.grieveOnPage(ctx, by, g, r.Word, s)
	}
	var phone string
	r.Delegate, phone = r.delegate()
	before := g.Reply
	out := PageTaken{Guest: g}
	out.Guest, err = d.app.Answer(ctx, by, g.ID, event.Reply{
		Answer: r.Answer, Heads: r.Heads, Delegate: r.Delegate, DelegatePhone: phone, Text: shorten(r.Word, 300), Source: SourceMail,
	})
	if err != nil {
		return out, err
	}
	if err := d.wordToTeam(ctx, g, r.Word); err != nil {
		return out, err
	}
	if out.Guest.Reply.Comes() && !r.same(before) && g.MailTo() != "" && d.net.On(channel.Email) {
		out.Mailed, err = true, d.confirmByMail(ctx, out.Guest, e)
	}
	return out, err
}

// same reports whether a reply says what stands already.
func (r PageReply) same(p event.Reply) bool {
	return p.At != nil && p.Answer == r.Answer && (r.Heads == 0 || p.Heads == r.Heads) && (r.Delegate == "" || p.Delegate == r.Delegate)
}

// StopFromPage ends all unasked sending to a guest, or with resume takes that
// back.
func (d *Desk) StopFromPage(ctx context.Context, g *event.Participation, resume bool) error {
	by, err := d.pageActor(ctx, g)
	if err != nil || by.Person.Version == 0 || (by.Person.StoppedAt != nil) != resume {
		return err
	}
	by.Inbound = fmt.Sprintf("page/%s/%d", g.ID, by.Person.Version)
	if resume {
		_, err = d.app.Resume(ctx, by)
	} else {
		_, err = d.app.Stop(ctx, by)
	}
	return err
}

// Stopped reports whether a guest asked us to stop.
func (d *Desk) Stopped(ctx context.Context, g *event.Participation) (bool, error) {
	by, err := d.pageActor(ctx, g)
	return err == nil && by.Person.StoppedAt != nil, err
}

// pageActor is the guest who acts on a page. Where only their part in the event
// is kept, the Person has no Version.
func (d *Desk) pageActor(ctx context.Context, g *event.Participation) (app.Actor, error) {
	p, err := d.app.Store().People().Get(ctx, g.PersonID)
	if errors.Is(err, storage.ErrNotFound) {
		p, err = &event.Person{ID: g.PersonID, Name: g.Name}, nil
	}
	return app.Actor{Person: p, Inbound: fmt.Sprintf("page/%s/%d", g.ID, g.Version)}, err
}

// grieveOnPage is grieve for a word from a page.
func (d *Desk) grieveOnPage(ctx context.Context, by app.Actor, g *event.Participation, word string, s understand.Sensitivity) (PageTaken, error) {
	closed, err := d.app.CloseGuest(ctx, by, g.ID, event.Grieving)
	if err != nil {
		return PageTaken{}, err
	}
	text, err := d.texts.Text("rsvp.sensitive."+string(s), nil)
	if err != nil {
		return PageTaken{}, err
	}
	return PageTaken{Guest: closed, Grief: text}, d.wordToTeam(ctx, closed, word)
}

// wordToTeam puts a guest's word from a page before the team, once; the team's
// answer goes back by mail, or to the guest's chat.
func (d *Desk) wordToTeam(ctx context.Context, g *event.Participation, word string) error {
	if word == "" {
		return nil
	}
	chat := channel.Chat{Channel: channel.Email, ID: g.MailTo()}.String()
	if p, err := d.app.Store().People().Get(ctx, g.PersonID); err == nil && (g.MailTo() == "" || !d.net.On(channel.Email)) {
		chat = p.PrivateChat()
	}
	id := fmt.Sprintf("page/%s/%x", g.ID, sha256.Sum256([]byte(word)))
	if _, err := d.app.Store().Questions().Get(ctx, id); !errors.Is(err, storage.ErrNotFound) {
		return err // pressed twice: the team has it
	}
	q := storage.Question{
		ID: id, PersonID: g.PersonID, Name: g.Name, Chat: chat, Text: shorten(word, 1000), Row: "question/" + id, AskedAt: d.app.Now(),
	}
	group, bound, err := d.app.Group(ctx)
	if err != nil {
		return err
	}
	if bound {
		text, err := d.texts.Text("tanya.forward", templates.Data{"Name": g.Name, "Organisation": g.Organisation, "Text": q.Text, "Stopped": g.Closed == event.Grieving})
		if err != nil {
			return err
		}
		m := d.pageRow(q.Row, group.Chat, channel.Outbound{Text: text}, g)
		m.PersonID, m.Touchpoint = "", "question"
		if _, err := d.app.Store().Outbox().Add(ctx, m); err != nil {
			return err
		}
	}
	return d.app.AskTeam(ctx, q) // last: whoever presses again finds what is missing done
}

// confirmByMail sends what was noted, with the calendar entry, to keep.
func (d *Desk) confirmByMail(ctx context.Context, g *event.Participation, e *event.Event) error {
	data := d.rsvpData(g, e)
	data["Register"], data["Ticket"] = d.MayRegister(g, e) && len(d.ChatLinks(g)) > 0, g.RegistrationID == ""
	var m channel.Outbound
	var err error
	if m.Subject, err = d.texts.Text("mail.confirm.subject", data); err != nil {
		return err
	}
	if m.Text, err = d.texts.Text("mail.confirm", data); err != nil {
		return err
	}
	if err := d.Mail(&m, e, g, false); err != nil {
		return err
	}
	if g.RegistrationID == "" {
		file, err := d.EventCalendar(ctx, e)
		if err != nil {
			return err
		}
		ticket, err := d.GuestTicket(ctx, g, e)
		if err != nil {
			return err
		}
		m.File, m.Attach = ticket, []channel.File{file}
	}
	id := fmt.Sprintf("%s/%s/confirm.%d/email", e.ID, g.PersonID, g.Version)
	row := d.pageRow(id, channel.Chat{Channel: channel.Email, ID: g.MailTo()}, m, g)
	row.Touchpoint = "confirm"
	_, err = d.app.Store().Outbox().Add(ctx, row)
	return err
}

func (d *Desk) pageRow(id string, to channel.Chat, m channel.Outbound, g *event.Participation) storage.Message {
	now := time.Now().UTC().Truncate(time.Millisecond)
	return storage.Message{
		ID: id, Chat: to, Lane: storage.LaneAnswer, Order: now.UnixMicro(), Body: m, PersonID: g.PersonID, EventID: g.EventID,
		State: storage.Queued, DueAt: now, QueuedAt: now,
	}
}

// MayRegister reports whether a guest who comes is asked to register, too.
func (d *Desk) MayRegister(g *event.Participation, e *event.Event) bool {
	switch g.Audience {
	case event.Koperasi, event.UKM, event.Performer:
		return g.Reply.Comes() && g.RegistrationID == "" && e.TakesRegistrations(d.app.Now())
	case event.Official, event.Public:
	}
	return false
}
