package outbox

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/storage"
)

// All files of a mail are loaded, and the row keeps none of them.
func TestAttachments(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := email()
		o := newOffice(t, n)
		o.store.mu.Lock()
		o.store.blobs["letter"], o.store.blobs["poster"] = []byte("%PDF"), []byte("PNG")
		o.store.mu.Unlock()
		o.open()
		m := message(n.private(1), storage.LaneBroadcast, "mail")
		m.Body.Attach = []channel.File{{Blob: "letter", Name: "a.pdf"}, {Blob: "poster", Name: "b.png"}}
		lost := message(n.private(2), storage.LaneBroadcast, "lost")
		lost.Body.Attach = []channel.File{{Blob: "letter", Name: "a.pdf"}, {Blob: "nowhere", Name: "b.png"}}
		o.add(m, lost)
		o.settle(time.Second)
		o.want("mail", storage.Sent)
		o.want("lost", storage.Failed)
		shown := n.shown()
		if len(shown) != 1 || len(shown[0].attach) != 2 || string(shown[0].attach[0].Data) != "%PDF" || string(shown[0].attach[1].Data) != "PNG" {
			t.Errorf("sent %+v", shown)
		}
	})
}

// A few files are kept in memory, and no more than that.
func TestFilesAreFew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := newOffice(t, email())
		o.open()
		f := o.sender.files
		o.store.mu.Lock()
		for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
			o.store.blobs[id] = []byte(id)
		}
		o.store.blobs["huge"] = make([]byte, keptBytes)
		o.store.mu.Unlock()
		start := time.Now()
		time.Sleep(time.Second)
		load := func(id string) {
			t.Helper()
			if _, err := f.load(t.Context(), id, start); err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range []string{"a", "b", "c", "d", "e", "f", "a", "g", "h"} {
			load(id)
		}
		before := o.store.count("media")
		load("a") // used again in between: still there
		if o.store.count("media") != before || len(f.kept) != keptFiles {
			t.Errorf("%d files are kept; the one used again was loaded again", len(f.kept))
		}
		load("huge")
		if len(f.kept) != 1 {
			t.Errorf("%d files are kept beside a huge one", len(f.kept)-1)
		}
	})
}

// Whoever has no mailbox is reported, once the row has ended.
func TestAbsent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := email()
		n.answer = func(channel.Chat, string, int) (*channel.SendError, bool) {
			return &channel.SendError{Permanent: true, Absent: true, Err: errors.New("550 5.1.1 no such user")}, false
		}
		o := newOffice(t, n)
		var absent []*storage.Message
		o.opts.OnAbsent = func(_ context.Context, m *storage.Message) { absent = append(absent, m) }
		o.open()
		o.add(message(n.private(1), storage.LaneBroadcast, "mail"))
		o.settle(time.Second)
		o.want("mail", storage.Failed)
		if len(absent) != 1 || absent[0].ID != "mail" || absent[0].LastError == "" {
			t.Errorf("reported: %+v", absent)
		}
	})
}
