package document_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

func TestEncodeGivesOneFormForOneInstant(t *testing.T) {
	t.Parallel()
	utc := time.Date(2027, 1, 14, 1, 0, 0, 123_000_000, time.UTC)
	wib := utc.Add(456 * time.Microsecond).In(event.Jakarta)
	want, err := document.Encode(&storage.Chat{ID: "a", UpdatedAt: utc, DraftAt: &utc, Draft: &event.Draft{NudgedAt: &utc}, Pending: []storage.Message{{SentAt: &utc}}})
	if err != nil {
		t.Fatal(err)
	}
	given := &storage.Chat{ID: "a", UpdatedAt: wib, DraftAt: &wib, Draft: &event.Draft{NudgedAt: &wib}, Pending: []storage.Message{{SentAt: &wib}}}
	got, err := document.Encode(given)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !given.UpdatedAt.Equal(wib) || given.UpdatedAt.Location() != event.Jakarta {
		t.Errorf("the caller's document was changed: %v", given.UpdatedAt)
	}
}

func TestDecodeRoundTripsEveryCollection(t *testing.T) {
	t.Parallel()
	for _, c := range document.Collections() {
		doc, ok := document.New(c)
		if !ok {
			t.Fatalf("no type for %s", c)
		}
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(b, &fields); err != nil {
			t.Fatal(err)
		}
		id := "x"
		if c == document.WhatsApp { // there the ID says what the document is
			id = "62811:1@s.whatsapp.net/device"
			fields["value"] = json.RawMessage(`{}`)
		}
		fields["id"], _ = json.Marshal(id)
		b, _ = json.Marshal(fields)
		back, err := document.Decode(c, id, b)
		if err != nil {
			t.Fatalf("%s: %v", c, err)
		}
		if document.ID(back) != id {
			t.Errorf("%s: ID %q", c, document.ID(back))
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ collection, id, doc string }{
		"unknown collection": {"secrets", "a", `{"id":"a"}`},
		"unknown field":      {"counters", "a", `{"id":"a","value":1,"step":2}`},
		"other ID":           {"counters", "a", `{"id":"b","value":1}`},
		"no ID":              {"counters", "", `{"value":1}`},
		"two values":         {"counters", "a", `{"id":"a","value":1}{"id":"a"}`},
		"no JSON":            {"counters", "a", `{"id":"a"`},
		"wrong type":         {"counters", "a", `{"id":"a","value":"1"}`},
		"unknown kind":       {"whatsapp", "a:1@b/keys", `{"id":"a:1@b/keys","value":{}}`},
		"short key":          {"whatsapp", "a:1@b/secret/c", `{"id":"a:1@b/secret/c","value":{"key":""}}`},
		"unknown in value":   {"whatsapp", "a:1@b/nctsalt", `{"id":"a:1@b/nctsalt","value":{"salt":"","x":1}}`},
	} {
		if _, err := document.Decode(tc.collection, tc.id, json.RawMessage(tc.doc)); !errors.Is(err, document.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// every kind of place that a time can stand in
type everywhere struct {
	T       time.Time
	P       *time.Time
	Nil     *time.Time
	S       []time.Time
	A       [2]time.Time
	M       map[string]time.Time
	Deep    map[string][]*everywhere
	Any     any
	private time.Time
	Words   []string
}

func TestEncodeSettlesTimesWhereverTheyStand(t *testing.T) {
	t.Parallel()
	utc := time.Date(2027, 1, 14, 1, 0, 0, 0, time.UTC)
	wib := utc.Add(999 * time.Nanosecond).In(event.Jakarta)
	fill := func(odd time.Time) *everywhere {
		inner := &everywhere{T: utc, M: map[string]time.Time{"a": odd}, Any: &odd, private: odd}
		return &everywhere{
			T: utc, P: &odd, S: []time.Time{utc, odd}, A: [2]time.Time{utc, odd}, M: map[string]time.Time{"a": odd, "b": utc},
			Deep: map[string][]*everywhere{"x": {nil, inner, {Any: odd}}}, Any: []any{odd, "x"}, Words: []string{"x"},
		}
	}
	want, err := json.Marshal(fill(utc))
	if err != nil {
		t.Fatal(err)
	}
	given, untouched := fill(wib), fill(wib)
	got, err := document.Encode(given)
	if err != nil || string(got) != string(want) {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	if !reflect.DeepEqual(given, untouched) {
		t.Errorf("the caller's document was changed: %+v", given)
	}
	if got, err := document.Encode(nil); err != nil || string(got) != "null" {
		t.Errorf("nil: %s, %v", got, err)
	}
}

func BenchmarkEncode(b *testing.B) {
	utc := time.Date(2027, 1, 14, 1, 0, 0, 0, time.UTC)
	for name, at := range map[string]time.Time{"settled": utc, "unsettled": utc.In(event.Jakarta)} {
		m := &storage.Message{ID: "a", DueAt: utc, QueuedAt: utc, ExpiresAt: &at, Body: channel.Outbound{Text: "Yth. Bapak/Ibu", Buttons: [][]channel.Button{{{Label: "Hadir", Value: "/hadir"}}}}}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := document.Encode(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
