package exercise

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/diskopukm/emileku/bot/channel/email/smtptest"
	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

// Strangers is a sending of invitations to guests who have never written to the
// office: 5 of 100 numbers are not on WhatsApp, every second guest has an e-mail
// address, and after some first contacts WhatsApp answers 463 for two days and a
// half.
type Strangers struct {
	Options
	Guests  int
	After   int    // first contacts that WhatsApp lets pass
	Picture string // where the chart of /kesehatan is written; "": nowhere
}

// StrangersResult is who got what.
type StrangersResult struct {
	Took     time.Duration
	WhatsApp int // guests who were written to there
	Refused  int // tries that WhatsApp answered with 463
	Email    int
	Calls    int // on the call list
	Absent   int // numbers that are not on WhatsApp
	Warm     int // messages to people who have written, while first contacts were forbidden
}

// The days of the exercise. 26 November 2026 is a Thursday; on the Monday after
// it the budget reaches the thirteenth first contact.
var (
	jakarta   = time.FixedZone("WIB", 7*3600)
	thursday  = time.Date(2026, 11, 26, 9, 0, 0, 0, jakarta)
	monday    = time.Date(2026, 11, 30, 16, 30, 0, 0, jakarta)
	lifted    = time.Date(2026, 12, 3, 16, 0, 0, 0, jakarta)
	hMinus40  = time.Date(2026, 12, 5, 8, 30, 0, 0, jakarta)
	forbidden = 60 * time.Hour
)

// world is what an exercise with strangers consists of.
type world struct {
	*office
	mail  *smtptest.Server
	budi  *wafake.Person // approves what Rina sends
	group *wafake.Group  // the team's
	shift atomic.Int64   // of WhatsApp's clock
	seen  int            // of what Rina got
	begun time.Time
}

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.shift.Load())) }

func phone(n int) string { return fmt.Sprintf("62813%08d", n) }
func mailOf(n int) string {
	if n%2 == 0 {
		return fmt.Sprintf("tamu%d@contoh.id", n)
	}
	return ""
}

// isAbsent: one of 40 with an e-mail address, and one without.
func isAbsent(n int) bool { return n%40 == 3 || n%40 == 22 }

// Run plays it. An error says what is not as it must be.
func (c Strangers) Run(ctx context.Context) (res StrangersResult, err error) {
	begun := time.Now()
	mail, err := smtptest.Open(smtptest.Options{})
	if err != nil {
		return res, err
	}
	defer mail.Close()
	w := &world{mail: mail, begun: begun}
	w.shift.Store(int64(time.Until(thursday)))
	c.Env = append([]string{"SMTP_URL=" + mail.URL(), "MAIL_FROM=emileku@contoh.go.id"}, c.Env...)
	if w.office, err = newOffice(ctx, c.Options, wafake.Options{Now: w.now}); err != nil {
		return res, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	for n := range c.Guests {
		if !isAbsent(n) {
			w.srv.AddPerson(phone(n), fmt.Sprintf("Tamu %04d", n))
		}
	}
	w.srv.Faults().Reachout(c.After, forbidden, true)
	if err := w.begin(ctx, thursday); err != nil {
		return res, err
	}
	if err := w.open(ctx, "2027-01-14"); err != nil {
		return res, err
	}
	if err := w.team(ctx); err != nil {
		return res, err
	}
	if err := c.invite(ctx, w); err != nil {
		return res, err
	}
	if err := c.wait(ctx, w, &res); err != nil {
		return res, err
	}
	res.Took = since(begun)
	if _, err := w.run.Stop(ctx); err != nil {
		return res, err
	}
	return res, c.count(w, &res)
}

// begin begins a life of the program at an instant.
func (w *world) begin(ctx context.Context, at time.Time) error {
	if err := w.office.start("CLOCK_START="+at.Format(time.RFC3339), ClockOnInput+"=1"); err != nil {
		return err
	}
	w.shift.Store(int64(time.Until(at)))
	return w.account.Connected(ctx)
}

// until moves both clocks, and tells what the team got meanwhile.
func (w *world) until(ctx context.Context, to time.Time) error {
	w.shift.Store(int64(time.Until(to)))
	if err := w.run.until(ctx, to); err != nil {
		return err
	}
	w.told(to)
	return nil
}

// told prints what Rina got since the last time.
func (w *world) told(at time.Time) {
	inbox := w.rina.Inbox()
	w.printf("\n== %s WIB, after %v", at.In(jakarta).Format("Monday 2 January 2006 15.04"), since(w.begun))
	for _, m := range inbox[w.seen:] {
		text := m.Text
		if m.Media != nil {
			text = strings.TrimSpace("(" + string(m.Media.Kind) + " " + m.Media.Name + ") " + text)
		}
		where := ""
		if m.Group != nil {
			where = " in the group"
		}
		w.printf("Rina%s < %s", where, strings.ReplaceAll(text, "\n", "\n       "))
	}
	w.seen = len(inbox)
}

// invite brings the guests in as a table, and has them invited.
func (c Strangers) invite(ctx context.Context, w *world) error {
	var table strings.Builder
	rows := csv.NewWriter(&table)
	_ = rows.Write([]string{"Nama", "Jenis", "Instansi", "WhatsApp", "Email"})
	for n := range c.Guests {
		_ = rows.Write([]string{fmt.Sprintf("Tamu %04d", n), "ukm", fmt.Sprintf("Usaha %04d", n), "+" + phone(n), mailOf(n)})
	}
	rows.Flush()
	if _, err := w.ask(ctx, w.rina, "/undangan impor", "daftar tamunya"); err != nil {
		return err
	}
	before := len(w.rina.Inbox())
	if _, err := w.rina.SendMedia(w.account, wafake.Media{
		Kind: wafake.Document, Name: "tamu.csv", MIME: "text/csv", Data: []byte(table.String()),
	}); err != nil {
		return err
	}
	if _, err := w.hears(ctx, w.rina, before, "ke daftar?"); err != nil {
		return err
	}
	if _, err := w.ask(ctx, w.rina, "ya", "masuk ke daftar"); err != nil {
		return err
	}
	if _, err := w.ask(ctx, w.rina, "/sebar ukm", "Kapan dikirim?"); err != nil {
		return err
	}
	before = len(w.budi.Inbox())
	if _, err := w.ask(ctx, w.rina, "1", "menunggu persetujuan"); err != nil {
		return err
	}
	approve := regexp.MustCompile(`/sebar setujui \S+`)
	request, err := w.hears(ctx, w.budi, before, "/sebar setujui")
	if err != nil {
		return err
	}
	w.told(w.now())
	before = len(w.rina.Inbox())
	w.budi.Send(w.group, approve.FindString(wafake.Show(request.Text).Text))
	_, err = w.hears(ctx, w.rina, before, "Disetujui.")
	return err
}

// team binds the team's group, with a second member who approves.
func (w *world) team(ctx context.Context) error {
	w.budi = w.srv.AddPerson("6281210000002", "Budi")
	link, err := w.ask(ctx, w.rina, "/tim tautan anggota", "/start tim_")
	if err != nil {
		return err
	}
	code := regexp.MustCompile(`/start tim_\S+`).FindString(wafake.Show(link.Text).Text)
	if _, err := w.ask(ctx, w.budi, code, "nggota"); err != nil {
		return err
	}
	w.group = w.srv.NewGroup("Panitia E-MILE KU", w.rina, w.budi, w.account)
	before := len(w.rina.Inbox())
	w.rina.Send(w.group, "/grup")
	_, err = w.hears(ctx, w.rina, before, "rup")
	return err
}

// wait lets the days pass: the program is killed on the way, somebody writes
// while first contacts are forbidden, the restriction ends.
func (c Strangers) wait(ctx context.Context, w *world, res *StrangersResult) error {
	if err := w.until(ctx, thursday.Add(30*time.Hour)); err != nil { // Friday afternoon
		return err
	}
	w.run.Kill()
	if err := w.account.Disconnected(ctx); err != nil {
		return err
	}
	if err := w.begin(ctx, thursday.Add(31*time.Hour)); err != nil {
		return err
	}
	w.printf("\nThe program is killed, and started again.")
	if err := w.until(ctx, monday); err != nil {
		return err
	}
	if n := w.refusals(); n != 1 {
		return fmt.Errorf("WhatsApp refused %d first contacts by Monday, not one", n)
	}
	health, err := w.ask(ctx, w.rina, "/kesehatan", "Dibatasi WhatsApp")
	if err != nil {
		return err
	}
	w.printf("Rina > /kesehatan\nRina < %s", health.Text)
	if err := c.picture(ctx, w); err != nil {
		return err
	}
	// Who has written is served all the same.
	warm := w.srv.AddPerson("6281400000001", "Bu Warga")
	if _, err := w.ask(ctx, warm, "daftar ukm", "setuju"); err != nil {
		return err
	}
	res.Warm = len(warm.Inbox())
	if err := w.until(ctx, lifted); err != nil {
		return err
	}
	if err := w.until(ctx, hMinus40); err != nil {
		return err
	}
	status, err := w.ask(ctx, w.rina, "/undangan status", "Daftar telepon")
	if err != nil {
		return err
	}
	w.printf("Rina > /undangan status\nRina < %s", status.Text)
	m := regexp.MustCompile(`Daftar telepon[^0-9]*0 dari ([0-9.]+)`).FindStringSubmatch(wafake.Show(status.Text).Text)
	if m == nil {
		return fmt.Errorf("no call list in: %s", status.Text)
	}
	res.Calls, err = strconv.Atoi(strings.ReplaceAll(m[1], ".", ""))
	return err
}

func (w *world) refusals() (n int) {
	for _, s := range w.srv.Sent() {
		if s.Error == 463 {
			n++
		}
	}
	return n
}

// picture keeps the chart that comes with /kesehatan.
func (c Strangers) picture(ctx context.Context, w *world) error {
	if c.Picture == "" {
		return nil
	}
	chart, err := w.hears(ctx, w.rina, w.seen, "Hangat: sudah pernah menulis")
	if err != nil {
		return err
	}
	if err := savePicture(c.Picture, chart); err != nil {
		return err
	}
	w.printf("The chart is in %s.", filepath.ToSlash(c.Picture))
	return nil
}

// row of the table: guests of one kind.
type row struct{ all, chat, mail, neither int }

// count looks who got what: everybody one thing, nobody two, nobody who was
// refused a second try.
func (c Strangers) count(w *world, res *StrangersResult) error {
	tries, refused := map[string]int{}, map[string]bool{}
	for _, s := range w.srv.Sent() {
		if s.Peer || s.Retry {
			continue
		}
		tries[s.To]++
		if s.Error == 463 {
			res.Refused++
			refused[s.To] = true
		}
	}
	mails := map[string]int{}
	for _, m := range w.mail.Mails("") {
		mails[m.To[0]]++
	}
	var faults []error
	var table [2][2]row // is on WhatsApp, has an address
	for n := range c.Guests {
		r := &table[btoi(isAbsent(n))][btoi(mailOf(n) == "")]
		r.all++
		chats := tries[phone(n)]
		if refused[phone(n)] {
			chats--
		}
		letters := mails[mailOf(n)]
		switch {
		case mailOf(n) == "" && letters > 0, chats+letters > 1, tries[phone(n)] > 1, isAbsent(n) && tries[phone(n)] > 0:
			faults = append(faults, fmt.Errorf("guest %d: %d tries on WhatsApp, %d e-mails", n, tries[phone(n)], letters))
		case chats == 1:
			r.chat++
		case letters == 1:
			r.mail++
		default:
			r.neither++
		}
	}
	neither := 0
	for i, kind := range []string{"on WhatsApp", "not on WhatsApp"} {
		for j, address := range []string{"with e-mail", "without"} {
			r := table[i][j]
			if i == 0 && j == 0 {
				w.printf("\n%-16s %-12s %7s %9s %7s %10s", "number", "address", "guests", "WhatsApp", "e-mail", "call list")
			}
			w.printf("%-16s %-12s %7d %9d %7d %10d", kind, address, r.all, r.chat, r.mail, r.neither)
			res.WhatsApp, res.Email, neither = res.WhatsApp+r.chat, res.Email+r.mail, neither+r.neither
			if i == 1 {
				res.Absent += r.all
			}
		}
	}
	if neither != res.Calls {
		faults = append(faults, fmt.Errorf("%d guests got nothing, and %d are on the call list", neither, res.Calls))
	}
	if res.Refused != 1 {
		faults = append(faults, fmt.Errorf("WhatsApp refused %d first contacts, not one", res.Refused))
	}
	if table[0][0].neither+table[1][0].neither != 0 {
		faults = append(faults, errors.New("somebody with an address was not reached"))
	}
	if res.WhatsApp < c.After {
		faults = append(faults, fmt.Errorf("only %d were written to on WhatsApp", res.WhatsApp))
	}
	return errors.Join(faults...)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
