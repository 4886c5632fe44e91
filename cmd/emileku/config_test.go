package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodToken = "123456789:AAE5xHemmelig_Token-aus-Bogor"

func good() settings {
	return settings{
		logging: logging{LogLevel: "info", LogFormat: "auto"}, database: database{DataDir: "data"},
		TelegramToken: goodToken, WhatsApp: "off", HTTPAddr: "127.0.0.1:8080", QuietHours: "20:00-07:00",
	}
}

// Each wrong value is refused with the variable's name and an example, and no
// secret is repeated.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	if err := good().check(); err != nil {
		t.Fatalf("good settings are refused: %v", err)
	}
	for _, c := range []struct {
		name, value string
		set         func(*settings, string)
		example     string
		secret      string
	}{
		{"TELEGRAM_TOKEN", "kata-rahasia", func(s *settings, v string) { s.TelegramToken = v }, "123456789:", "kata-rahasia"},
		{"TELEGRAM_TOKEN", `"` + goodToken + `"`, func(s *settings, v string) { s.TelegramToken = v }, "123456789:", goodToken},
		{"TELEGRAM_API_URL", "api.example", func(s *settings, v string) { s.TelegramAPIURL = v }, "http://127.0.0.1:8081", ""},
		{"TELEGRAM_API_URL", "ftp://api.example", func(s *settings, v string) { s.TelegramAPIURL = v }, "http://127.0.0.1:8081", ""},
		{"TELEGRAM_API_URL", goodToken, func(s *settings, v string) { s.TelegramAPIURL = v }, "http://127.0.0.1:8081", goodToken},
		{"MONGODB_URI", "postgres://bot:geheim@db/x", func(s *settings, v string) { s.MongoURI = v }, "mongodb://localhost:27017/emileku", "geheim"},
		{"WHATSAPP", "ya", func(s *settings, v string) { s.WhatsApp = v }, "WHATSAPP=on", ""},
		{"WHATSAPP_NUMBER", "0812345678", func(s *settings, v string) { s.WhatsAppNumber = v }, "+6281234567890", ""},
		{"SMTP_URL", "mail.contoh.go.id", func(s *settings, v string) { s.SMTPURL = v }, "smtp://user:password@", ""},
		{"SMTP_URL", "smtp://a:geheim@mail.contoh.go.id?starttls=off", func(s *settings, v string) { s.SMTPURL = v }, "encrypted", "geheim"},
		{"MAIL_FROM", "", func(s *settings, v string) { s.SMTPURL, s.MailFrom = "smtp://mail.contoh.go.id", v }, "MAIL_FROM=emileku@contoh.go.id", ""},
		{"MAIL_FROM", "kantor", func(s *settings, v string) { s.MailFrom = v }, "emileku@contoh.go.id", ""},
		{"PUBLIC_URL", "undangan.contoh.go.id", func(s *settings, v string) { s.PublicURL, s.PublicAddr = v, "127.0.0.1:8081" }, "https://undangan.contoh.go.id", ""},
		{"PUBLIC_URL", "http://undangan.contoh.go.id", func(s *settings, v string) { s.PublicURL, s.PublicAddr = v, "127.0.0.1:8081" }, "https://undangan.contoh.go.id", ""},
		{"PUBLIC_ADDR", "8081", func(s *settings, v string) { s.PublicURL, s.PublicAddr = "https://undangan.contoh.go.id", v }, "127.0.0.1:8081", ""},
		{"PUBLIC_ADDR", "", func(s *settings, v string) { s.PublicURL, s.PublicAddr = "https://undangan.contoh.go.id", v }, "127.0.0.1:8081", ""},
		{"PUBLIC_ADDR", "127.0.0.1:8080", func(s *settings, v string) { s.PublicURL, s.PublicAddr = "https://undangan.contoh.go.id", v }, "127.0.0.1:8081", ""},
		{"LINK_KEY", "pendek-sekali", func(s *settings, v string) { s.LinkKey = v }, "openssl rand -hex 32", "pendek-sekali"},
		{"STORE_KEY", "rahasia-dinas", func(s *settings, v string) { s.StoreKey = v }, "openssl rand -base64 32", "rahasia-dinas"},
		{"HTTP_ADDR", "8080", func(s *settings, v string) { s.HTTPAddr = v }, "127.0.0.1:8080", ""},
		{"HTTP_ADDR", "", func(s *settings, v string) { s.HTTPAddr = v }, "127.0.0.1:8080", ""},
		{"ADMIN_CODE", "bogor27", func(s *settings, v string) { s.AdminCode = v }, "kantor-2027-ukm", "bogor27"},
		{"QUIET_HOURS", "malam", func(s *settings, v string) { s.QuietHours = v }, "20:00-07:00", ""},
		{"QUIET_HOURS", "25:00-07:00", func(s *settings, v string) { s.QuietHours = v }, "20:00-07:00", ""},
		{"CLOCK_START", "besok", func(s *settings, v string) { s.ClockStart = v }, "2026-11-30T09:00:00+07:00", ""},
		{"LOG_LEVEL", "loud", func(s *settings, v string) { s.LogLevel = v }, "LOG_LEVEL=info", ""},
		{"LOG_LEVEL", "", func(s *settings, v string) { s.LogLevel = v }, "LOG_LEVEL=info", ""},
		{"LOG_FORMAT", "xml", func(s *settings, v string) { s.LogFormat = v }, "LOG_FORMAT=json", ""},
	} {
		s := good()
		c.set(&s, c.value)
		err := s.check()
		switch {
		case err == nil:
			t.Errorf("%s=%q is accepted", c.name, c.value)
		case !strings.Contains(err.Error(), c.name) || !strings.Contains(err.Error(), c.example):
			t.Errorf("%s=%q is refused without name and example: %v", c.name, c.value, err)
		case c.secret != "" && strings.Contains(err.Error(), c.secret):
			t.Errorf("%s: the secret is repeated: %v", c.name, err)
		}
	}
}

// The same refusals come out of the program, before anything is opened.
func TestRunRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, variable, part string
	}{
		{"nothing", "", "TELEGRAM_TOKEN"},
		{"token", "TELEGRAM_TOKEN=kata-rahasia", "TELEGRAM_TOKEN does not look like a token"},
		{"quiet hours", "QUIET_HOURS=malam", "20:00-07:00"},
		{"level", "LOG_LEVEL=loud", "LOG_LEVEL=info"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			env := []string{"DATA_DIR=" + dir}
			if c.variable != "" {
				env = append(env, c.variable)
			}
			code, text := runs(t, env, "run")
			if code != 1 || !strings.HasPrefix(text, "emileku: ") || strings.Count(text, "\n") != 1 || !strings.Contains(text, c.part) {
				t.Errorf("exit %d, not one sentence with %q: %s", code, c.part, text)
			}
			if strings.Contains(text, "rahasia") {
				t.Errorf("the secret is repeated: %s", text)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("DATA_DIR was made all the same")
			}
		})
	}
}

func TestMongoPasswordIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{"mongodb://bot:geheim%zz@127.0.0.1:1/x", "mongodb://bot:geheim@127.0.0.1:port/x", "mongodb://bot:geheim@/x"} {
		code, text := runs(t, []string{"TELEGRAM_TOKEN=" + goodToken, "TELEGRAM_API_URL=http://127.0.0.1:1", "HTTP_ADDR=127.0.0.1:0", "MONGODB_URI=" + uri}, "run")
		if code != 1 || strings.Contains(text, "geheim") {
			t.Errorf("exit %d: %s", code, text)
		}
	}
}

func TestSecretFiles(t *testing.T) {
	t.Parallel()
	file := func(t *testing.T, content string) string {
		name := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	full, empty := file(t, goodToken+"\n"), file(t, "\n")
	for _, c := range []struct {
		name string
		env  []string
		part string
	}{
		{"read", []string{"TELEGRAM_TOKEN_FILE=" + file(t, "kata-rahasia\n")}, "does not look like a token"},
		{"both", []string{"TELEGRAM_TOKEN_FILE=" + full, "TELEGRAM_TOKEN=" + goodToken}, "both TELEGRAM_TOKEN and TELEGRAM_TOKEN_FILE are set; keep one"},
		{"missing", []string{"TELEGRAM_TOKEN_FILE=/nowhere/token"}, "TELEGRAM_TOKEN_FILE: open /nowhere/token"},
		{"empty", []string{"TELEGRAM_TOKEN_FILE=" + empty}, "is empty"},
		{"database", []string{"MONGODB_URI_FILE=" + file(t, "postgres://bot:rahasia@db")}, "MONGODB_URI is not an address of MongoDB"},
		{"code", []string{"ADMIN_CODE_FILE=" + file(t, "pendek")}, "ADMIN_CODE has 6 characters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, text := runs(t, c.env, "run")
			if code != 1 || !strings.Contains(text, c.part) || strings.Contains(text, "rahasia") || strings.Contains(text, goodToken) {
				t.Errorf("exit %d, want %q: %s", code, c.part, text)
			}
		})
	}
	t.Run("used", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t, officeOptions())
		env := []string{"TELEGRAM_TOKEN_FILE=" + file(t, o.Token()+"\n")}
		for _, v := range o.env() {
			if !strings.HasPrefix(v, "TELEGRAM_TOKEN=") {
				env = append(env, v)
			}
		}
		code, text := runs(t, env, "doctor")
		if code != 0 || !strings.Contains(text, "@"+o.Username()) {
			t.Errorf("exit %d: %s", code, text)
		}
	})
}
