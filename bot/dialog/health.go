package dialog

import (
	"context"
	"errors"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// What /kesehatan calls wrong.
const (
	queueSlow    = 5 * time.Minute // the oldest due message waits longer
	clockApart   = time.Minute     // the event clock is not the real one: practice
	shownFaults  = 3
	faultsRecent = 24 * time.Hour
)

// partLine is how one part of the program is.
type partLine struct {
	Name, Detail string
	Fault        string           // what went wrong, as the program says it; "": well
	Hint         templates.Markup // what to do
}

// queueCount is how many messages of a channel are in a state.
type queueCount struct {
	Channel                         channel.Name
	Waiting, Sent, Failed, Doubtful int
}

// failureLine is a message that did not arrive.
type failureLine struct {
	At      time.Time
	Channel channel.Name
	State   storage.State
	Why     string
}

// health is /kesehatan: channels, database, queue, clock, and what to do about
// what is wrong.
func (d *Desk) health(ctx context.Context, t *Turn, _ string) error {
	var parts []partLine
	well := true
	version := ""
	for _, h := range d.net.Health(ctx) {
		if h.Part == "version" {
			version = h.Detail
			continue
		}
		l := partLine{Name: t.Label("part", h.Part), Detail: h.Detail}
		if h.Line != nil {
			if l.Fault = lineFault(t, *h.Line); l.Fault != "" {
				well = false
				l.Hint, l.Detail = templates.Markup(t.Label("linehint", string(h.Line.State))), ""
			}
			parts = append(parts, l)
			continue
		}
		if h.Err != nil {
			well = false
			l.Fault, l.Hint = shorten(h.Err.Error(), 160), t.hint(h.Part)
		}
		parts = append(parts, l)
	}
	outbox := d.app.Store().Outbox()
	counts, err := outbox.Counts(ctx)
	if err != nil {
		return d.sayNoQueue(t, parts, err)
	}
	oldest, err := outbox.Oldest(ctx, time.Now())
	if err != nil {
		return d.sayNoQueue(t, parts, err)
	}
	failures, err := outbox.Failures(ctx, 50)
	if err != nil {
		return d.sayNoQueue(t, parts, err)
	}
	var faults []failureLine
	recent := 0
	for _, m := range failures {
		if time.Since(m.QueuedAt) > faultsRecent {
			continue
		}
		recent++
		if len(faults) < shownFaults {
			faults = append(faults, failureLine{m.QueuedAt, m.Chat.Channel, m.State, shorten(m.LastError, 120)})
		}
	}
	waited := time.Duration(0)
	if oldest != nil {
		waited = time.Since(*oldest)
	}
	apart := time.Until(d.app.Now())
	known, err := d.acquaintance(ctx)
	if err != nil {
		return err
	}
	err = t.Say("health.report", templates.Data{
		"Known": known,
		"Parts": parts, "Queues": queues(counts), "Waited": waited, "Slow": waited > queueSlow,
		"Faults": faults, "Recent": recent, "Well": well && waited <= queueSlow && recent == 0,
		"Now": d.app.Now(), "Real": time.Now(), "Practice": apart > clockApart || apart < -clockApart,
		"Zone": event.Jakarta.String(), "Version": version,
	}, t.commands(choice{t.Label("health", "again"), "/kesehatan"}))
	if err != nil || known == nil {
		return err
	}
	return d.acquaintanceChart(ctx, t, known)
}

// acquaintance is how the guests of the current event stand to WhatsApp; nil
// without it, or without an event.
func (d *Desk) acquaintance(ctx context.Context) (*app.Acquaintance, error) {
	e, err := d.app.Current(ctx)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return d.app.AcquaintanceOf(ctx, e.ID)
}

// acquaintanceChart sends it as a picture.
func (d *Desk) acquaintanceChart(ctx context.Context, t *Turn, k *app.Acquaintance) error {
	view := report.AcquaintanceView{
		AsOf: d.app.Now(), Warm: k.Warm, Cold: k.Cold, Contacted: k.Contacted, Unreachable: k.Unreachable, Used: k.Used, Budget: k.Now,
	}
	if k.Restricted != nil {
		view.Until = &k.Restricted.Until
	}
	png, err := report.AcquaintanceChart(view)
	if err != nil {
		return err
	}
	file, err := d.keepFile(ctx, channel.File{Blob: "chart/" + t.In.ID, Name: "whatsapp.png", MIME: "image/png", Photo: true}, png)
	if err != nil {
		return err
	}
	return t.Say("health.chart", nil, func(_ *Turn, m *channel.Outbound) { m.File = file })
}

// sayNoQueue reports what is known where the database does not answer.
func (d *Desk) sayNoQueue(t *Turn, parts []partLine, err error) error {
	t.Log.Error().Err(err).Msg("queue not read for /kesehatan")
	return t.Say("health.noqueue", templates.Data{"Parts": parts, "Hint": t.hint("database")})
}

// hint says what to do about a part that is not well.
func (t *Turn) hint(part string) templates.Markup {
	if s := t.Label("hint", part); s != part {
		return templates.Markup(s)
	}
	return templates.Markup(t.Label("hint", "other"))
}

// queues sums the outbox up by channel, in the order in which it is counted.
func queues(counts []storage.OutboxCount) []queueCount {
	var out []queueCount
	for _, c := range counts {
		i := 0
		for i < len(out) && out[i].Channel != c.Channel {
			i++
		}
		if i == len(out) {
			out = append(out, queueCount{Channel: c.Channel})
		}
		q := &out[i]
		switch c.State {
		case storage.Queued, storage.Claimed:
			q.Waiting += c.N
		case storage.Sent, storage.Delivered, storage.Read:
			q.Sent += c.N
		case storage.Failed:
			q.Failed += c.N
		case storage.Uncertain:
			q.Doubtful += c.N
		}
	}
	return out
}
