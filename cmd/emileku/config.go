package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/channel/email"
	"github.com/diskopukm/emileku/bot/replylink"
	"github.com/diskopukm/emileku/scheduler/outbox"
)

// logging is where and how the program says what it does.
type logging struct {
	LogLevel  string `env:"LOG_LEVEL" default:"info" help:"trace, debug, info, warn or error."`
	LogFormat string `env:"LOG_FORMAT" default:"auto" help:"json, console, or auto: console on a terminal."`
}

func (l logging) logger(w io.Writer) (zerolog.Logger, error) {
	level, err := zerolog.ParseLevel(l.LogLevel)
	if err != nil || l.LogLevel == "" {
		return zerolog.Nop(), fmt.Errorf("LOG_LEVEL is %q; give one of trace, debug, info, warn, error, such as LOG_LEVEL=info", shown(l.LogLevel))
	}
	switch l.LogFormat {
	case "auto", "json", "console":
	default:
		return zerolog.Nop(), fmt.Errorf("LOG_FORMAT is %q; give auto, json or console, such as LOG_FORMAT=json", shown(l.LogFormat))
	}
	f, isFile := w.(*os.File)
	if l.LogFormat == "console" || l.LogFormat == "auto" && isFile && isatty.IsTerminal(f.Fd()) {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly}
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger(), nil
}

// database says where everything is kept.
type database struct {
	MongoURI string `name:"mongodb-uri" env:"MONGODB_URI" help:"MongoDB, such as mongodb://localhost:27017/emileku. Empty: the embedded database."`
	DataDir  string `env:"DATA_DIR" default:"./data" help:"Folder of the embedded database."`
	StoreKey string `env:"STORE_KEY" help:"Encrypts WhatsApp's keys in MongoDB, at least 32 characters; once used, it is needed for ever. Empty: they are not encrypted."`
}

// minStoreKey is as long as what openssl rand -base64 24 prints: the key is
// guarded against guessing by its length alone.
const minStoreKey = 32

func (d database) check() error {
	if n := len(d.StoreKey); n > 0 && n < minStoreKey {
		return fmt.Errorf("STORE_KEY has %d characters; give at least %d made at random, such as openssl rand -base64 32 prints", n, minStoreKey)
	}
	if d.MongoURI == "" {
		return nil
	}
	if !strings.HasPrefix(d.MongoURI, "mongodb://") && !strings.HasPrefix(d.MongoURI, "mongodb+srv://") {
		// The value may hold a password: it is not repeated.
		return errors.New("MONGODB_URI is not an address of MongoDB; give one such as mongodb://localhost:27017/emileku")
	}
	return nil
}

// settings are what the contract of DESIGN section 8 names.
type settings struct {
	logging
	database
	TelegramToken  string `env:"TELEGRAM_TOKEN" help:"Bot token from @BotFather. Empty: no Telegram."`
	TelegramAPIURL string `name:"telegram-api-url" env:"TELEGRAM_API_URL" help:"Base of the Bot API server. Empty: the official one."`
	WhatsApp       string `name:"whatsapp" env:"WHATSAPP" default:"off" help:"on: connect the linked WhatsApp number."`
	WhatsAppNumber string `name:"whatsapp-number" env:"WHATSAPP_NUMBER" help:"The bot's number for wa.me links, such as +6281234567890. Empty: the linked one."`
	SMTPURL        string `name:"smtp-url" env:"SMTP_URL" help:"Mail server, such as smtp://user:password@mail.contoh.go.id:587 or smtps://…:465. Empty: no e-mail."`
	MailFrom       string `env:"MAIL_FROM" help:"Sender of mails, such as \"Diskopukm Kabupaten Bogor <emileku@contoh.go.id>\"."`
	PublicURL      string `name:"public-url" env:"PUBLIC_URL" help:"Where the reply pages of mails are reached from outside, such as https://undangan.contoh.go.id. Empty: mails carry links into chats only."`
	PublicAddr     string `env:"PUBLIC_ADDR" help:"Where the reply pages listen, such as 127.0.0.1:8081."`
	LinkKey        string `env:"LINK_KEY" help:"Key that signs the links of mails, at least 16 characters. Empty: made at first start and kept."`
	HTTPAddr       string `env:"HTTP_ADDR" default:"127.0.0.1:8080" help:"Where /livez, /readyz and /metrics listen."`
	AdminCode      string `env:"ADMIN_CODE" help:"Claim code for the first lead, at least 8 characters. Empty: made and printed at first start."`
	QuietHours     string `env:"QUIET_HOURS" default:"20:00-07:00" help:"When guests are not written to unasked (WIB), or off."`
	ClockStart     string `env:"CLOCK_START" help:"Practice and tests only: the event clock starts at this instant (RFC 3339)."`
}

// tokenForm is how Telegram's tokens look.
var tokenForm = regexp.MustCompile(`^[0-9]{3,20}:[A-Za-z0-9_-]{20,100}$`)

// tokenWithin finds a token that was pasted into the wrong variable.
var tokenWithin = regexp.MustCompile(`[0-9]{3,20}:[A-Za-z0-9_-]{20,100}`)

// shown is a wrong value as an error may repeat it: without a token.
func shown(value string) string { return tokenWithin.ReplaceAllString(value, "(a token)") }

const minAdminCode = 8

// phoneForm is a number in international form.
var phoneForm = regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)

func (s settings) whatsApp() bool { return s.WhatsApp == "on" }

// check refuses wrong values with the name and an example; secrets are not
// repeated.
func (s settings) check() error {
	if _, err := s.logger(io.Discard); err != nil {
		return err
	}
	if err := s.database.check(); err != nil {
		return err
	}
	if s.TelegramToken != "" && !tokenForm.MatchString(s.TelegramToken) {
		return errors.New("TELEGRAM_TOKEN does not look like a token; @BotFather gives one such as 123456789:AAE5x… (no spaces, no quotes)")
	}
	if s.TelegramAPIURL != "" {
		if u, err := url.Parse(s.TelegramAPIURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("TELEGRAM_API_URL is %q; give a base such as http://127.0.0.1:8081", shown(s.TelegramAPIURL))
		}
	}
	if s.WhatsApp != "on" && s.WhatsApp != "off" {
		return fmt.Errorf("WHATSAPP is %q; give WHATSAPP=on or WHATSAPP=off", shown(s.WhatsApp))
	}
	if s.WhatsAppNumber != "" && !phoneForm.MatchString(s.WhatsAppNumber) {
		return fmt.Errorf("WHATSAPP_NUMBER is %q; give it in international form, such as +6281234567890", shown(s.WhatsAppNumber))
	}
	if err := s.checkMail(); err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(s.HTTPAddr); err != nil {
		return fmt.Errorf("HTTP_ADDR is %q; give host and port such as 127.0.0.1:8080", shown(s.HTTPAddr))
	}
	if n := len(s.AdminCode); n > 0 && n < minAdminCode {
		return fmt.Errorf("ADMIN_CODE has %d characters; give at least %d, such as kantor-2027-ukm", n, minAdminCode)
	}
	if _, err := outbox.ParseQuietHours(s.QuietHours); err != nil {
		return fmt.Errorf("QUIET_HOURS is %q; give a span such as 20:00-07:00, or off", shown(s.QuietHours))
	}
	if s.ClockStart != "" {
		if _, err := time.Parse(time.RFC3339, s.ClockStart); err != nil {
			return fmt.Errorf("CLOCK_START is %q; give an instant such as 2026-11-30T09:00:00+07:00", shown(s.ClockStart))
		}
	}
	return nil
}

// checkMail refuses wrong values of e-mail and its reply pages.
func (s settings) checkMail() error {
	if s.SMTPURL != "" {
		if _, err := email.ParseURL(s.SMTPURL); err != nil {
			return fmt.Errorf("SMTP_URL: %w", err)
		}
		if s.MailFrom == "" {
			return errors.New("SMTP_URL is set but MAIL_FROM is not; give a sender such as MAIL_FROM=emileku@contoh.go.id")
		}
	}
	if s.MailFrom != "" {
		if _, err := email.ParseFrom(s.MailFrom); err != nil {
			return fmt.Errorf("MAIL_FROM is %q; give an address such as emileku@contoh.go.id, with a name before it if you like: Diskopukm <emileku@contoh.go.id>", shown(s.MailFrom))
		}
	}
	if n := len(s.LinkKey); n > 0 && n < replylink.MinKey {
		return fmt.Errorf("LINK_KEY has %d characters; give at least %d, such as what openssl rand -hex 32 prints", n, replylink.MinKey)
	}
	if s.PublicURL == "" && s.PublicAddr == "" {
		return nil
	}
	if s.PublicURL == "" || s.PublicAddr == "" {
		return errors.New("PUBLIC_URL and PUBLIC_ADDR belong together; give both, such as PUBLIC_URL=https://undangan.contoh.go.id PUBLIC_ADDR=127.0.0.1:8081")
	}
	base, err := replylink.CheckBase(s.PublicURL)
	if err != nil {
		return fmt.Errorf("PUBLIC_URL is %q; give the address of the reply pages, such as https://undangan.contoh.go.id", shown(s.PublicURL))
	}
	if u, _ := url.Parse(base); u.Scheme != "https" && u.Hostname() != "localhost" && !net.ParseIP(u.Hostname()).IsLoopback() {
		return fmt.Errorf("PUBLIC_URL is %q; answers of guests travel over https only, such as https://undangan.contoh.go.id", shown(s.PublicURL))
	}
	if _, _, err := net.SplitHostPort(s.PublicAddr); err != nil {
		return fmt.Errorf("PUBLIC_ADDR is %q; give host and port such as 127.0.0.1:8081", shown(s.PublicAddr))
	}
	if s.PublicAddr == s.HTTPAddr {
		return errors.New("PUBLIC_ADDR is the same as HTTP_ADDR; reply pages listen by themselves, such as PUBLIC_ADDR=127.0.0.1:8081")
	}
	return nil
}

// secretFiles reads a setting from the file that its variable with _FILE
// names (as container secrets are given): TELEGRAM_TOKEN_FILE=/run/secrets/x.
func secretFiles(lookup func(string) (string, bool), read func(string) ([]byte, error)) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		for _, name := range flag.Envs {
			path, ok := lookup(name + "_FILE")
			if !ok || path == "" {
				continue
			}
			if v, _ := lookup(name); v != "" {
				return nil, fmt.Errorf("both %s and %s_FILE are set; keep one", name, name)
			}
			raw, err := read(path)
			if err != nil {
				return nil, fmt.Errorf("%s_FILE: %w", name, err)
			}
			value := strings.TrimSpace(string(raw))
			if value == "" {
				return nil, fmt.Errorf("%s_FILE: %s is empty", name, path)
			}
			return value, nil
		}
		return nil, nil
	})
}
