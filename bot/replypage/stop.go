package replypage

import (
	"net/http"

	"github.com/diskopukm/emileku/templates"
)

// showStop shows how to end all mails, or that they ended. It works also when
// the event is over.
func (p *pages) showStop(w http.ResponseWriter, r *http.Request, v visit) {
	stopped, err := p.Desk.Stopped(r.Context(), v.guest)
	if err != nil {
		p.trouble(w, err)
		return
	}
	data := templates.Data{
		"Salute": p.Desk.Salute(v.guest), "Stopping": true, "Stopped": stopped, "Key": "page.stop.ask", "ReplyURL": "",
		"Action": p.stopPath(v.guest),
	}
	if v.event.Upcoming(p.App.Now()) {
		data["ReplyURL"] = p.replyPath(v.guest)
	}
	if stopped {
		data["Key"], data["Done"] = nil, "page.stop.done"
	}
	p.write(w, http.StatusOK, "page.title.stop", data)
}

// takeStop ends all mails, also by the one press of a mail program (RFC 8058),
// which follows no redirect; or takes that back.
func (p *pages) takeStop(w http.ResponseWriter, r *http.Request, v visit) {
	if !p.form(w, r) {
		return
	}
	if err := p.Desk.StopFromPage(r.Context(), v.guest, r.PostForm.Get("lanjut") == "1"); err != nil {
		p.trouble(w, err)
		return
	}
	if r.PostForm.Get("List-Unsubscribe") == "One-Click" {
		w.WriteHeader(http.StatusOK)
		return
	}
	http.Redirect(w, r, p.stopPath(v.guest), http.StatusSeeOther)
}
