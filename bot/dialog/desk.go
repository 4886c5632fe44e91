// Package dialog holds the conversations: one file per dialog, the same for
// every channel. A dialog reads what came in (with bot/understand), calls a
// use case (bot/app), and answers with a text (templates). What it has to
// remember until the next message it keeps in the chat's document.
//
// A dialog never sends: it fills a Turn, and the core stores the answers
// together with the chat's new memory in one write.
package dialog

import (
	"context"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/templates"
)

// Desk is all dialogs together.
type Desk struct {
	app   *app.App
	texts *templates.Renderer
	net   Network

	commands []Command
	steps    map[string]step
}

type step func(ctx context.Context, t *Turn) error

// Command is one slash command: who may use it and where (DESIGN section 8).
type Command struct {
	Name    string
	Aliases []string
	Role    event.Role // the least role that may use it
	Private bool
	Group   bool // in the team's group
	Menu    bool // shown in the channel's menu and in /bantuan
	run     func(ctx context.Context, t *Turn, args string) error
}

// Prepare readies what the first message would otherwise wait for. It may run
// beside everything else.
func (d *Desk) Prepare() { understand.Prepare() }

// New makes the desk.
func New(a *app.App, texts *templates.Renderer, net Network) *Desk {
	d := &Desk{app: a, texts: texts, net: net}
	d.commands = []Command{
		{Name: "start", Private: true, run: d.start},
		{Name: "daftar", Private: true, Menu: true, run: d.register},
		{Name: "lanjut", Private: true, run: d.carry},
		{Name: "status", Aliases: []string{"tiket"}, Private: true, Menu: true, run: d.status},
		{Name: "ubah", Private: true, Menu: true, run: d.change},
		{Name: "batal", Private: true, Menu: true, run: d.cancel},
		{Name: "kembali", Private: true, run: d.back},
		{Name: "datasaya", Private: true, Menu: true, run: d.myData},
		{Name: "hapusdata", Private: true, Menu: true, run: d.deleteData},
		{Name: "stop", Aliases: []string{"berhenti"}, Private: true, run: d.stop},
		{Name: "survei", Private: true, run: d.survey},
		{Name: "bantuan", Aliases: []string{"help", "menu"}, Private: true, Group: true, Menu: true, run: d.help},
		{Name: "klaim", Private: true, run: d.claim},

		{Name: "tugas", Role: event.ReadOnly, Private: true, Group: true, Menu: true, run: d.tasks},
		{Name: "selesai", Role: event.Member, Private: true, Group: true, Menu: true, run: d.done},
		{Name: "rekap", Role: event.ReadOnly, Private: true, Group: true, Menu: true, run: d.recap},
		{Name: "cari", Role: event.FrontDesk, Private: true, Menu: true, run: d.find},
		{Name: "hadir", Aliases: []string{"absen"}, Role: event.FrontDesk, Private: true, Menu: true, run: d.attend},
		{Name: "konfirmasi", Role: event.ReadOnly, Private: true, Group: true, Menu: true, run: d.confirm},
		{Name: "undangan", Aliases: []string{"tamu"}, Role: event.Member, Private: true, Group: true, Menu: true, run: d.guests},
		{Name: "sebar", Role: event.Member, Private: true, Group: true, Menu: true, run: d.send},
		{Name: "surat", Role: event.Member, Private: true, Group: true, Menu: true, run: d.letters},
		{Name: "dok", Aliases: []string{"dokumentasi", "album"}, Role: event.Member, Private: true, Group: true, Menu: true, run: d.document},
		{Name: "branding", Role: event.Member, Private: true, Group: true, Menu: true, run: d.branding},
		{Name: "tema", Role: event.Member, Private: true, Group: true, Menu: true, run: d.theme},
		{Name: "rundown", Role: event.ReadOnly, Private: true, Group: true, Menu: true, run: d.rundown},
		{Name: "logistik", Role: event.ReadOnly, Private: true, Group: true, Menu: true, run: d.logistics},
		{Name: "tanya", Role: event.Member, Private: true, Group: true, Menu: true, run: d.tanya},
		{Name: "kurasi", Role: event.Member, Private: true, Group: true, Menu: true, run: d.curate},
		{Name: "evaluasi", Role: event.Member, Private: true, Group: true, Menu: true, run: d.evaluation},
		{Name: "laporan", Role: event.Member, Private: true, Menu: true, run: d.reports},
		{Name: "ekspor", Role: event.Member, Private: true, Menu: true, run: d.export},
		{Name: "acara", Role: event.Lead, Private: true, Group: true, Menu: true, run: d.event},
		{Name: "tim", Role: event.Lead, Private: true, Group: true, Menu: true, run: d.team},
		{Name: "grup", Role: event.Lead, Private: true, Group: true, Menu: true, run: d.group},
		{Name: "riwayat", Role: event.Lead, Private: true, Group: true, Menu: true, run: d.history},
		{Name: "whatsapp", Aliases: []string{"wa"}, Role: event.Lead, Private: true, Group: true, Menu: true, run: d.whatsapp},
		{Name: "kesehatan", Role: event.Lead, Private: true, Group: true, Menu: true, run: d.health},
	}
	d.steps = map[string]step{
		dlgRegister: d.registerStep,
		dlgPick:     d.pickStep,
		dlgChange:   d.changeStep,
		dlgCancel:   d.cancelStep,
		dlgOffer:    d.offerStep,
		dlgErase:    d.eraseStep,
		dlgFind:     d.findStep,
		dlgCurate:   d.curateStep,
		dlgExport:   d.exportStep,
		dlgEvent:    d.eventStep,
		dlgTeam:     d.teamStep,
		dlgTask:     d.taskStep,
		dlgAttend:   d.attendStep,
		dlgAlbum:    d.albumStep,
		dlgClaim:    d.claimStep,
		dlgConfirm:  d.confirmStep,
		dlgSend:     d.sendStep,
		dlgPoster:   d.posterStep,
		dlgLetter:   d.letterStep,
		dlgGuests:   d.guestsStep,
		dlgSurvey:   d.surveyStep,
		dlgEvaluate: d.evaluationStep,
		dlgReport:   d.reportsStep,
		dlgAccount:  d.accountStep,
		dlgRundown:  d.rundownStep,
		dlgTheme:    d.themeStep,
		dlgSection:  d.sectionStep,
		dlgThings:   d.logisticsStep,
		dlgPost:     d.postStep,
		dlgVillage:  d.villageStep,
		dlgCard:     d.cardStep,
	}
	return d
}

// Commands lists all commands, in the order of menus.
func (d *Desk) Commands() []Command { return slices.Clone(d.commands) }

// Lookup finds a command by its name or alias, without the slash.
func (d *Desk) Lookup(name string) (Command, bool) {
	name = strings.ToLower(name)
	for _, c := range d.commands {
		if c.Name == name || slices.Contains(c.Aliases, name) {
			return c, true
		}
	}
	return Command{}, false
}

// Allows reports whether a role is enough for the command.
func (c Command) Allows(r event.Role) bool { return rank(r) >= rank(c.Role) }

func rank(r event.Role) int {
	return slices.Index([]event.Role{event.Guest, event.ReadOnly, event.FrontDesk, event.Member, event.Lead}, r)
}

// Run runs a command. The caller has checked that it is allowed here.
func (d *Desk) Run(ctx context.Context, t *Turn, c Command, args string) error {
	return c.run(ctx, t, strings.TrimSpace(args))
}

// Step hands a message to the open dialog; ok is false where none is open, or
// where this version knows it no more.
func (d *Desk) Step(ctx context.Context, t *Turn) (ok bool, err error) {
	// An offer may be answered by its button whatever else is open.
	if tag, _, pressed := t.Pressed(); pressed && strings.HasPrefix(tag, dlgOffer+".") {
		return true, d.offerPress(ctx, t, strings.TrimPrefix(tag, dlgOffer+"."))
	}
	// So may an invitation.
	if tag, value, pressed := t.Pressed(); pressed && strings.HasPrefix(tag, rsvpTag) {
		return true, d.rsvpPress(ctx, t, strings.TrimPrefix(tag, rsvpTag), value)
	}
	// And the questions of a survey.
	if tag, value, pressed := t.Pressed(); pressed && strings.HasPrefix(tag, surveyTag) {
		return true, d.surveyPress(ctx, t, strings.TrimPrefix(tag, surveyTag), value)
	}
	s, ok := d.steps[t.Chat.Dialog]
	if !ok {
		t.Close()
		return false, nil
	}
	return true, s(ctx, t)
}

// fields splits the arguments of a one-line command: "Judul | tanggal | tempat".
func fields(args string) []string {
	var out []string
	for _, f := range strings.Split(args, "|") {
		out = append(out, strings.TrimSpace(f))
	}
	return out
}
