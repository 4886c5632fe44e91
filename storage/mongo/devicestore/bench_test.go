package devicestore_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/store"

	"github.com/diskopukm/emileku/storage/mongo/mongotest"
)

// sessionBytes is how large a session's record is in practice.
const sessionBytes = 700

// steps are what one message, or one call, asks of the store.
func steps() map[string]func(ctx context.Context, d *store.Device, n uint64) error {
	record := make([]byte, sessionBytes)
	who := func(n uint64) string { return fmt.Sprintf("%d_1:0", n%1000) }
	return map[string]func(ctx context.Context, d *store.Device, n uint64) error{
		"GetSession": func(ctx context.Context, d *store.Device, n uint64) error {
			_, err := d.Sessions.GetSession(ctx, who(n))
			return err
		},
		"PutSession": func(ctx context.Context, d *store.Device, n uint64) error {
			return d.Sessions.PutSession(ctx, who(n), record)
		},
		// What whatsmeow does with a message that came in.
		"MessageIn": func(ctx context.Context, d *store.Device, n uint64) error {
			hash := sha256.Sum256(binary.BigEndian.AppendUint64(nil, n))
			if _, err := d.EventBuffer.GetBufferedEvent(ctx, hash); err != nil {
				return err
			}
			err := d.EventBuffer.DoDecryptionTxn(ctx, func(ctx context.Context) error {
				_, err := d.Sessions.GetSession(ctx, who(n))
				_, err2 := d.Identities.IsTrustedIdentity(ctx, who(n), key32(0))
				return errors.Join(err, err2, d.Sessions.PutSession(ctx, who(n), record),
					d.EventBuffer.PutBufferedEvent(ctx, hash, record[:100], time.Unix(1, 0)))
			})
			return errors.Join(err, d.EventBuffer.ClearBufferedEventPlaintext(ctx, hash))
		},
		// What it does with one that goes out to a person with two devices.
		"MessageOut": func(ctx context.Context, d *store.Device, n uint64) error {
			a, b := who(n), who(n)+"1"
			if _, err := d.Sessions.GetManySessions(ctx, []string{a, b}); err != nil {
				return err
			}
			return d.Sessions.PutManySessions(ctx, map[string][]byte{a: record, b: record})
		},
	}
}

// BenchmarkStore measures whatsmeow's own store on a file, each write synced
// to the disk, and ours on the server at MONGODB_TEST_URI. Without one ours is
// not measured: FerretDB says nothing about it.
func BenchmarkStore(b *testing.B) {
	for name, step := range steps() {
		b.Run(name+"/sqlstore", func(b *testing.B) { measure(b, linked(b, sqlContainer(b)), step) })
		b.Run(name+"/MongoDB", func(b *testing.B) {
			if !mongotest.Real() {
				b.Skip("not measured: MONGODB_TEST_URI is not set")
			}
			measure(b, linked(b, start(b, mongotest.Database(b), "").Container), step)
		})
		b.Run(name+"/MongoDB with STORE_KEY", func(b *testing.B) {
			if !mongotest.Real() {
				b.Skip("not measured: MONGODB_TEST_URI is not set")
			}
			measure(b, linked(b, start(b, mongotest.Database(b), "kunci-yang-panjang-dan-acak-0123456789").Container), step)
		})
	}
}

// measure runs a step from four sides at once, as messages come.
func measure(b *testing.B, d *store.Device, step func(ctx context.Context, d *store.Device, n uint64) error) {
	b.Helper()
	var n atomic.Uint64
	ctx := b.Context()
	b.SetParallelism(2)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := step(ctx, d, n.Add(1)); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}
