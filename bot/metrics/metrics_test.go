package metrics_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/metrics"
	"github.com/diskopukm/emileku/storage"
)

func exercise(m *metrics.Metrics) {
	m.Received(channel.Telegram, channel.Text)
	m.Received(channel.Telegram, channel.Text)
	m.Sent(channel.Telegram, storage.LaneBroadcast, storage.Sent)
	m.Retried(channel.Telegram, storage.LaneAnswer, "temporary")
	m.Receipt(channel.WhatsApp, channel.Read)
	m.Handled(channel.Telegram, 3*time.Millisecond)
	m.SendTook(channel.Telegram, 40*time.Millisecond)
	m.Queue([]storage.OutboxCount{
		{Channel: channel.Telegram, Lane: storage.LaneReminder, State: storage.Queued, N: 7},
		{Channel: channel.Telegram, Lane: storage.LaneReminder, State: storage.Sent, N: 900},
	})
	m.Oldest(90 * time.Second)
	m.Error("outbox")
	m.Connection(channel.WhatsApp, metrics.Connected)
	m.Connection(channel.WhatsApp, metrics.Refused)
	m.Line(channel.WhatsApp, channel.Banned)
	m.Storage(false)
}

func TestExposition(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	exercise(metrics.New(reg))

	want := `
# HELP emileku_channel_state 1 for the state that the channel is in (connecting, connected, refused, stopped), 0 for the others.
# TYPE emileku_channel_state gauge
emileku_channel_state{channel="whatsapp",state="connected"} 0
emileku_channel_state{channel="whatsapp",state="connecting"} 0
emileku_channel_state{channel="whatsapp",state="refused"} 1
emileku_channel_state{channel="whatsapp",state="stopped"} 0
# HELP emileku_messages_out_total Messages of the bot by what became of them (sent, failed, uncertain, suppressed, expired).
# TYPE emileku_messages_out_total counter
emileku_messages_out_total{channel="telegram",lane="broadcast",result="sent"} 1
# HELP emileku_messages_received_total Messages that people sent, by channel and kind; each counted once, however often the network delivers it.
# TYPE emileku_messages_received_total counter
emileku_messages_received_total{channel="telegram",kind="text"} 2
# HELP emileku_outbox_oldest_due_seconds How long the message that is due longest has been waiting; 0 if none waits.
# TYPE emileku_outbox_oldest_due_seconds gauge
emileku_outbox_oldest_due_seconds 90
# HELP emileku_outbox_queued Messages that wait in the outbox, those that are not due yet included.
# TYPE emileku_outbox_queued gauge
emileku_outbox_queued{channel="telegram",lane="reminder"} 7
# HELP emileku_storage_up 1 while the database answers.
# TYPE emileku_storage_up gauge
emileku_storage_up 0
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want),
		"emileku_channel_state", "emileku_messages_out_total", "emileku_messages_received_total",
		"emileku_outbox_oldest_due_seconds", "emileku_outbox_queued", "emileku_storage_up"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{
		"emileku_handling_seconds", "emileku_send_seconds", "emileku_send_retries_total",
		"emileku_receipts_total", "emileku_errors_total", "emileku_storage_outages_total",
	} {
		if n, err := testutil.GatherAndCount(reg, name); err != nil || n != 1 {
			t.Errorf("%s: %d series, %v", name, n, err)
		}
	}
	problems, err := testutil.GatherAndLint(reg)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// A queue that ran empty must not keep showing its last depth.
func TestQueueForgetsWhatIsGone(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewPedanticRegistry()
	m := metrics.New(reg)
	exercise(m)
	m.Queue(nil)
	if n, err := testutil.GatherAndCount(reg, "emileku_outbox_queued"); err != nil || n != 0 {
		t.Errorf("%d series left, %v", n, err)
	}
}

func TestNilCountsNothing(t *testing.T) {
	t.Parallel()
	exercise(nil) // must not panic

	// Every exported method is exercised above: a new one that forgets its nil
	// check would be missed otherwise.
	if n := reflect.TypeFor[*metrics.Metrics]().NumMethod(); n != 12 {
		t.Errorf("%d methods, exercise calls 12: add the new one there", n)
	}
}
