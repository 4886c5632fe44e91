package mongo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/mongo"
	"github.com/diskopukm/emileku/storage/mongo/mongotest"
)

// openBench gives a store on a real server only: FerretDB's figures would say
// nothing of MongoDB.
func openBench(b *testing.B) *mongo.Store {
	b.Helper()
	if !mongotest.Real() {
		b.Skip("not measured: MONGODB_TEST_URI is not set")
	}
	return mongotest.Open(b)
}

func benchError(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func benchChat(id string) *storage.Chat {
	c := &storage.Chat{ID: id, PersonID: id, UpdatedAt: time.UnixMilli(1), Draft: &event.Draft{
		ID: "d", EventID: "EMK-2027", Audience: event.UKM, Trail: []string{"nama", "pemilik", "bidang", "lokasi"},
		Answers: map[string]string{"nama": "Keripik Pedas Bu Eti", "pemilik": "Eti Rohaeti", "bidang": "kuliner", "lokasi": "Cibinong/Karadenan"},
	}}
	for i := range 32 {
		c.Handled = append(c.Handled, fmt.Sprint("telegram:u:", i))
	}
	return c
}

func benchMessage(id string) storage.Message {
	return storage.Message{
		ID: id, Chat: channel.Chat{Channel: channel.Telegram, ID: id}, Lane: storage.LaneBroadcast,
		Body:  channel.Outbound{Text: "Yth. Bapak/Ibu, kami mengundang Bapak/Ibu hadir pada acara E-MILE KU, Kamis, 14 Januari 2027 pukul 08.00 WIB di Cibinong."},
		DueAt: time.UnixMilli(1000), QueuedAt: time.UnixMilli(1000),
	}
}

func BenchmarkChatSave(b *testing.B) {
	s, c := openBench(b), benchChat("telegram:1")
	for b.Loop() {
		benchError(b, s.Chats().Save(b.Context(), c))
	}
}

// BenchmarkStep is what one message of a person costs: taken in, answered,
// flushed.
func BenchmarkStep(b *testing.B) {
	s, c := openBench(b), benchChat("telegram:1")
	benchError(b, s.Chats().Save(b.Context(), c))
	for i := 0; b.Loop(); i++ {
		id := fmt.Sprint("telegram:u:", i)
		_, err := s.Inbox().Add(b.Context(), channel.Inbound{ID: id, Kind: channel.Text, Text: "Bu Eti"}, time.UnixMilli(1))
		benchError(b, err)
		c.Pending = []storage.Message{benchMessage("in/" + id + "/1")}
		benchError(b, s.Chats().Save(b.Context(), c))
		benchError(b, s.Chats().Flush(b.Context(), c, id))
	}
}

// BenchmarkDue lists ten rows out of 20,000 that are due.
func BenchmarkDue(b *testing.B) {
	s := openBench(b)
	ms := make([]storage.Message, 20_000)
	for i := range ms {
		ms[i] = benchMessage(fmt.Sprintf("EMK-2027/p%06d/h-40/telegram", i))
	}
	_, err := s.Outbox().AddAll(b.Context(), ms)
	benchError(b, err)
	for b.Loop() {
		due, err := s.Outbox().Due(b.Context(), channel.Telegram, storage.LaneBroadcast, time.UnixMilli(2000), 10)
		benchError(b, err)
		if len(due) != 10 {
			b.Fatalf("%d due", len(due))
		}
	}
}

func BenchmarkPlaceClaim(b *testing.B) {
	s := openBench(b)
	const limit = 500
	for i := 0; b.Loop(); i++ {
		quota := fmt.Sprint("EMK-", i/limit)
		_, err := s.Places().Claim(b.Context(), quota, event.UKM, limit, fmt.Sprint(i), nil)
		benchError(b, err)
	}
}

// BenchmarkPlan brings in 100,000 guests, then pages through them and queues a
// row for each, as a planner's round does.
func BenchmarkPlan(b *testing.B) {
	const guests, page = 100_000, 1000
	for b.Loop() {
		s := openBench(b)
		for from := 0; from < guests; from += page {
			ps := make([]*event.Participation, page)
			for i := range ps {
				person := fmt.Sprintf("tamu:%09d", (from+i)*7919%1_000_003)
				ps[i] = &event.Participation{
					ID: event.ParticipationID("EMK-2027", person), EventID: "EMK-2027", PersonID: person, Audience: event.Koperasi,
					Name: "Siti Rahayu", Organisation: "Koperasi Maju Bersama", Kecamatan: "Cibinong", Code: person, CreatedAt: time.UnixMilli(1),
				}
				ps[i].Derive()
			}
			_, err := s.Participations().AddAll(b.Context(), ps)
			benchError(b, err)
		}
		q := storage.ParticipationQuery{EventID: "EMK-2027", Answers: []event.Answer{event.Silent}, Limit: page}
		for more := true; more; more = q.After != "" {
			ps, next, err := s.Participations().List(b.Context(), q)
			benchError(b, err)
			ms := make([]storage.Message, len(ps))
			for i, p := range ps {
				ms[i] = benchMessage("EMK-2027/" + p.PersonID + "/h40/telegram")
				ms[i].EventID, ms[i].Touchpoint, ms[i].PersonID = "EMK-2027", "h40", p.PersonID
			}
			_, err = s.Outbox().AddAll(b.Context(), ms)
			benchError(b, err)
			q.After = next
		}
	}
	b.ReportMetric(float64(b.N)*guests/b.Elapsed().Seconds(), "guests/s")
}
