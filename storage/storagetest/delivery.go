package storagetest

import (
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

func deliveryCases() map[string]func(*testing.T, Harness) {
	return map[string]func(*testing.T, Harness){
		"Forward":      receiptForward,
		"NeverBack":    receiptNeverBack,
		"OnlyWhatSent": receiptUnsent,
		"AnyLife":      rowLife,
	}
}

func receipt(id string, st channel.ReceiptState, d time.Duration) channel.Receipt {
	return channel.Receipt{Chat: chatOf("4711"), MessageID: id, State: st, At: at(d)}
}

func receiptForward(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	must(s.Outbox().Add(ctx, plainMessage("a", at(0))))(t)
	ok(t, sendRow(t, s, "a"))
	equal(t, "delivered", must(s.Outbox().Receipt(ctx, receipt("m-a", channel.Delivered, time.Minute)))(t), true)
	equal(t, "delivered again", must(s.Outbox().Receipt(ctx, receipt("m-a", channel.Delivered, time.Hour)))(t), false)
	m := must(s.Outbox().Get(ctx, "a"))(t)
	equal(t, "state", m.State, storage.Delivered)
	utcMillis(t, "DeliveredAt", *m.DeliveredAt, at(time.Minute))
	equal(t, "read", must(s.Outbox().Receipt(ctx, receipt("m-a", channel.Read, 2*time.Minute)))(t), true)
	m = must(s.Outbox().Get(ctx, "a"))(t)
	equal(t, "state", m.State, storage.Read)
	utcMillis(t, "DeliveredAt", *m.DeliveredAt, at(time.Minute))
	utcMillis(t, "ReadAt", *m.ReadAt, at(2*time.Minute))
	utcMillis(t, "SentAt", *m.SentAt, at(time.Second))
}

func receiptNeverBack(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	must(s.Outbox().Add(ctx, plainMessage("a", at(0))))(t)
	ok(t, sendRow(t, s, "a"))
	equal(t, "read", must(s.Outbox().Receipt(ctx, receipt("m-a", channel.Read, time.Minute)))(t), true)
	equal(t, "read again", must(s.Outbox().Receipt(ctx, receipt("m-a", channel.Read, time.Hour)))(t), false)
	equal(t, "delivered after read", must(s.Outbox().Receipt(ctx, receipt("m-a", channel.Delivered, time.Hour)))(t), false)
	m := must(s.Outbox().Get(ctx, "a"))(t)
	equal(t, "state", m.State, storage.Read)
	utcMillis(t, "ReadAt", *m.ReadAt, at(time.Minute))
}

func receiptUnsent(t *testing.T, h Harness) {
	ctx, s := t.Context(), h.Open(t)
	equal(t, "unknown message", must(s.Outbox().Receipt(ctx, receipt("none", channel.Read, 0)))(t), false)
	must(s.Outbox().Add(ctx, plainMessage("queued", at(0))))(t)
	equal(t, "no message ID", must(s.Outbox().Receipt(ctx, receipt("", channel.Read, 0)))(t), false)
	equal(t, "state", must(s.Outbox().Get(ctx, "queued"))(t).State, storage.Queued)

	must(s.Outbox().Add(ctx, plainMessage("a", at(0))))(t)
	ok(t, sendRow(t, s, "a"))
	elsewhere := receipt("m-a", channel.Read, 0)
	elsewhere.Chat.ID = "4712"
	equal(t, "same message ID in another chat", must(s.Outbox().Receipt(ctx, elsewhere))(t), false)
	equal(t, "state", must(s.Outbox().Get(ctx, "a"))(t).State, storage.Sent)

	must(s.Outbox().Add(ctx, plainMessage("f", at(0))))(t)
	m := must(s.Outbox().Claim(ctx, "f", "t", at(time.Hour), "m-f"))(t)
	m.State = storage.Failed
	ok(t, s.Outbox().Finish(ctx, m, "t"))
	equal(t, "failed message", must(s.Outbox().Receipt(ctx, receipt("m-f", channel.Read, 0)))(t), false)
	equal(t, "state", must(s.Outbox().Get(ctx, "f"))(t).State, storage.Failed)
}
