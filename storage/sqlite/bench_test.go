package sqlite_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// Benchmarks run with what is promised on a loss of power (full) and, for
// comparison, without (relaxed).
func forEach(b *testing.B, run func(b *testing.B, s storage.Store)) {
	for name, relaxed := range map[string]bool{"full": false, "relaxed": true} {
		b.Run(name, func(b *testing.B) { run(b, openBench(b, relaxed)) })
	}
}

func openBench(b *testing.B, relaxed bool) storage.Store {
	b.Helper()
	s, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(b.TempDir(), "b.db"), Relaxed: relaxed})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	return s
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func benchChat(id string) *storage.Chat {
	c := &storage.Chat{ID: id, PersonID: id, Draft: &event.Draft{ID: "d", EventID: "EMK-2027", Audience: event.UKM, Answers: map[string]string{
		"nama": "Keripik Pedas Bu Eti", "pemilik": "Eti Rohaeti", "bidang": "kuliner", "lokasi": "Cibinong/Karadenan",
	}, Trail: []string{"nama", "pemilik", "bidang", "lokasi"}}, UpdatedAt: time.UnixMilli(1).UTC()}
	for i := range 32 {
		c.Handled = append(c.Handled, fmt.Sprint("telegram:u:", i))
	}
	return c
}

func benchMessage(id string) storage.Message {
	return storage.Message{
		ID: id, Chat: channel.Chat{Channel: channel.Telegram, ID: id}, Lane: storage.LaneBroadcast, EventID: "EMK-2027", Touchpoint: "h-40",
		Body:  channel.Outbound{Text: "Yth. Bapak/Ibu, kami mengundang Bapak/Ibu hadir pada acara E-MILE KU, Kamis, 14 Januari 2027 pukul 08.00 WIB di Cibinong. Mohon konfirmasi kehadiran."},
		DueAt: time.UnixMilli(1000).UTC(), QueuedAt: time.UnixMilli(1000).UTC(),
	}
}

func BenchmarkChatSave(b *testing.B) {
	forEach(b, func(b *testing.B, s storage.Store) {
		c := benchChat("telegram:1")
		for b.Loop() {
			check(b, s.Chats().Save(b.Context(), c))
		}
	})
}

// BenchmarkStep is what one message of a person costs: taken in, answered,
// flushed.
func BenchmarkStep(b *testing.B) {
	forEach(b, func(b *testing.B, s storage.Store) {
		c := benchChat("telegram:1")
		check(b, s.Chats().Save(b.Context(), c))
		for i := 0; b.Loop(); i++ {
			id := fmt.Sprint("telegram:u:", i)
			_, err := s.Inbox().Add(b.Context(), channel.Inbound{ID: id, Kind: channel.Text, Text: "Bu Eti"}, time.UnixMilli(1))
			check(b, err)
			c.Pending = []storage.Message{benchMessage("in/" + id + "/1")}
			check(b, s.Chats().Save(b.Context(), c))
			check(b, s.Chats().Flush(b.Context(), c, id))
		}
	})
}

// BenchmarkSteps is BenchmarkStep with many people at once.
func BenchmarkSteps(b *testing.B) {
	forEach(b, func(b *testing.B, s storage.Store) {
		b.SetParallelism(25)
		b.RunParallel(func(pb *testing.PB) {
			who := fmt.Sprintf("telegram:%p", pb)
			c := benchChat(who)
			check(b, s.Chats().Save(b.Context(), c))
			for i := 0; pb.Next(); i++ {
				id := fmt.Sprint(who, ":u:", i)
				_, err := s.Inbox().Add(b.Context(), channel.Inbound{ID: id, Kind: channel.Text, Text: "Bu Eti"}, time.UnixMilli(1))
				check(b, err)
				c.Pending = []storage.Message{benchMessage("in/" + id + "/1")}
				check(b, s.Chats().Save(b.Context(), c))
				check(b, s.Chats().Flush(b.Context(), c, id))
			}
		})
	})
}

func BenchmarkOutbox(b *testing.B) {
	forEach(b, func(b *testing.B, s storage.Store) {
		for i := 0; b.Loop(); i++ {
			id := fmt.Sprint("m", i)
			_, err := s.Outbox().Add(b.Context(), benchMessage(id))
			check(b, err)
			m, err := s.Outbox().Claim(b.Context(), id, "t", time.UnixMilli(5000), "")
			check(b, err)
			m.State = storage.Sent
			check(b, s.Outbox().Finish(b.Context(), m, "t"))
		}
	})
}

func BenchmarkAddAll(b *testing.B) {
	const rows = 20_000
	forEach(b, func(b *testing.B, s storage.Store) {
		ms := make([]storage.Message, rows)
		for i := 0; b.Loop(); i++ {
			for j := range ms {
				ms[j] = benchMessage(fmt.Sprintf("EMK-2027/telegram:%09d/h-%d/telegram", j*7919%1_000_003, i))
			}
			n, err := s.Outbox().AddAll(b.Context(), ms)
			check(b, err)
			if n != rows {
				b.Fatalf("%d rows added", n)
			}
		}
		b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
	})
}

// BenchmarkLookup finds one registration of 100,000, as a check-in does.
func BenchmarkLookup(b *testing.B) {
	const n = 100_000
	s := openBench(b, true)
	put := s.Raw().(document.Batch)
	for from := 1; from <= n; from += 5000 {
		ids, docs := make([]string, 5000), make([]json.RawMessage, 5000)
		for i := range ids {
			r := benchRegistration(from + i)
			ids[i], docs[i] = r.ID, encode(b, r)
		}
		check(b, put.PutAll(b.Context(), "registrations", ids, docs))
	}
	b.Run("ByNumber", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			_, err := s.Registrations().ByNumber(b.Context(), event.Number("EMK-2027", int64(i*7919%n+1)))
			check(b, err)
		}
	})
	b.Run("ByPhone", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			page, _, err := s.Registrations().List(b.Context(), storage.RegistrationQuery{EventID: "EMK-2027", Phone: phone(i*7919%n + 1)})
			check(b, err)
			if len(page) != 1 {
				b.Fatal(len(page))
			}
		}
	})
	b.Run("ByCommonWords", func(b *testing.B) {
		for b.Loop() {
			page, _, err := s.Registrations().List(b.Context(), storage.RegistrationQuery{EventID: "EMK-2027", Search: "cibinong eti", Limit: 10})
			check(b, err)
			if len(page) != 10 {
				b.Fatal(len(page))
			}
		}
	})
	b.Run("BySearch", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			page, _, err := s.Registrations().List(b.Context(), storage.RegistrationQuery{EventID: "EMK-2027", Search: fmt.Sprintf("usaha%06d bu", i*7919%n+1), Limit: 10})
			check(b, err)
			if len(page) != 1 {
				b.Fatal(len(page))
			}
		}
	})
}

func BenchmarkRegister(b *testing.B) {
	forEach(b, func(b *testing.B, s storage.Store) {
		for i := 1; b.Loop(); i++ {
			_, err := s.Registrations().Insert(b.Context(), benchRegistration(i))
			check(b, err)
		}
	})
}

func BenchmarkPlaces(b *testing.B) {
	forEach(b, func(b *testing.B, s storage.Store) {
		for i := 0; b.Loop(); i++ { // up to 200 places; then they are given back
			holder := fmt.Sprint("h", i%200)
			if i%400 < 200 {
				_, err := s.Places().Claim(b.Context(), "EMK-2027", event.UKM, 200, holder, nil)
				check(b, err)
			} else {
				check(b, s.Places().Release(b.Context(), "EMK-2027", event.UKM, holder))
			}
		}
	})
}

func phone(n int) string { return fmt.Sprintf("+62812%08d", n) }

func benchRegistration(n int) *event.Registration {
	number := event.Number("EMK-2027", int64(n))
	return &event.Registration{
		ID: fmt.Sprintf("d-%06d", n), Version: 1, Number: number, EventID: "EMK-2027", PersonID: fmt.Sprint("telegram:", n), Audience: event.Public,
		Answers: map[string]string{"nama": "Bu Eti"}, Name: "Bu Eti", Phone: phone(n), Kecamatan: "Cibinong", Heads: 1,
		Search: fmt.Sprintf("%s usaha%06d bu eti %s cibinong", number, n, phone(n)), Key: fmt.Sprint("k", n), Status: event.Confirmed,
		StatusAt: time.UnixMilli(1).UTC(), CreatedAt: time.UnixMilli(1).UTC(), UpdatedAt: time.UnixMilli(1).UTC(),
	}
}

func encode(b *testing.B, v any) json.RawMessage {
	b.Helper()
	doc, err := document.Encode(v)
	check(b, err)
	return doc
}
