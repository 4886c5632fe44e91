package dialog

import (
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
)

// newTaskOffice has an event in 45 days, a lead and two members.
func newTaskOffice(t *testing.T) *office {
	t.Helper()
	o := newOffice(t)
	o.lead()
	o.has(o.says("rina", "/acara baru E-MILE KU 2027 | 2027-01-14 08:00 | Cibinong"), "EMK-2027")
	for _, who := range []string{"budi", "andi"} {
		link := o.says("rina", "/tim tautan anggota")
		_, code, _ := strings.Cut(link, "?start=")
		code, _, _ = strings.Cut(code, "\n")
		o.says(who, "/start "+strings.ReplaceAll(code, `\`, ""))
	}
	return o
}

func (o *office) stored(key string) *event.Task {
	o.t.Helper()
	k, err := o.app.Task(o.t.Context(), "EMK-2027", key)
	if err != nil {
		o.t.Fatal(err)
	}
	return k
}

// TestAssignByReply: a task is given to the author of the message that is
// replied to, if they are of the team.
func TestAssignByReply(t *testing.T) {
	t.Parallel()
	o := newTaskOffice(t)
	reply := func(to channel.Sender, fromBot bool) string {
		return o.does("rina", channel.Inbound{
			Chat: channel.Chat{Channel: channel.Telegram, ID: "grup"}, Group: true, Text: "/tugas 5 serah",
			ReplyTo: &channel.Quote{MessageID: "1", Sender: &to, FromBot: fromBot},
		})
	}
	answer := reply(channel.Sender{ID: "budi", Name: "Budi"}, false)
	o.has(answer, "penanggung jawab kini *Budi*", "budi: Rina menyerahkan satu tugas")
	if k := o.stored("5"); k.PersonID != "telegram:budi" || k.State != event.TaskTaken {
		t.Errorf("%+v", k)
	}
	o.has(reply(channel.Sender{ID: "orang", Name: "Orang"}, false), "bukan anggota tim")
	o.has(reply(channel.Sender{ID: "bot"}, true), "Siapa penanggung jawab")
	if k := o.stored("5"); k.PersonID != "telegram:budi" {
		t.Errorf("%+v", k)
	}
}

// TestTaskMessageTwice: a message that is handled again says the same and
// changes nothing.
func TestTaskMessageTwice(t *testing.T) {
	t.Parallel()
	o := newTaskOffice(t)
	for _, text := range []string{
		"/tugas 5 ambil", "/tugas 5 tambah Tenda | 4\nKursi | 200", "/tugas 5 centang 1, 2", "/tugas 5 ubah 1 | | 6", "/tugas 5 hapus 2", "/tugas 5 serah budi",
		"/selesai 5 beres", "/tugas 5 buka", "/tugas baru Rapat | H-20", "/tugas 7 geser H-43", "/tugas 15 lewati tidak ada",
	} {
		first := o.does("rina", channel.Inbound{ID: "once:" + text, Text: text})
		versions := []int64{o.stored("5").Version, o.stored("7").Version, o.stored("15").Version}
		second := o.does("rina", channel.Inbound{ID: "once:" + text, Text: text})
		if first != second {
			t.Errorf("%s: first\n%s\nthen\n%s", text, first, second)
		}
		for i, key := range []string{"5", "7", "15"} {
			if o.stored(key).Version != versions[i] {
				t.Errorf("%s: %s was changed twice", text, key)
			}
		}
	}
}

// TestTaskButtonsAreShort: with the longest codes and keys that there are, no
// button is longer than Telegram takes; does checks each.
func TestTaskButtonsAreShort(t *testing.T) {
	t.Parallel()
	o := newTaskOffice(t)
	e, err := o.app.CreateEvent(t.Context(), app.Actor{Person: &event.Person{ID: "x"}, Inbound: "x"}, app.NewEvent{Title: "Kedua", Start: o.clock.Now().Add(50 * 24 * time.Hour), Place: "Cibinong"})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Repeat("Barang yang namanya sangat panjang sekali sampai tidak muat | 1000 lembar | budi | Kecamatan\n", 30)
	for _, text := range []string{" 8.40 tambah " + lines, " 8.40", " 8.40 centang", " 8.40 centang 1,2,3,4,5,6,7,8,9,10,11,12", " 8.40 serah budi", " libur 2026-12-31 | " + strings.Repeat("Cuti bersama ", 9), " semua", ""} {
		o.says("rina", "/tugas "+e.ID+text)
	}
}

// TestTaskEventNamed: with two events the command asks which, or takes the
// code in front.
func TestTaskEventNamed(t *testing.T) {
	t.Parallel()
	o := newTaskOffice(t)
	o.has(o.says("rina", "/acara baru Kedua | 2027-02-14 08:00 | Cibinong"), "EMK-2027B")
	o.has(o.says("rina", "/tugas 5 ambil"), "Yang mana?")
	o.has(o.says("rina", "EMK-2027B"), "penanggung jawab kini *Rina*")
	o.has(o.says("budi", "/selesai EMK-2027B 5"), "sudah *selesai*")
	if k := o.stored("5"); k.Version != 0 {
		t.Errorf("the other event's task was changed: %+v", k)
	}
}
