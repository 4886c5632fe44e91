package scheduler_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/event"
)

// The life's dates. The event is on a Thursday.
var (
	lifeStart   = wib(2026, 11, 15, 8, 0) // H-60
	lifeEvent   = wib(2027, 1, 14, 8, 0)
	lifeInvite  = wib(2026, 11, 30, 9, 0) // H-45
	lifeH40     = wib(2026, 12, 5, 9, 0)
	lifeH14     = wib(2027, 1, 1, 10, 0) // 31 December, when the program was down for a day
	lifeH7      = wib(2027, 1, 7, 9, 0)
	lifeEve     = wib(2027, 1, 13, 9, 0)
	lifeSurvey  = wib(2027, 1, 15, 9, 0) // H+1
	lifeDownAt  = wib(2026, 12, 31, 8, 0)
	lifeAfter   = wib(2027, 1, 15, 12, 0) // H+1
	lifeRefused = 20                      // strangers until WhatsApp's 463
)

// Kinds of messages, by words that stand in no other one.
var lifeKinds = []struct{ kind, words string }{
	{"undangan", "kami mengundang ke"},
	{"H-40 tanya", "hari lagi kami menyelenggarakan"},
	{"H-40 terima kasih", "sudah menyatakan hadir di"},
	{"H-14 tanya", "kami masih menunggu kabar"},
	{"H-14 kepastian", "apakah sudah ada kepastian"},
	{"H-14 masih bisa", ". Masih bisa hadir"},
	{"H-14 masih bisa", "masih dapat mewakili?"},
	{"H-14 masih bisa", "masih dapat diwakilkan?"},
	{"H-7 terakhir", "Setelah ini kami tidak mengirim pengingat lagi"},
	{"H-7 persiapan", "Mohon datang 30 menit lebih awal"},
	{"H-1", "Sampai jumpa besok"},
	{"H-1", "sampai jumpa besok"}, // to who comes in somebody's place
	{"H-1", "berlangsung besok"},  // to who is represented
	{"H+1 survei", "Mohon bantu kami dengan"},
}

const lifeAnswer = "jawaban bot"

func lifeKind(text string) string {
	for _, k := range lifeKinds {
		if strings.Contains(text, k.words) {
			return k.kind
		}
	}
	return lifeAnswer
}

// What guests write in their own words, and what they mean by it.
var lifeWords = map[event.Answer][]string{
	event.Yes:       {"hadir pak, berdua", "insya Allah hadir bu", "siap datang, 3 orang", "kami pasti datang", "Alhamdulillah bisa hadir 🙏"},
	event.Maybe:     {"belum tahu, nanti saya kabari", "masih belum pasti pak", "lihat nanti ya"},
	event.No:        {"maaf tidak bisa hadir", "mohon maaf kami berhalangan hadir", "ga bisa datang pak, ada hajatan"},
	event.Delegated: {"diwakilkan ke Bu Ani", "saya diwakili oleh Pak Rudi"},
}

// lifeReply is one thing that a guest says. Stop: they want no more.
type lifeReply struct {
	at     time.Time
	text   string
	answer event.Answer
	stop   bool
}

// lifeGuest is a guest as this test knows them, apart from the program.
type lifeGuest struct {
	*event.Participation
	via     channel.Name // "": no network reaches them
	cold    bool         // a stranger on WhatsApp at first
	absent  bool         // whose number has no account
	entered bool         // registered before anybody was invited
	replies []lifeReply
	got     []lifeSeen
}

// lifeSeen is a message as somebody got it.
type lifeSeen struct {
	at   time.Time
	kind string
	on   channel.Name
}

type life struct {
	*bureau
	rand   *rand.Rand
	guests []*lifeGuest
	byChat map[channel.Chat]*lifeGuest
	seen   map[channel.Name]int
	lines  map[string]int // of the timeline, by time and words
	down   bool
}

// TestLifeOfAnEvent plays an event from H-60 to H+1 with 300 guests on three
// networks, restarts at random moments and a day of downtime, and compares what
// each of them got with the table of issue 3, worked out here from what they
// answered and when.
func TestLifeOfAnEvent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var wa channeltest.WhatsAppOptions
		wa.Limit, wa.Lock, wa.Announce = lifeRefused, 30*time.Hour, true
		for _, n := range []int{3, 17, 29} {
			wa.Absent = append(wa.Absent, phone(1000+n))
		}
		l := &life{
			bureau: newBureau(t, lifeStart, wa), rand: rand.New(rand.NewPCG(2027, 1)),
			byChat: map[channel.Chat]*lifeGuest{}, seen: map[channel.Name]int{}, lines: map[string]int{},
		}
		defer func() { l.stop() }()
		lead, second := l.lead()
		l.newEvent(lead, lifeEvent)
		l.populate(wa.Absent)
		l.settle()
		b := l.invite(lead, second, lifeInvite)
		l.play()
		for _, g := range l.guests {
			l.check(g)
		}
		l.checkStrangers()
		if b, err := l.app.Broadcast(t.Context(), b.ID); err != nil || !b.Queued {
			t.Errorf("broadcast: %+v, %v", b, err)
		}
		l.golden()
	})
}

// populate makes the guests: 110 on Telegram (five of them officials, and ten
// who registered by themselves at H-60), 110 on
// WhatsApp (40 of them strangers), 70 by e-mail, and 10 with a land line.
func (l *life) populate(absent []string) {
	l.t.Helper()
	for n := range 300 {
		g := &lifeGuest{}
		id := fmt.Sprintf("%03d", n)
		g.Participation = l.guest(id, func(p *event.Participation, person *event.Person) {
			p.Audience = event.UKM
			chat := channel.Chat{}
			switch {
			case n < 110:
				g.via, chat = channel.Telegram, channel.Chat{Channel: channel.Telegram, ID: "9" + id}
				if n < 5 {
					p.Audience = event.Official
				}
			case n < 180:
				p.Phone = phone(n)
				g.via, chat = channel.WhatsApp, l.wa.Wrote(p.Phone, "", "").Chat
			case n < 220:
				p.Phone = phone(1000 + n - 180)
				g.via, g.cold, g.absent = channel.WhatsApp, true, slices.Contains(absent, p.Phone)
				if n%8 == 0 {
					p.Email = "tamu" + id + "@contoh.id"
				}
				l.byChat[l.wa.Chat(p.Phone)] = g
			case n < 290:
				g.via, p.Email = channel.Email, "tamu"+id+"@contoh.id"
			default:
				p.Phone = fmt.Sprintf("+622518%06d", n)
			}
			if !chat.IsZero() {
				person.Accounts = []event.Account{{Key: event.AccountKey(string(chat.Channel), chat.ID), Chat: chat.String()}}
				l.byChat[chat] = g
			}
			if p.Email != "" {
				l.byChat[channel.Chat{Channel: channel.Email, ID: p.Email}] = g
			}
		})
		if n >= 100 && n < 110 {
			l.enter(g)
		} else {
			l.decide(g)
		}
		l.guests = append(l.guests, g)
	}
}

// enter lets somebody register before they are invited.
func (l *life) enter(g *lifeGuest) {
	l.t.Helper()
	person, err := l.store.People().Get(l.t.Context(), g.PersonID)
	l.must(err)
	_, err = l.app.Submit(l.t.Context(), l.by(person), &event.Draft{
		ID: "draft-" + g.PersonID, EventID: l.event.ID, Audience: event.UKM, Form: 1,
		Answers: map[string]string{event.KeyName: "Usaha " + g.Name, event.KeyLocation: "Cibinong/Karadenan", event.KeyBooth: event.BoothPlain},
	})
	l.must(err)
	g.entered = true
	g.replies = []lifeReply{{at: l.clock.Now(), answer: event.Yes}}
}

// decide is what a guest will say, and when: nothing, once, or a change of
// mind.
func (l *life) decide(g *lifeGuest) {
	if g.via == "" || g.absent || g.Audience == event.Official {
		return
	}
	answers := []event.Answer{event.Yes, event.Yes, event.Maybe, event.No, event.Delegated}
	for range []int{0, 0, 1, 1, 1, 1, 2, 2}[l.rand.IntN(8)] {
		// Strangers, who may be invited as late as H-41, answer from H-39 on.
		from, days := lifeInvite, 44
		if g.cold {
			from, days = lifeH40.AddDate(0, 0, 1), 38
		}
		at := event.Midnight(from.AddDate(0, 0, l.rand.IntN(days))).Add(10*time.Hour + time.Duration(l.rand.IntN(8*3600))*time.Second)
		a := answers[l.rand.IntN(len(answers))]
		r := lifeReply{at: at, answer: a, text: lifeWords[a][l.rand.IntN(len(lifeWords[a]))]}
		if l.rand.IntN(15) == 0 && g.via != channel.Email {
			r = lifeReply{at: at, text: "STOP", stop: true}
		}
		g.replies = append(g.replies, r)
	}
	slices.SortFunc(g.replies, func(a, b lifeReply) int { return a.at.Compare(b.at) })
	for i, r := range g.replies {
		if r.stop {
			g.replies = g.replies[:i+1]
			break
		}
	}
}

// play lets the time pass.
func (l *life) play() {
	l.t.Helper()
	type said struct {
		g *lifeGuest
		lifeReply
	}
	var all []said
	for _, g := range l.guests {
		for _, r := range g.replies {
			if r.text != "" {
				all = append(all, said{g, r})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b said) int { return a.at.Compare(b.at) })
	for _, s := range all {
		l.to(s.at)
		l.say(s.g, s.lifeReply)
	}
	l.to(lifeAfter)
}

// to passes to a moment, with restarts now and then, and the downtime.
func (l *life) to(at time.Time) {
	l.t.Helper()
	if !l.down && at.After(lifeDownAt) && l.clock.Now().Before(lifeH14) {
		if l.clock.Now().Before(lifeDownAt) {
			l.pass(lifeDownAt)
			l.stop()
			l.down = true
			l.note("--- program mati ---", 1)
		}
	}
	if l.down {
		if at.Before(lifeH14) {
			l.clock.Set(at)
			return
		}
		l.clock.Set(lifeH14)
		l.open()
		l.down = false
		l.note("--- program hidup lagi ---", 1)
		l.rest()
	}
	l.pass(at)
}

func (l *life) pass(to time.Time) {
	l.t.Helper()
	for l.clock.Now().Before(to) {
		next, err := l.plan.NextStop(l.t.Context(), l.clock.Now(), to)
		l.must(err)
		l.clock.Set(next)
		if l.rand.IntN(12) == 0 {
			l.must(l.plan.Tick(l.t.Context()))
			time.Sleep(time.Duration(l.rand.IntN(3)) * time.Millisecond)
			l.restart() // whatever is on its way
			l.note("(program dimulai ulang)", 0)
		}
		l.rest()
	}
}

// rest lets the program do what is due, and everybody read what they got.
func (l *life) rest() {
	l.t.Helper()
	synctest.Wait() // what the networks held has come in
	l.settle()
	for _, ch := range []*channeltest.Fake{l.tg, l.wa.Fake, l.mail} {
		sent := ch.Sent()
		for _, s := range sent[l.seen[ch.Name()]:] {
			l.arrived(s)
		}
		l.seen[ch.Name()] = len(sent)
	}
	var err error
	l.acked, err = l.wa.Acknowledge(l.t.Context(), l.acked, func(s channeltest.Sent) bool { return len(s.ID)%2 == 0 })
	l.must(err)
}

func (l *life) arrived(s channeltest.Sent) {
	text := s.Plain()
	if g := l.byChat[s.Chat]; g != nil {
		kind := lifeKind(text)
		g.got = append(g.got, lifeSeen{l.clock.Now(), kind, s.Chat.Channel})
		l.note(kind+", "+string(s.Chat.Channel), 1)
		return
	}
	first, _, _ := strings.Cut(text, "\n")
	if s.Message.Edit != "" || strings.Contains(text, "undangan") && strings.Contains(text, "%") {
		return // the board is edited as it goes
	}
	l.note("tim: "+first, 0)
}

// note counts a line of the timeline; 0: it is told, not counted.
func (l *life) note(line string, n int) {
	now := l.clock.Now().In(event.Jakarta)
	days := int(event.Midnight(lifeEvent).Sub(event.Midnight(now)).Hours() / 24)
	h := fmt.Sprintf("H-%d", days)
	if days < 0 {
		h = fmt.Sprintf("H+%d", -days)
	}
	key := fmt.Sprintf("%s %-5s %s  %s", now.Format(time.DateOnly), h, now.Format("15.04"), line)
	if strings.HasPrefix(line, lifeAnswer) { // the whole day together
		key = fmt.Sprintf("%s %-5s %s  %s", now.Format(time.DateOnly), h, "sehari", line)
	}
	l.lines[key] += n
}

// say lets a guest write; while the program is down the network keeps it. What
// comes by e-mail the team enters.
func (l *life) say(g *lifeGuest, r lifeReply) {
	l.t.Helper()
	var in channel.Inbound
	switch g.via {
	case channel.Telegram:
		chat := channel.Chat{Channel: channel.Telegram, ID: "9" + strings.TrimPrefix(g.PersonID, "guest:")}
		in = channel.Inbound{Chat: chat, Sender: channel.Sender{ID: chat.ID, Name: g.Name}, Text: r.text}
		l.tg.Queue(in)
	case channel.WhatsApp:
		in = l.wa.Wrote(g.Phone, g.Name, r.text)
		l.wa.Queue(in)
	default:
		if l.down {
			return // nobody can enter it now; see check
		}
		by := l.by(&event.Person{ID: "telegram:rina", Name: "rina"})
		_, err := l.app.Answer(l.t.Context(), by, g.ID, event.Reply{Answer: r.answer, Source: "surat", By: "telegram:rina"})
		l.must(err)
	}
	if !l.down {
		l.rest()
	}
}

// check compares what a guest got with the table.
func (l *life) check(g *lifeGuest) {
	l.t.Helper()
	now := l.reload(g.Participation)
	var got []string
	answers := 0
	invited := time.Time{}
	for _, s := range g.got {
		if s.kind == lifeAnswer {
			answers++
			continue
		}
		if s.kind == "undangan" {
			invited = s.at
		}
		got = append(got, s.kind)
	}
	want := g.expected(invited)
	if !slices.Equal(got, want) {
		l.t.Errorf("%s (%s, stranger %t, said %s) got %q, the table says %q", g.Name, g.via, g.cold, g.story(), got, want)
	}
	said := 0
	if g.via != channel.Email && !g.entered {
		said = len(g.replies)
	}
	if answers != said {
		l.t.Errorf("%s (%s, said %s) was answered %d times, not %d: %+v", g.Name, g.via, g.story(), answers, said, g.got)
	}
	a, stopped := g.answerAt(lifeAfter)
	if !stopped && now.Reply.Answer != a {
		l.t.Errorf("%s said %s and is down as %q", g.Name, g.story(), now.Reply.Answer)
	}
	if slices.Contains(got, "H-7 terakhir") && now.Call == event.NoCall && !stopped {
		l.t.Errorf("%s was asked for the last time and is not on the call list", g.Name)
	}
	if stopped && now.Call == event.CallDue {
		l.t.Errorf("%s asked to be left alone and is on the call list", g.Name)
	}
}

func (g *lifeGuest) story() string {
	var out []string
	for _, r := range g.replies {
		out = append(out, r.at.In(event.Jakarta).Format("02/01 15.04 ")+r.text)
	}
	return strings.Join(out, "; ")
}

// heard is when the office knows of a reply: what is written while the program
// is down it reads when it is up again, and what comes by letter then is lost
// here (nobody could enter it).
func (g *lifeGuest) heard(r lifeReply) (at time.Time, ok bool) {
	if r.at.After(lifeDownAt) && r.at.Before(lifeH14) {
		return lifeH14, g.via != channel.Email
	}
	return r.at, true
}

// answerAt is what the office knows of a guest at a moment.
func (g *lifeGuest) answerAt(at time.Time) (a event.Answer, stopped bool) {
	for _, r := range g.replies {
		if h, ok := g.heard(r); ok && !h.After(at) {
			if r.stop {
				return a, true
			}
			a = r.answer
		}
	}
	return a, false
}

// expected is the table of issue 3.
func (g *lifeGuest) expected(invited time.Time) (want []string) {
	if g.via == "" || g.Audience == event.Official || g.absent && g.Email == "" {
		return nil // the call list, the liaison
	}
	thanks := ""
	if g.entered {
		thanks = "H-40 terima kasih" // more than ten days later
	} else if invited.IsZero() { // refused as a stranger: the call list, and whoever then writes counts from there
		if !g.cold || g.Email != "" || len(g.replies) == 0 {
			return nil
		}
		invited, _ = g.heard(g.replies[0])
	} else {
		want = append(want, "undangan")
	}
	for _, stage := range []struct {
		at                 time.Time
		silent, maybe, yes string
	}{
		{lifeH40, "H-40 tanya", "", thanks}, // whoever has answered an invitation did so within ten days
		{lifeH14, "H-14 tanya", "H-14 kepastian", "H-14 masih bisa"},
		{lifeH7, "H-7 terakhir", "H-7 terakhir", "H-7 persiapan"},
		{lifeEve, "", "", "H-1"},
		{lifeSurvey, "", "", "H+1 survei"},
	} {
		answer, stopped := g.answerAt(stage.at)
		if stopped {
			break
		}
		written := slices.ContainsFunc(g.replies, func(r lifeReply) bool { h, ok := g.heard(r); return ok && !h.After(stage.at) })
		if g.cold && g.Email == "" && !written {
			continue // a stranger is never reminded
		}
		if stage.at.Sub(invited) < 48*time.Hour && stage.at != lifeEve {
			continue
		}
		kind := map[event.Answer]string{event.Silent: stage.silent, event.Maybe: stage.maybe, event.Yes: stage.yes, event.Delegated: stage.yes}[answer]
		if kind != "" {
			want = append(want, kind)
		}
	}
	return want
}

// checkStrangers: at most a day's budget, in office hours, none after the 463
// until its end, and one 463 in all.
func (l *life) checkStrangers() {
	l.t.Helper()
	days := map[string]int{}
	refused := l.wa.Refusals()
	if len(refused) != 1 {
		l.t.Errorf("refused %d times: %+v", len(refused), refused)
		return
	}
	for _, g := range l.guests {
		for _, s := range g.got {
			if !g.cold || s.kind != "undangan" || s.on != channel.WhatsApp {
				continue
			}
			days[s.at.In(event.Jakarta).Format(time.DateOnly)]++
			if !event.InOfficeHours(s.at) || s.at.After(refused[0].At) && s.at.Before(refused[0].At.Add(30*time.Hour)) {
				l.t.Errorf("%s was written to at %s", g.Name, s.at.In(event.Jakarta))
			}
		}
	}
	for day, n := range days {
		if n > event.DefaultColdBudget {
			l.t.Errorf("%d strangers on %s", n, day)
		}
	}
	if len(l.wa.Strangers()) <= lifeRefused {
		l.t.Errorf("%d strangers: none after the restriction", len(l.wa.Strangers()))
	}
}

// golden keeps the timeline readable.
func (l *life) golden() {
	l.t.Helper()
	var keys []string
	for key := range l.lines {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Compare(a, b) })
	var out strings.Builder
	for _, key := range keys {
		if n := l.lines[key]; n > 0 && !strings.Contains(key, "---") {
			fmt.Fprintf(&out, "%s: %d\n", key, n)
		} else {
			fmt.Fprintln(&out, key)
		}
	}
	file := filepath.Join("testdata", "life.golden")
	if *update {
		l.must(os.MkdirAll("testdata", 0o755))
		l.must(os.WriteFile(file, []byte(out.String()), 0o644))
	}
	want, err := os.ReadFile(file)
	l.must(err)
	if string(want) != out.String() {
		a, b := strings.Split(string(want), "\n"), strings.Split(out.String(), "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				l.t.Errorf("the timeline changed in line %d (run with -update and read the difference):\n%s\n%s", i+1, a[i], b[i])
				return
			}
		}
		l.t.Errorf("the timeline has %d lines, not %d (run with -update)", len(b), len(a))
	}
}
