package report

import (
	"errors"
	"fmt"
	"time"
)

// AcquaintanceView is what the picture shows of how an event's guests stand to
// WhatsApp, which restricts whoever writes to many strangers.
type AcquaintanceView struct {
	AsOf         time.Time // when the numbers were counted
	Warm         int       // have a chat with us
	Cold         int       // have a number and no chat
	Contacted    int       // of those: written to once
	Unreachable  int
	Used, Budget int        // of today's first contacts
	Until        *time.Time // no first contact before this: WhatsApp restricts us
}

// The words of the picture.
const (
	knownHeading     = "Tamu di WhatsApp"
	knownWarm        = "hangat: sudah pernah menulis"
	knownCold        = "dingin: belum pernah menulis"
	knownContacted   = "%s di antaranya sudah disapa"
	knownUnreachable = "tidak terjangkau"
	knownBudget      = "Sapaan pertama hari ini"
	knownBudgetOf    = "%s dari %s"
	knownUntil       = "Dibatasi WhatsApp sampai "
)

const knownLead = 158

// AcquaintanceChart draws it as a portrait PNG, 1080 px wide.
func AcquaintanceChart(v AcquaintanceView) ([]byte, error) {
	if v.AsOf.IsZero() {
		return nil, errors.New("acquaintance chart needs a time")
	}
	if v.Warm < 0 || v.Cold < 0 || v.Unreachable < 0 || v.Contacted > v.Cold {
		return nil, errors.New("acquaintance chart: the numbers do not add up")
	}
	return paint("acquaintance chart", v.picture)
}

func (v AcquaintanceView) picture(ts *typeset) (*canvas, error) {
	const head = mastheadHeight
	height := head + recapGap + 4*knownLead + recapMargin
	if v.Until != nil {
		height += 70
	}
	c := newCanvas(ts, recapWidth, height, white)
	all := v.Warm + v.Cold + v.Unreachable
	masthead{heading: knownHeading, figure: thousands(all), asOf: asOf(v.AsOf)}.draw(c, head)

	y := float64(head + recapGap)
	line := func(name, note string, n, whole int, parts ...part) {
		c.text(name, style{bold, 38}, recapMargin, y+40, 0, ink)
		c.text(thousands(n), style{bold, 40}, recapWidth-recapMargin, y+40, 1, ink)
		c.stacked(int(y+58), whole, parts)
		if note != "" {
			c.text(note, style{regular, 32}, recapMargin, y+58+barHeight+36, 0, inkSoft)
		}
		y += knownLead
	}
	note := ""
	if v.Contacted > 0 {
		note = fmt.Sprintf(knownContacted, thousands(v.Contacted))
	}
	line(knownWarm, "", v.Warm, all, part{v.Warm, barGreen})
	line(knownCold, note, v.Cold, all, part{v.Contacted, barBlue}, part{v.Cold - v.Contacted, barSky})
	line(knownUnreachable, "", v.Unreachable, all, part{v.Unreachable, barOrange})
	line(knownBudget, fmt.Sprintf(knownBudgetOf, thousands(v.Used), thousands(v.Budget)), v.Used, max(v.Budget, v.Used), part{v.Used, barBlue})
	if v.Until != nil {
		c.text(knownUntil+dayAndTime(*v.Until), style{bold, 38}, recapMargin, y+34, 0, ink)
	}
	return c, nil
}
