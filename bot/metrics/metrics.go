// Package metrics counts what the bot does, for Prometheus. Its methods speak
// the language of the bot, so that no other package knows a metric's name.
//
// No label holds a chat, a person or a phone number: labels are small closed
// sets. Every method may be called on a nil *Metrics, which counts nothing.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

const namespace = "emileku"

// Metrics are the bot's own metrics. Those of the Go runtime and the process
// are registered by whoever owns the registry.
type Metrics struct {
	received    *prometheus.CounterVec
	finished    *prometheus.CounterVec
	retried     *prometheus.CounterVec
	receipts    *prometheus.CounterVec
	handling    *prometheus.HistogramVec
	sending     *prometheus.HistogramVec
	queued      *prometheus.GaugeVec
	oldest      prometheus.Gauge
	errors      *prometheus.CounterVec
	connection  *prometheus.GaugeVec
	line        *prometheus.GaugeVec
	storageUp   prometheus.Gauge
	storageOuts prometheus.Counter
}

// Connection is how a channel stands with its network.
type Connection string

// The states of a channel. Exactly one of them is 1 at a time.
const (
	Connecting Connection = "connecting" // not there yet, or trying again
	Connected  Connection = "connected"
	Refused    Connection = "refused" // credentials refused, logged out, banned: somebody must act
	Stopped    Connection = "stopped" // switched off by us
)

// New makes the metrics and registers them with reg. It panics where reg has
// metrics of the same names already, as Prometheus' own constructors do.
func New(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		received: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "messages_received_total",
			Help: "Messages that people sent, by channel and kind; each counted once, however often the network delivers it.",
		}, []string{"channel", "kind"}),
		finished: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "messages_out_total",
			Help: "Messages of the bot by what became of them (sent, failed, uncertain, suppressed, expired).",
		}, []string{"channel", "lane", "result"}),
		retried: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "send_retries_total",
			Help: "Sends that did not go through and will be tried again, by cause.",
		}, []string{"channel", "lane", "cause"}),
		receipts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "receipts_total",
			Help: "Messages that the network says were delivered or read.",
		}, []string{"channel", "state"}),
		handling: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "handling_seconds",
			Help:    "Time from taking a message in until its answers are in the outbox.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"channel"}),
		sending: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: namespace, Name: "send_seconds",
			Help:    "Time that the network took for one send, whatever its outcome.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"channel"}),
		queued: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "outbox_queued",
			Help: "Messages that wait in the outbox, those that are not due yet included.",
		}, []string{"channel", "lane"}),
		oldest: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "outbox_oldest_due_seconds",
			Help: "How long the message that is due longest has been waiting; 0 if none waits.",
		}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: namespace, Name: "errors_total",
			Help: "Faults by where they happened.",
		}, []string{"place"}),
		connection: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "channel_state",
			Help: "1 for the state that the channel is in (connecting, connected, refused, stopped), 0 for the others.",
		}, []string{"channel", "state"}),
		line: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "channel_line",
			Help: "1 for the state that the line of a linked account is in (unlinked, pairing, connecting, online, offline, loggedout, banned, replaced, outdated), 0 for the others.",
		}, []string{"channel", "state"}),
		storageUp: prometheus.NewGauge(prometheus.GaugeOpts{
			Namespace: namespace, Name: "storage_up",
			Help: "1 while the database answers.",
		}),
		storageOuts: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: namespace, Name: "storage_outages_total",
			Help: "How often the database stopped answering.",
		}),
	}
	reg.MustRegister(m.received, m.finished, m.retried, m.receipts, m.handling, m.sending,
		m.queued, m.oldest, m.errors, m.connection, m.line, m.storageUp, m.storageOuts)
	m.storageUp.Set(1)
	return m
}

// Received counts a message that somebody sent us for the first time.
func (m *Metrics) Received(ch channel.Name, kind channel.Kind) {
	if m == nil {
		return
	}
	m.received.WithLabelValues(string(ch), string(kind)).Inc()
}

// Sent counts a message of ours that reached a state in which the outbox lets
// go of it: Sent, Failed, Uncertain, Suppressed or Expired.
func (m *Metrics) Sent(ch channel.Name, lane storage.Lane, result storage.State) {
	if m == nil {
		return
	}
	m.finished.WithLabelValues(string(ch), laneName(lane), string(result)).Inc()
}

// Retried counts a send that will be tried again; cause is a fixed word.
func (m *Metrics) Retried(ch channel.Name, lane storage.Lane, cause string) {
	if m == nil {
		return
	}
	m.retried.WithLabelValues(string(ch), laneName(lane), cause).Inc()
}

// Receipt counts news of a message that was sent.
func (m *Metrics) Receipt(ch channel.Name, state channel.ReceiptState) {
	if m == nil {
		return
	}
	m.receipts.WithLabelValues(string(ch), string(state)).Inc()
}

// Handled records how long an inbound message took from Accept until its
// answers were queued.
func (m *Metrics) Handled(ch channel.Name, took time.Duration) {
	if m == nil {
		return
	}
	m.handling.WithLabelValues(string(ch)).Observe(took.Seconds())
}

// SendTook records how long the network took for one send.
func (m *Metrics) SendTook(ch channel.Name, took time.Duration) {
	if m == nil {
		return
	}
	m.sending.WithLabelValues(string(ch)).Observe(took.Seconds())
}

// Queue replaces the outbox's depth by what counts says; other states than
// Queued are passed over.
func (m *Metrics) Queue(counts []storage.OutboxCount) {
	if m == nil {
		return
	}
	m.queued.Reset()
	for _, c := range counts {
		if c.State == storage.Queued {
			m.queued.WithLabelValues(string(c.Channel), laneName(c.Lane)).Add(float64(c.N))
		}
	}
}

// Oldest sets the age of the message that is due longest; 0 if none waits.
func (m *Metrics) Oldest(age time.Duration) {
	if m == nil {
		return
	}
	m.oldest.Set(max(age, 0).Seconds())
}

// Error counts a fault; place is a fixed word such as "outbox".
func (m *Metrics) Error(place string) {
	if m == nil {
		return
	}
	m.errors.WithLabelValues(place).Inc()
}

// Connection says how a channel stands with its network now.
func (m *Metrics) Connection(ch channel.Name, now Connection) {
	if m == nil {
		return
	}
	for _, state := range []Connection{Connecting, Connected, Refused, Stopped} {
		var v float64
		if state == now {
			v = 1
		}
		m.connection.WithLabelValues(string(ch), string(state)).Set(v)
	}
}

// Line says how the line of a linked account is, by its own name for it.
func (m *Metrics) Line(ch channel.Name, now channel.ConnectionState) {
	if m == nil {
		return
	}
	for _, state := range []channel.ConnectionState{
		channel.Unlinked, channel.Pairing, channel.Connecting, channel.Online, channel.Offline,
		channel.LoggedOut, channel.Banned, channel.Replaced, channel.Outdated,
	} {
		var v float64
		if state == now {
			v = 1
		}
		m.line.WithLabelValues(string(ch), string(state)).Set(v)
	}
}

// Storage says whether the database answers. Call it when that changes: each
// change to false counts as an outage.
func (m *Metrics) Storage(up bool) {
	if m == nil {
		return
	}
	if up {
		m.storageUp.Set(1)
		return
	}
	m.storageUp.Set(0)
	m.storageOuts.Inc()
}

func laneName(lane storage.Lane) string {
	switch lane {
	case storage.LaneAnswer:
		return "answer"
	case storage.LaneReminder:
		return "reminder"
	case storage.LaneBroadcast:
		return "broadcast"
	}
	return "other"
}
