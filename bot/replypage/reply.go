package replypage

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/diskopukm/emileku/bot/dialog"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/templates"
)

// What a form may hold.
const (
	maxHeads = 50
	maxName  = 80
	maxWord  = 500
)

var answers = []event.Answer{event.Yes, event.Maybe, event.No, event.Delegated}

// entered is what stands in the form.
type entered struct{ answer, heads, delegate, word string }

// choice is one of the answers.
type choice struct {
	Value  string
	Chosen bool
}

// closed answers for an event that takes no answers any more.
func (p *pages) closed(w http.ResponseWriter, v visit) bool {
	data := templates.Data{"Event": v.event}
	switch {
	case v.event.Status == event.EventCancelled:
		p.notice(w, http.StatusOK, "page.title.cancelled", "page.cancelled", data)
	case !v.event.Upcoming(p.App.Now()):
		p.notice(w, http.StatusOK, "page.title.over", "page.over", data)
	default:
		return false
	}
	return true
}

// showReply shows the invitation with the form; ?j=yes has an answer marked,
// ?ok=1 says that one was taken.
func (p *pages) showReply(w http.ResponseWriter, r *http.Request, v visit) {
	if p.closed(w, v) {
		return
	}
	now := v.guest.Reply
	in := entered{answer: string(now.Answer), delegate: now.Delegate}
	if now.Heads > 0 {
		in.heads = strconv.Itoa(now.Heads)
	}
	q := r.URL.Query()
	if j := q.Get("j"); slices.Contains(answers, event.Answer(j)) {
		in.answer = j
	}
	data := templates.Data{"Passed": q.Get("ok") == "pesan"}
	if q.Has("ok") && now.At != nil {
		data["Done"], data["Mailed"] = "page.saved", q.Has("surat")
	}
	p.reply(w, r, http.StatusOK, v, in, data)
}

func (p *pages) reply(w http.ResponseWriter, r *http.Request, status int, v visit, in entered, data templates.Data) {
	stopped, err := p.Desk.Stopped(r.Context(), v.guest)
	if err != nil {
		p.trouble(w, err)
		return
	}
	var list []choice
	for _, a := range answers {
		list = append(list, choice{string(a), in.answer == string(a)})
	}
	chats := p.Desk.ChatLinks(v.guest)
	for key, value := range (templates.Data{
		"Title": v.event.Title, "Form": true, "Salute": p.Desk.Salute(v.guest), "Event": v.event, "P": v.guest, "Answered": v.guest.Reply.At != nil,
		"Stopped": stopped, "Choices": list, "Heads": in.heads, "Delegate": in.delegate, "Word": in.word, "MaxName": maxName, "MaxWord": maxWord,
		"Max": maxHeads, "Chats": chats, "Register": len(chats) > 0 && p.Desk.MayRegister(v.guest, v.event),
		"Action": p.replyPath(v.guest), "StopURL": p.stopPath(v.guest),
	}) {
		data[key] = value
	}
	p.write(w, status, "", data)
}

// takeReply records an answer and sends the browser back to the page, so that
// loading it again sends nothing again.
func (p *pages) takeReply(w http.ResponseWriter, r *http.Request, v visit) {
	if !p.form(w, r) || p.closed(w, v) {
		return
	}
	in := entered{
		answer: r.PostForm.Get("jawaban"), heads: strings.TrimSpace(r.PostForm.Get("orang")),
		delegate: line(r.PostForm.Get("wakil")), word: text(r.PostForm.Get("pesan")),
	}
	reply, fix := read(in)
	if fix != "" {
		p.reply(w, r, http.StatusUnprocessableEntity, v, in, templates.Data{"Fix": fix})
		return
	}
	taken, err := p.Desk.TakePageReply(r.Context(), v.guest, v.event, reply)
	if err != nil {
		p.trouble(w, err)
		return
	}
	p.wake()
	if taken.Grief != "" {
		p.write(w, http.StatusOK, "page.title.grief", templates.Data{"Text": safe(taken.Grief)})
		return
	}
	to := p.replyPath(v.guest) + "?ok="
	if reply.Word != "" {
		to += "pesan"
	} else {
		to += "1"
	}
	if taken.Mailed {
		to += "&surat=1"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// read understands a form; fix is what is to be mended.
func read(in entered) (r dialog.PageReply, fix string) {
	r = dialog.PageReply{Answer: event.Answer(in.answer), Word: in.word}
	if !slices.Contains(answers, r.Answer) {
		return r, "page.fix.answer"
	}
	if utf8.RuneCountInString(in.delegate) > maxName || utf8.RuneCountInString(in.word) > maxWord {
		return r, "page.fix.long"
	}
	if in.heads != "" && r.Answer != event.No {
		n, err := strconv.Atoi(in.heads)
		if err != nil || n < 1 || n > maxHeads {
			return r, "page.fix.heads"
		}
		r.Heads = n
	}
	if r.Answer == event.Delegated {
		if r.Delegate = in.delegate; r.Delegate == "" {
			return r, "page.fix.delegate"
		}
	}
	return r, ""
}

// line is one line of text, without what is no text.
func line(s string) string { return strings.Join(strings.Fields(text(s)), " ") }

// text drops what is no text from a form.
func text(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) && r != '\n' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.TrimSpace(s)
}

func (p *pages) wake() {
	if p.Wake != nil {
		p.Wake()
	}
}
