package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/mongo"
)

type doctorCmd struct{ settings }

// errSick: at least one check failed; each was printed.
var errSick = errors.New("something needs mending; see the lines marked ✗")

// doctorTimeout is how long one check may take.
const doctorTimeout = 10 * time.Second

// Run implements the subcommand: every check is made, whatever fails before.
func (c *doctorCmd) Run(ctx context.Context) error { return c.settings.examine(ctx, os.Stdout) }

func (s settings) examine(ctx context.Context, out io.Writer) error {
	e := &examination{settings: s, out: out}
	e.configuration()
	e.files()
	e.time()
	e.address()
	store := e.storage(ctx)
	e.telegram(ctx, store)
	e.whatsapp(ctx, store)
	e.email(ctx)
	e.pages()
	if store != nil {
		e.team(ctx, store)
		if err := store.Close(); err != nil {
			e.ill("database", err.Error(), "look at the disk of the database")
		}
	}
	if e.sick {
		return errSick
	}
	return nil
}

// examination prints what it finds.
type examination struct {
	settings
	out  io.Writer
	sick bool
}

func (e *examination) well(part, detail string) { fmt.Fprintf(e.out, "✓ %-14s %s\n", part, detail) }

func (e *examination) note(part, detail string) { fmt.Fprintf(e.out, "· %-14s %s\n", part, detail) }

func (e *examination) ill(part, what, mend string) {
	e.sick = true
	fmt.Fprintf(e.out, "✗ %-14s %s\n  %-14s → %s\n", part, what, "", mend)
}

func (e *examination) configuration() {
	if err := e.check(); err != nil {
		e.ill("configuration", err.Error(), "set it as the example shows, then run doctor again")
		return
	}
	e.well("configuration", "all values can be read")
	if e.ClockStart != "" {
		e.ill("configuration", "CLOCK_START is set: the event clock is not the real time", "unset CLOCK_START in production")
	}
}

func (e *examination) files() {
	if e.MongoURI != "" {
		return // nothing is kept on this disk
	}
	if err := os.MkdirAll(e.DataDir, 0o700); err != nil {
		e.ill("files", err.Error(), "give DATA_DIR a folder that this user may write to")
		return
	}
	probe := filepath.Join(e.DataDir, ".doctor")
	if err := os.WriteFile(probe, []byte("probe"), 0o600); err != nil {
		e.ill("files", err.Error(), "run as the owner of DATA_DIR: chown -R USER "+e.DataDir)
		return
	}
	if err := os.Remove(probe); err != nil {
		e.ill("files", err.Error(), "look at the permissions of "+e.DataDir)
		return
	}
	e.well("files", e.DataDir+" can be written to")
}

// earliest is before any run of this program: a clock before it is wrong.
var earliest = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (e *examination) time() {
	now := time.Now()
	switch _, offset := now.In(event.Jakarta).Zone(); {
	case offset != 7*60*60:
		e.ill("clock", "Asia/Jakarta is not UTC+7 here", "report this: the time zone data in the program are wrong")
	case now.Before(earliest):
		e.ill("clock", "the machine's clock says "+now.Format(time.RFC3339), "set it: timedatectl set-ntp true")
	default:
		e.well("clock", event.Day(now)+", "+event.Clock(now))
	}
}

func (e *examination) address() {
	l, err := net.Listen("tcp", e.HTTPAddr)
	if err != nil {
		e.note("http", e.HTTPAddr+" is in use; that is as it should be while the bot runs")
		return
	}
	_ = l.Close()
	e.well("http", e.HTTPAddr+" is free")
}

func (e *examination) storage(ctx context.Context) storage.Store {
	if e.settings.database.check() != nil {
		return nil // said already
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	store, err := e.settings.database.open(ctx, zerolog.Nop(), nil)
	if err != nil {
		mend := "look at DATA_DIR, or restore a backup: emileku restore FILE"
		switch {
		case errors.Is(err, mongo.ErrStoreKeyMissing), errors.Is(err, mongo.ErrStoreKeyWrong):
			mend = "set STORE_KEY as it was; if it is lost, restore a backup into an empty database, or drop the collection whatsapp and link the number again"
		case e.MongoURI != "":
			mend = "start MongoDB, or correct MONGODB_URI (host, user, password, ?authSource=admin)"
		}
		e.ill("database", err.Error(), mend)
		return nil
	}
	// A write that really happens: reading may work where writing does not.
	if err := store.Settings().Put(ctx, "doctor", time.Now().UTC()); err != nil {
		e.ill("database", "cannot be written to: "+err.Error(), "give the bot's user the readWrite role, or free some disk")
		return store
	}
	e.well("database", store.Describe())
	e.storeKey()
	return store
}

// storeKey tells how WhatsApp's keys are guarded where they are kept. That the
// key is the right one was seen when the database was opened.
func (e *examination) storeKey() {
	const part = "store key"
	switch {
	case e.MongoURI == "" && e.StoreKey != "":
		e.note(part, "not used: the embedded database is guarded by its file's mode, 0600")
	case e.MongoURI == "":
		e.note(part, "none: WhatsApp's keys are guarded by the mode of the database's file, 0600")
	case e.StoreKey == "":
		e.note(part, "none: who reads the database can speak as the office; set STORE_KEY to encrypt WhatsApp's keys")
	default:
		e.well(part, "WhatsApp's keys are encrypted")
	}
}

func (e *examination) telegram(ctx context.Context, store storage.Store) {
	if e.TelegramToken == "" {
		e.note("telegram", "off; set TELEGRAM_TOKEN to turn it on")
		return
	}
	bot := e.settings
	bot.SMTPURL = "" // looked at by itself
	chans, err := bot.channels(zerolog.Nop())
	if err != nil {
		e.ill("telegram", err.Error(), "ask @BotFather for the token again (/mybots → API Token)")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	for _, ch := range chans {
		who, err := ch.Check(ctx)
		if err != nil {
			e.ill(string(ch.Name()), err.Error(), "check the token with @BotFather, and that this machine reaches the Bot API server")
			continue
		}
		e.well(string(ch.Name()), who)
		e.group(ctx, store, ch)
	}
}

// whatsapp tells whether a number is linked. The line itself is the running
// bot's: a second login would throw it out.
func (e *examination) whatsapp(ctx context.Context, store storage.Store) {
	if !e.whatsApp() {
		e.note("whatsapp", "off; set WHATSAPP=on to turn it on")
		return
	}
	if store == nil {
		return // said already
	}
	wa, done, err := e.account(store, zerolog.Nop(), &lineNews{}, false)
	if err != nil {
		e.ill("whatsapp", err.Error(), "see the database")
		return
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	who, err := wa.Check(ctx)
	switch {
	case err != nil:
		e.ill("whatsapp", err.Error(), "link the office's number: emileku whatsapp pair (bot stopped), or /whatsapp in the lead's private chat")
	case e.WhatsAppNumber != "" && e.WhatsAppNumber != who:
		e.ill("whatsapp", "linked is "+who+", but WHATSAPP_NUMBER is "+e.WhatsAppNumber, "correct WHATSAPP_NUMBER, or leave it empty: links would open another chat")
	default:
		e.well("whatsapp", "linked to "+who+"; how its line is: /kesehatan in chat")
	}
}

// email logs in to the mail server and asks whether it takes our sender.
func (e *examination) email(ctx context.Context) {
	if e.SMTPURL == "" {
		e.note("email", "off; set SMTP_URL and MAIL_FROM to turn it on")
		return
	}
	if e.checkMail() != nil {
		return // said already
	}
	ch, err := e.settings.email(zerolog.Nop())
	if err != nil {
		e.ill("email", err.Error(), "set SMTP_URL and MAIL_FROM as the examples show")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, doctorTimeout)
	defer cancel()
	who, err := ch.Check(ctx)
	if err != nil {
		e.ill("email", err.Error(), "check user, password, port and STARTTLS in SMTP_URL, and that MAIL_FROM belongs to that user")
		return
	}
	e.well("email", who)
}

// pages checks the address of the reply pages.
func (e *examination) pages() {
	switch {
	case e.checkMail() != nil: // said already
	case e.PublicURL == "" && e.SMTPURL != "":
		e.note("reply pages", "off: mails carry links into chats only; set PUBLIC_URL and PUBLIC_ADDR to turn them on")
	case e.PublicURL == "":
	default:
		l, err := net.Listen("tcp", e.PublicAddr)
		if err != nil {
			e.note("reply pages", e.PublicAddr+" is in use; that is as it should be while the bot runs")
		} else {
			_ = l.Close()
		}
		e.well("reply pages", e.PublicURL+" → "+e.PublicAddr)
		if e.SMTPURL == "" {
			e.note("reply pages", "nobody is led there: e-mail is off")
		}
	}
}

// group checks that the bot sees what is written and shown in the team's
// group.
func (e *examination) group(ctx context.Context, store storage.Store, ch channel.Channel) {
	inspector, ok := ch.(channel.GroupInspector)
	if !ok || store == nil {
		return
	}
	g, bound, err := app.New(store, clock.Real{}).Group(ctx)
	if err != nil || !bound || g.Chat.Channel != ch.Name() {
		return
	}
	sight, err := inspector.InspectGroup(ctx, g.Chat)
	switch {
	case err != nil:
		e.ill("team's group", err.Error(), "add the bot to the group again and send /grup there")
	case !sight.Member:
		e.ill("team's group", "the bot is no longer in "+g.Title, "add it again and send /grup there")
	case !sight.SeesAll:
		e.ill("team's group", "the bot does not see all messages and photos in "+g.Title,
			"make it an administrator of the group; or @BotFather → /setprivacy → Disable, then remove and add it again")
	default:
		e.well("team's group", g.Title)
	}
}

func (e *examination) team(ctx context.Context, store storage.Store) {
	code, err := app.New(store, clock.Real{}).FirstCode(ctx, e.AdminCode)
	switch {
	case err != nil:
		e.ill("team", err.Error(), "see the database")
	case code != "":
		e.note("team", "nobody leads it yet; send the bot in private: /klaim "+code)
	default:
		e.well("team", "has a lead")
	}
}
