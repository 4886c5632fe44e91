package whatsapp

import (
	"fmt"
	"regexp"

	"github.com/rs/zerolog"
	waLog "go.mau.fi/whatsmeow/util/log"
)

// logger gives whatsmeow's log to ours, without telephone numbers. What it
// calls information is for debugging to us.
type logger struct {
	log zerolog.Logger
}

var _ waLog.Logger = logger{}

func (l logger) Errorf(msg string, args ...any) { l.write(zerolog.WarnLevel, msg, args) }
func (l logger) Warnf(msg string, args ...any)  { l.write(zerolog.InfoLevel, msg, args) }
func (l logger) Infof(msg string, args ...any)  { l.write(zerolog.DebugLevel, msg, args) }
func (l logger) Debugf(msg string, args ...any) { l.write(zerolog.TraceLevel, msg, args) }

func (l logger) Sub(module string) waLog.Logger {
	return logger{l.log.With().Str("module", module).Logger()}
}

func (l logger) write(level zerolog.Level, msg string, args []any) {
	if e := l.log.WithLevel(level); l.log.GetLevel() <= level {
		e.Msg(masked(fmt.Sprintf(msg, args...)))
	}
}

// numbers are the digits of a telephone number or an account.
var numbers = regexp.MustCompile(`\d{7,}`)

// masked hides all but the ends of long numbers.
func masked(s string) string {
	return numbers.ReplaceAllStringFunc(s, func(n string) string { return n[:3] + "…" + n[len(n)-2:] })
}
