package storagetest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// hard is text that engines and encoders are known to stumble over.
const hard = "Batagor Bu Ëti – ᮊᮩᮛᮨᮘᮩᮒ᮪ 😀👩‍👩‍👧 <b>&\"'`\\ %_ $dolar.titik \u2028\u202e\tbaris\nbaru"

func chatOf(n string) channel.Chat { return channel.Chat{Channel: channel.Telegram, ID: n} }

func sampleMessage(id string) storage.Message {
	return storage.Message{
		ID: id, Chat: chatOf("4711"), Lane: storage.LaneAnswer, Order: 3,
		Body: channel.Outbound{
			Text: hard, ReplyTo: "12", AskContact: "Kirim nomor",
			File:    &channel.File{Blob: "tiket/1", Name: "tiket.png", MIME: "image/png", Photo: true},
			Buttons: [][]channel.Button{{{Label: "Ya", Value: "ya"}, {Label: "Peta", URL: "https://maps.example/?a=1&b=2"}}, {{Label: "Tidak", Value: "tidak"}}},
		},
		PersonID: "telegram:4711", EventID: "EMK-2027", Touchpoint: "h-40", Quiet: true,
		DueAt: at(0), ExpiresAt: ptr(at(time.Hour)), QueuedAt: at(-time.Minute),
	}
}

// plainMessage is a row for chat and lane that is due at a time.
func plainMessage(id string, due time.Time) storage.Message {
	return storage.Message{ID: id, Chat: chatOf("4711"), Body: channel.Outbound{Text: "Halo"}, DueAt: due, QueuedAt: due}
}

func sampleChat(id string) *storage.Chat {
	return &storage.Chat{
		ID: id, Title: hard, PersonID: "telegram:4711", Dialog: "ubah",
		State:       json.RawMessage(`{"$set":{"a.b":1},"lama":"` + `é😀` + `","n":12345678901234567890,"x":[1.50,null,true,""],"a":{}}`),
		Draft:       sampleDraft("d-" + id),
		DraftAt:     ptr(at(time.Second)),
		DraftNudged: true,
		Handled:     []string{"telegram:u:3", "telegram:u:1", "telegram:u:2"},
		Pending:     []storage.Message{sampleMessage("in/" + id + "/1"), sampleMessage("in/" + id + "/2")},
		UpdatedAt:   at(time.Minute),
	}
}

func sampleDraft(id string) *event.Draft {
	return &event.Draft{
		ID: id, EventID: "EMK-2027", Audience: event.UKM, Form: 2,
		Answers: map[string]string{"nama": hard, "pemilik": "", "bidang": "kuliner"},
		Skipped: []string{"nib"}, Trail: []string{"nama", "pemilik", "bidang"}, Optional: "yes",
		Fixing: "nama", Distinct: true, StartedAt: at(-time.Hour), UpdatedAt: at(0), NudgedAt: ptr(at(time.Millisecond)),
	}
}

func sampleInbound(id string) channel.Inbound {
	return channel.Inbound{
		ID: id, Chat: chatOf("-100"), Group: true, ChatTitle: "Tim E-MILE KU",
		Sender: channel.Sender{ID: "4711", AltID: "x", Name: hard, Username: "Eti", Phone: "+628120001", Anonymous: true},
		Kind:   channel.Photo, Text: hard, MessageID: "9", ReplyTo: &channel.Quote{MessageID: "8", Text: "apa", FromBot: true, Sender: &channel.Sender{ID: "1"}},
		Addressed: true, Media: &channel.Media{Ref: "r", Name: "foto.jpg", MIME: "image/jpeg", Size: 123},
		Contact:  &channel.Contact{Name: "Budi", Phone: "0812", UserID: "5", Own: true},
		Location: &channel.Location{Latitude: -6.595038, Longitude: 106.816635}, MovedTo: "-200", SentAt: at(-time.Second),
	}
}

func samplePerson(id string) *event.Person {
	return &event.Person{
		ID: id, Name: hard, Phone: "+62812000111", Email: "bu.eti@contoh.id", Role: event.Lead,
		Accounts: []event.Account{
			{Key: id, Chat: id, Username: "Bu_Eti.99", Blocked: ptr(at(0))},
			{Key: "web:" + id, Chat: "web:" + id},
		},
		Consent: &event.Consent{At: at(-time.Hour), Wording: 3}, StoppedAt: ptr(at(time.Hour)),
		CreatedAt: at(-24 * time.Hour), SeenAt: at(0),
	}
}

func sampleEvent(id string, start time.Time) *event.Event {
	return &event.Event{
		ID: id, Title: "E-MILE KU " + hard, Theme: "Tumbuh", Start: start, Place: "Cibinong", MapURL: "https://maps.example/?q=1&r=2",
		Quotas: map[event.Audience]event.Quota{event.UKM: {Limit: 20, Curated: true}, event.Koperasi: {Limit: 5}},
		Status: event.EventOpen, Schedule: 2, CopiedFrom: "EMK-2026", CreatedAt: at(0), CreatedBy: "telegram:1", UpdatedAt: at(0),
	}
}

// sampleRegistration is the n-th of an event, with ID, number and key of its own.
func sampleRegistration(n int) *event.Registration {
	return &event.Registration{
		ID: fmt.Sprintf("d-%05d", n), Number: event.Number("EMK-2027", int64(n)), EventID: "EMK-2027", PersonID: "telegram:4711",
		Audience: event.UKM, Form: 1, Source: event.PostSource(7), Answers: map[string]string{"nama": "Usaha " + hard, "stan": "stan"},
		Name: fmt.Sprintf("Usaha %d", n), Contact: "Bu Eti", Phone: "+62812000111", Kecamatan: "Cibinong", Desa: "Karadenan",
		Heads: 2, Search: fmt.Sprintf("emk-2027-%04d usaha %d bu eti kripik pedas 100%% asli", n, n), Key: fmt.Sprintf("EMK-2027/ukm/usaha%d/cibinong", n),
		Status: event.Waiting, StatusAt: at(0), Reason: "penuh", QueuedAt: ptr(at(time.Duration(n) * time.Second)), OfferUntil: ptr(at(time.Hour)),
		Tell: event.Waiting, CreatedAt: at(time.Duration(n) * time.Minute), UpdatedAt: at(0),
	}
}
