package mongo

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

// TestCodecKeepsDocuments holds the codec to encoding/json: what goes through
// a document comes back with the same JSON.
func TestCodecKeepsDocuments(t *testing.T) {
	t.Parallel()
	c := newCodec()
	rapid.Check(t, func(t *rapid.T) {
		for _, doc := range []any{drawChat(t), drawRegistration(t), drawEvent(t)} {
			want, err := document.Encode(again(t, doc))
			if err != nil {
				t.Fatal(err)
			}
			stored, err := c.encode(doc, bson.E{Key: "_own", Value: "x"})
			if err != nil {
				t.Fatal(err)
			}
			if stored.Lookup("_own").StringValue() != "x" || stored.Lookup("id").Type != 0 {
				t.Fatalf("stored as %s", stored)
			}
			if err := stored.Validate(); err != nil {
				t.Fatal(err)
			}
			back := blank(doc)
			if err := c.decode(stored, back); err != nil {
				t.Fatal(err)
			}
			got, err := document.Encode(back)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Fatalf("\n got %s\nwant %s", got, want)
			}
		}
	})
}

// again gives doc once it went through JSON, which mends broken text.
func again(t *rapid.T, doc any) any {
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	v := blank(doc)
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
	return v
}

func blank(doc any) any { return reflect.New(reflect.TypeOf(doc).Elem()).Interface() }

// text draws text as people send it, now and then with broken UTF-8.
func text(t *rapid.T) string {
	if rapid.IntRange(0, 9).Draw(t, "broken") == 0 {
		return "a\xff\xfeb"
	}
	return rapid.String().Draw(t, "text")
}

func moment(t *rapid.T) time.Time {
	if rapid.Bool().Draw(t, "zero") {
		return time.Time{}
	}
	ms := rapid.Int64Range(-1e12, 4e12).Draw(t, "ms")
	zone := rapid.SampledFrom([]*time.Location{time.UTC, event.Jakarta}).Draw(t, "zone")
	return time.UnixMilli(ms).In(zone)
}

func maybeMoment(t *rapid.T) *time.Time {
	if rapid.Bool().Draw(t, "none") {
		return nil
	}
	at := moment(t)
	if at.IsZero() {
		return nil // see codec
	}
	return &at
}

func texts(t *rapid.T) map[string]string {
	switch rapid.IntRange(0, 2).Draw(t, "map") {
	case 0:
		return nil
	case 1:
		return map[string]string{}
	}
	return map[string]string{event.KeyName: text(t), event.KeyLocation: text(t)}
}

func drawChat(t *rapid.T) *storage.Chat {
	c := &storage.Chat{
		ID: text(t), Version: rapid.Int64().Draw(t, "version"), Group: rapid.Bool().Draw(t, "group"), Title: text(t),
		DraftAt: maybeMoment(t), UpdatedAt: moment(t), Handled: rapid.SliceOf(rapid.String()).Draw(t, "handled"),
	}
	if rapid.Bool().Draw(t, "state") {
		c.State = json.RawMessage(`{"n":9007199254740993,"t":"<&>","list":[[1.50],null]}`)
	}
	if rapid.Bool().Draw(t, "draft") {
		c.Draft = &event.Draft{ID: text(t), Answers: texts(t), StartedAt: moment(t), NudgedAt: maybeMoment(t)}
	}
	for range rapid.IntRange(0, 2).Draw(t, "pending") {
		m := storage.Message{ID: text(t), Order: rapid.Int64().Draw(t, "order"), DueAt: moment(t), ExpiresAt: maybeMoment(t)}
		m.Body = channel.Outbound{Text: text(t), File: &channel.File{Blob: "b", Data: []byte("not stored")}}
		if rapid.Bool().Draw(t, "buttons") {
			m.Body.Buttons = [][]channel.Button{{{Label: text(t), Value: "v"}, {URL: "u"}}, {}, nil}
		}
		c.Pending = append(c.Pending, m)
	}
	return c
}

func drawRegistration(t *rapid.T) *event.Registration {
	return &event.Registration{
		ID: text(t), Number: text(t), Answers: texts(t), Heads: rapid.Int().Draw(t, "heads"), Outside: rapid.Bool().Draw(t, "outside"),
		Status: event.Waiting, QueuedAt: maybeMoment(t), OfferUntil: maybeMoment(t), CreatedAt: moment(t),
	}
}

func drawEvent(t *rapid.T) *event.Event {
	e := &event.Event{ID: text(t), Start: moment(t)}
	if rapid.Bool().Draw(t, "quotas") {
		e.Quotas = map[event.Audience]event.Quota{event.UKM: {Limit: rapid.Int().Draw(t, "limit"), Curated: true}, event.Public: {}}
	}
	return e
}

func TestStoredForm(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1799888523456)
	stored, err := newCodec().encode(&storage.Chat{ID: "telegram:1", State: json.RawMessage(`{"a":1}`), DraftAt: &at})
	if err != nil {
		t.Fatal(err)
	}
	// A person in the shell sees dates as dates and state as text.
	if stored.Lookup("_id").StringValue() != "telegram:1" || !stored.Lookup("draftAt").Time().Equal(at) ||
		stored.Lookup("state").StringValue() != `{"a":1}` || strings.Contains(stored.String(), "pending") {
		t.Fatal(stored)
	}
}
