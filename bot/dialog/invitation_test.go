package dialog

import (
	"net/url"
	"strings"
	"testing"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
)

// networks has links on these channels, each of its own kind.
type networks struct {
	Network
	links map[channel.Name]string
}

func (n networks) DeepLink(name channel.Name, payload string) string {
	if n.links[name] == "" {
		return ""
	}
	return n.links[name] + payload
}

// A link is on the network on which it is read. What goes to people of whom we
// do not know it, or is sent from a member's own WhatsApp, opens WhatsApp.
func TestLinksOpenTheNetworkOfTheReader(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	g := &event.Participation{Name: "Siti", Phone: "+6281234567890", Code: "kodesiti", Audience: event.UKM}
	e := &event.Event{Title: "E-MILE KU", Place: "Cibinong"}
	const wa, tg = "https://wa.me/1?text=", "https://t.me/bot?start="
	for _, c := range []struct {
		links            map[channel.Name]string
		chat, mail, call string
	}{
		{map[channel.Name]string{channel.WhatsApp: wa, channel.Telegram: tg}, tg, wa, wa},
		{map[channel.Name]string{channel.Telegram: tg}, tg, tg, tg},
		{map[channel.Name]string{channel.WhatsApp: wa}, wa, wa, wa},
	} {
		o.desk.net = networks{o.net, c.links}
		for via, want := range map[channel.Name]string{channel.Telegram: c.chat, channel.Email: c.mail, "": c.mail} {
			m, err := o.desk.inviteOutbound("Yth. {sapaan}\n{tautan}", e, g, via, channel.Capabilities{Buttons: true})
			if err != nil || !strings.Contains(m.Text, want) || strings.Count(m.Text, "kodesiti") != 1 {
				t.Errorf("%v by %q: %v\n%s", c.links, via, err, m.Text)
			}
		}
		link, err := o.desk.callLink(t.Context(), "{sapaan}: {tautan}", e, g)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(link)
		if err != nil || !strings.HasSuffix(u.Query().Get("text"), ": "+c.call+"u_kodesiti") {
			t.Errorf("%v: the call list opens %s", c.links, link)
		}
		if got := o.desk.printedLink("daftar"); got != c.mail+"daftar" {
			t.Errorf("%v: a letter opens %s", c.links, got)
		}
		if ways := o.desk.waysIn("daftar"); len(ways) != len(c.links) {
			t.Errorf("%v: %v", c.links, ways)
		}
		// The poster is drawn with as many codes, and says what to press there.
		if _, err := o.desk.poster(&event.Event{Title: "E-MILE KU", Start: o.clock.Now()}, event.UKM, o.desk.waysIn("daftar")); err != nil {
			t.Error(err)
		}
	}
}
