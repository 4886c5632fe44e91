package webchat

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/diskopukm/emileku/bot/browsertest"
	"github.com/diskopukm/emileku/bot/channel"
)

var wide = look{width: 1600, height: 900}

func TestBrowserTalk(t *testing.T) {
	c, s, _ := practice(t)
	b := open(t, c.Handler(), wide)
	b.picture(t, "empty")

	// Buttons: pressing one changes the message.
	b.do(t, chromedp.Click(`#pane-0 .starts button`))
	b.sees(t, 0, "Apa bidang usaha Ibu?")
	b.do(t, chromedp.Click(`#pane-0 .choice[data-value="fesyen"]`))
	b.sees(t, 0, "Anda memilih fesyen.")
	if bold := eval[string](t, b, `document.querySelector("#pane-0 .bot strong").textContent`); bold != "fesyen" {
		t.Errorf("bold is %q", bold)
	}
	b.write(t, 0, "<img src=x onerror=alert(1)> *bukan tebal*")
	b.sees(t, 0, "Anda menulis: <img src=x onerror=alert(1)>")
	b.write(t, 0, "daftar")
	b.until(t, `document.querySelectorAll("#pane-0 .choices").length === 1`)

	// A picture is shown and opens; a file is offered under its name.
	b.write(t, 1, "tiket")
	b.until(t, `document.querySelector("#pane-1 .photo img")?.naturalWidth === 640`)
	b.sees(t, 1, "emile-ku.ics")
	b.do(t, chromedp.Click(`#pane-1 .photo`))
	b.until(t, `document.getElementById("viewer").open && document.getElementById("viewer-image").naturalWidth === 640`)
	b.picture(t, "viewer")
	b.do(t, browsertest.Press("Escape", 27))
	b.until(t, `!document.getElementById("viewer").open`)
	b.do(t, chromedp.Evaluate[chromedp.Void](`fetch(document.querySelector("#pane-1 .filecard").href).then(async r => { window.got = r.headers.get("content-disposition") + " " + await r.text() })`))
	b.until(t, `window.got`)
	if got := eval[string](t, b, `window.got`); !strings.HasPrefix(got, "attachment; filename=emile-ku.ics BEGIN:VCALENDAR") {
		t.Errorf("the file came as %q", got)
	}

	// The own number goes by one press, and the offer is gone after it.
	b.write(t, 2, "nomor")
	b.until(t, `document.querySelector("#pane-2 .keys:not([hidden]) .key")?.textContent === "Bagikan nomor saya"`)
	b.picture(t, "wide")
	b.do(t, chromedp.Click(`#pane-2 .key`))
	b.sees(t, 2, "Nomor 0857 5555 6666 dicatat.")
	b.until(t, `document.querySelector("#pane-2 .keys").hidden`)

	// What the bot cannot read is shown and reaches it as such.
	for _, label := range []string{"Stiker", "Pesan suara", "Lokasi contoh"} {
		b.do(t, chromedp.Click(`#pane-2 .attach`))
		b.do(t, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`[...document.querySelectorAll("#pane-2 .attach-menu button")].find(x => x.textContent === %q).click()`, label)))
	}
	s.wait(t, func(got []channel.Inbound, _ []channel.Receipt) bool {
		kinds := ""
		for _, in := range got {
			kinds += string(in.Kind) + " "
		}
		return strings.Contains(kinds, "sticker voice place")
	})
	b.picture(t, "kinds")
}

func TestBrowserFiles(t *testing.T) {
	c, s, _ := practice(t)
	b := open(t, c.Handler(), look{width: 1000, height: 700})
	photo := filepath.Join(t.TempDir(), "keripik.png")
	if err := os.WriteFile(photo, ticket(), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, as := range []channel.Kind{channel.Photo, channel.Document} {
		b.do(t, chromedp.SetUploadFiles(`#pane-0 input[type=file]`, []string{photo}))
		b.until(t, `!document.querySelector("#pane-0 .extra").hidden`)
		if as == channel.Document {
			b.do(t, chromedp.Click(`#pane-0 .extra input[type=checkbox]`))
		} else {
			b.picture(t, "attached")
		}
		b.write(t, 0, "Produk kami")
		b.until(t, fmt.Sprintf(`document.querySelectorAll("#pane-0 .bot").length === %d`, i+1))
		s.wait(t, func(got []channel.Inbound, _ []channel.Receipt) bool {
			return len(got) > i && got[i].Kind == as && got[i].Text == "Produk kami" && got[i].Media.Name == "keripik.png"
		})
	}
	b.until(t, `document.querySelector("#pane-0 .own .photo img")?.naturalWidth === 640`)
	b.until(t, `document.querySelector("#pane-0 .bot .quoted")?.textContent.includes("Produk kami")`)
}

// A phone that is out of sight keeps its count until somebody goes there; a
// deep link asks who opens it.
func TestBrowserMiddle(t *testing.T) {
	c, s, _ := practice(t)
	b := open(t, c.Handler(), look{width: 1024, height: 720})
	b.until(t, `document.body.classList.contains("strip") && !document.querySelector("#tab-4").classList.contains("seen") && document.querySelector("#tab-0").classList.contains("seen")`)
	if _, err := c.Send(t.Context(), chatOf("tim"), "", channel.Outbound{Text: "Buka " + eval[string](t, b, "location.origin") + "/?start=tim-7 ya."}); err != nil {
		t.Fatal(err)
	}
	b.until(t, `document.querySelector("#tab-4 .badge").textContent === "1"`)
	b.picture(t, "strip")
	b.do(t, chromedp.Click("#tab-4"))
	b.until(t, `document.querySelector("#tab-4 .badge").hidden && document.activeElement === document.querySelector("#pane-4 textarea")`)
	b.do(t, chromedp.Click("#pane-4 .text a"))
	b.until(t, `document.getElementById("open-dialog").open`)
	b.picture(t, "link")
	b.do(t, chromedp.Click("#open-people button:nth-child(3)"))
	s.wait(t, func(got []channel.Inbound, _ []channel.Receipt) bool {
		return len(got) == 1 && got[0].Text == "/start tim-7" && got[0].Sender.ID == "tamu"
	})
}

func TestBrowserGroup(t *testing.T) {
	c, s, _ := practice(t)
	b := open(t, c.Handler(), wide)
	b.write(t, 4, "selamat pagi semua")
	b.do(t, chromedp.Evaluate[chromedp.Void](`{const s = document.querySelector("#pane-4 select"); s.value = "ukm"; s.dispatchEvent(new Event("change"))}`))
	b.write(t, 4, "/rekap@emileku hari ini")
	b.sees(t, 4, "Anda menulis: /rekap hari ini")
	b.do(t, chromedp.Evaluate[chromedp.Void](`document.querySelector('#pane-4 .bot [aria-label="Balas pesan ini"]').click()`))
	b.write(t, 4, "terima kasih")
	b.sees(t, 4, "Anda menulis: terima kasih")
	s.wait(t, func(got []channel.Inbound, _ []channel.Receipt) bool {
		if len(got) < 3 {
			return false
		}
		for i, want := range []struct {
			sender    string
			addressed bool
		}{{"ketua", false}, {"ukm", true}, {"ukm", true}} {
			if got[i].Sender.ID != want.sender || got[i].Addressed != want.addressed || !got[i].Group || got[i].ChatTitle != "Tim E-MILE KU 2027" {
				t.Errorf("message %d came as %+v", i, got[i])
			}
		}
		return got[2].ReplyTo != nil && got[2].ReplyTo.FromBot
	})
	// The one who speaks now is on the right, the other on the left with a name.
	own := eval[string](t, b, `[...document.querySelectorAll("#pane-4 .own")].map(x => x.dataset.from).join()`)
	names := eval[string](t, b, `[...document.querySelectorAll("#pane-4 .sender")].filter(x => x.offsetHeight).map(x => x.textContent).join("; ")`)
	if own != "ukm,ukm" || !strings.Contains(names, "Ir. Budi Santoso") {
		t.Errorf("own are %q, names %q", own, names)
	}
	b.picture(t, "group")
}

func TestBrowserPhone(t *testing.T) {
	c, s, _ := practice(t)
	b := open(t, c.Handler(), look{width: 360, height: 740})
	if n := eval[int](t, b, `[...document.querySelectorAll(".pane")].filter(p => p.offsetWidth).length`); n != 1 {
		t.Errorf("%d phones show at once", n)
	}
	b.write(t, 0, "daftar")
	b.sees(t, 0, "Apa bidang usaha Ibu?")
	b.picture(t, "talk")
	for _, text := range []string{"Undangan untuk Ibu.", "Apakah Ibu hadir?"} {
		if _, err := c.Send(t.Context(), chatOf("tamu"), "", channel.Outbound{Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	b.until(t, `document.querySelector("#tab-2 .badge").textContent === "2" && document.title.startsWith("(2) ")`)
	if name := eval[string](t, b, `document.getElementById("tab-2").ariaLabel`); name != "Euis Kartika, 2 pesan belum dibaca" {
		t.Errorf("the tab is called %q", name)
	}
	b.picture(t, "unread")

	// Arrow keys go from tab to tab; what is seen there is read.
	b.do(t, chromedp.Focus("#tab-0"), browsertest.Press("ArrowRight", 39), browsertest.Press("ArrowRight", 39))
	b.until(t, `document.activeElement.id === "tab-2" && document.activeElement.ariaSelected === "true" && document.getElementById("pane-2").offsetWidth > 0`)
	b.until(t, `document.querySelector("#tab-2 .badge").hidden`)
	s.wait(t, func(_ []channel.Inbound, receipts []channel.Receipt) bool {
		n := 0
		for _, r := range receipts {
			if r.Chat == chatOf("tamu") && r.State == channel.Read {
				n++
			}
		}
		return n == 2
	})
	b.do(t, chromedp.Click("#now-toggle"))
	b.until(t, `document.getElementById("clock-controls").offsetHeight > 0`)
	b.picture(t, "clock")
	b.do(t, browsertest.Press("Escape", 27), chromedp.Click("#now-toggle"))
	for width := range 5 {
		b.do(t, chromedp.EmulateViewport(int64(320+40*width), 740))
		for i := range 5 {
			b.do(t, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.getElementById("tab-%d").click()`, i)))
			if over := eval[int](t, b, `Math.max(document.documentElement.scrollWidth, document.querySelector(".pane:not([hidden])").scrollWidth) - innerWidth`); over > 0 {
				b.picture(t, "overflow")
				t.Errorf("at %d px tab %d is %d px too wide", 320+40*width, i, over)
			}
		}
	}
}

func TestBrowserKeyboard(t *testing.T) {
	c, s, _ := practice(t)
	for scope, list := range map[channel.MenuScope][]channel.Command{
		{}:                      {{Name: "daftar", Description: "Mendaftar acara"}, {Name: "status", Description: "Lihat pendaftaran"}},
		{Chat: chatOf("ketua")}: {{Name: "rekap", Description: "Angka pendaftaran"}},
	} {
		if err := c.SetCommands(t.Context(), scope, list); err != nil {
			t.Fatal(err)
		}
	}
	b := open(t, c.Handler(), wide)
	tab, down, f6 := browsertest.Press("Tab", 9), browsertest.Press("ArrowDown", 40), browsertest.Press("F6", 117)

	b.do(t, tab)
	b.until(t, `document.activeElement.className === "skip"`)
	b.do(t, enter(), f6)
	b.until(t, `document.activeElement === document.querySelector("#pane-0 textarea")`)
	b.do(t, chromedp.KeyEvent("/"))
	b.until(t, `document.querySelectorAll("#suggest-0 [role=option]").length === 2`)
	b.picture(t, "suggest")
	b.do(t, down)
	b.until(t, `document.getElementById(document.activeElement.getAttribute("aria-activedescendant")).textContent.startsWith("/status")`)
	b.do(t, enter())
	b.until(t, `document.activeElement.value === "/status "`)
	b.do(t, enter())
	b.sees(t, 0, "Anda menulis: /status")

	b.do(t, chromedp.KeyEvent("baris satu"), newLine(), chromedp.KeyEvent("baris dua"), enter())
	s.wait(t, func(got []channel.Inbound, _ []channel.Receipt) bool {
		return len(got) == 2 && got[1].Text == "baris satu\nbaris dua"
	})
	b.sees(t, 0, "Anda menulis: baris satu")

	// A button by keyboard alone: up into the messages, Tab to the first button.
	b.do(t, chromedp.KeyEvent("daftar"), enter())
	b.sees(t, 0, "Apa bidang usaha Ibu?")
	b.do(t, chromedp.Focus("#pane-0 .log"), browsertest.Press("ArrowUp", 38))
	b.until(t, `document.activeElement.matches("#pane-0 .msg.bot:last-of-type, #pane-0 .msg.bot")`)
	b.do(t, tab) // reply
	b.until(t, `document.activeElement.getAttribute("aria-label") === "Balas pesan ini"`)
	b.do(t, tab)
	b.until(t, `document.activeElement.dataset.value === "kuliner"`)
	b.do(t, chromedp.KeyEvent(" "))
	b.sees(t, 0, "Anda memilih kuliner.")
	b.until(t, `document.activeElement.closest("#pane-0 .msg.bot")`) // focus is not lost with the button

	// The lead's own menu wins; Escape closes it.
	b.do(t, f6, f6, f6, f6)
	b.until(t, `document.activeElement === document.querySelector("#pane-4 textarea") || document.activeElement === document.querySelector("#pane-3 textarea")`)
	b.do(t, chromedp.Focus("#pane-3 textarea"), chromedp.KeyEvent("/"))
	b.until(t, `document.querySelector("#suggest-3").textContent.startsWith("/rekap") && document.querySelectorAll("#suggest-3 li").length === 1`)
	b.do(t, browsertest.Press("Escape", 27))
	b.until(t, `document.querySelector("#suggest-3").hidden`)
}

func TestBrowserReconnect(t *testing.T) {
	c, s, _ := practice(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	serve := func(l net.Listener) *httptest.Server {
		srv := &httptest.Server{Listener: l, Config: &http.Server{Handler: c.Handler(), ReadHeaderTimeout: time.Second}}
		srv.Start()
		t.Cleanup(func() { // also where there is no browser, and the test is skipped
			srv.CloseClientConnections()
			srv.Close()
		})
		return srv
	}
	srv := serve(listener)
	b := openURL(t, "http://"+address, wide)
	b.write(t, 0, "sebelum putus")
	b.sees(t, 0, "Anda menulis: sebelum putus")

	srv.CloseClientConnections()
	srv.Close()
	b.until(t, `!document.getElementById("offline").hidden`)
	b.write(t, 0, "selagi putus")
	b.until(t, `document.querySelector("#pane-0 .failed")`)
	if _, err := c.Send(t.Context(), chatOf("ukm"), "", channel.Outbound{Text: "Kabar selagi putus."}); err != nil {
		t.Fatal(err)
	}
	b.do(t, chromedp.KeyEvent("belum selesai"))
	b.picture(t, "offline")

	if listener, err = net.Listen("tcp", address); err != nil {
		t.Fatal(err)
	}
	serve(listener)
	b.sees(t, 0, "Kabar selagi putus.")
	b.sees(t, 0, "Anda menulis: selagi putus")
	b.until(t, `document.getElementById("offline").hidden && !document.querySelector(".failed")`)
	texts := func() string {
		return eval[string](t, b, `[...document.querySelectorAll("#pane-0 .text")].map(x => x.textContent).sort().join("|")`)
	}
	want := "Anda menulis: sebelum putus|Anda menulis: selagi putus|Kabar selagi putus.|sebelum putus|selagi putus"
	if got := texts(); got != want {
		t.Errorf("after the line came back the chat is %q", got)
	}

	// A reload shows the same, and keeps what was half written.
	b.do(t, chromedp.Reload())
	b.sees(t, 0, "Anda menulis: selagi putus")
	if got := texts(); got != want {
		t.Errorf("after a reload the chat is %q", got)
	}
	if draft := eval[string](t, b, `document.querySelector("#pane-0 textarea").value`); draft != "belum selesai" {
		t.Errorf("the draft is %q", draft)
	}

	// A bot that cannot store: shown as failed, taken later, once.
	s.setRefuse(true)
	b.do(t, chromedp.Evaluate[chromedp.Void](`document.querySelector("#pane-1 .starts button").click()`))
	b.until(t, `document.querySelector("#pane-1 .failed")`)
	b.picture(t, "refused")
	s.setRefuse(false)
	b.sees(t, 1, "Apa bidang usaha Ibu?")
	b.until(t, `!document.querySelector("#pane-1 .failed") && document.querySelectorAll("#pane-1 .own").length === 1`)
}

func TestBrowserClock(t *testing.T) {
	c, _, ctl := practice(t)
	b := open(t, c.Handler(), wide)
	b.until(t, `document.getElementById("countdown").textContent === "H-46" && document.getElementById("now-day").textContent === "Minggu, 29 November 2026"`)
	b.write(t, 0, "sebelum maju")

	gate := make(chan struct{})
	ctl.mu.Lock()
	ctl.gate = gate
	ctl.mu.Unlock()
	b.do(t, chromedp.Click("#to-next"))
	b.until(t, `!document.getElementById("progress").hidden && document.getElementById("progress-bar").value > 0.4 && document.querySelectorAll(".controls [aria-disabled]").length === 5`)
	b.picture(t, "jump")
	b.do(t, chromedp.Click("#start-over"))
	if eval[bool](t, b, `document.getElementById("reset-dialog").open`) {
		t.Error("a disabled button worked")
	}
	close(gate)
	b.until(t, `document.getElementById("progress").hidden && document.getElementById("now-day").textContent === "Senin, 30 November 2026" && document.getElementById("countdown").textContent === "H-45"`)
	b.sees(t, 2, "Apakah Ibu hadir?")
	b.until(t, `document.querySelector("#to-next").hasAttribute("aria-disabled")`) // nothing is left

	b.do(t, chromedp.Click("#to-date"), chromedp.SetValue("#date-input", "2026-11-01T08:00"), chromedp.Click("#date-form [type=submit]"))
	b.until(t, `document.getElementById("date-words").textContent === "Minggu, 1 November 2026, pukul 08.00 WIB (H-74)"`)
	b.until(t, `document.getElementById("date-error").textContent.includes("setelah waktu latihan")`)
	b.picture(t, "date")
	b.do(t, chromedp.SetValue("#date-input", "2027-01-14T06:30"), chromedp.Click("#date-form [type=submit]"))
	b.until(t, `document.getElementById("countdown").textContent === "Hari H" && document.getElementById("now-time").textContent === "06.30 WIB"`)
	b.until(t, `document.querySelectorAll("#pane-2 .day").length === 2`)

	b.do(t, chromedp.Click("#show-status"))
	b.until(t, `document.getElementById("status-list").innerText.includes("perlu perhatian")`)
	b.picture(t, "status")
	b.do(t, chromedp.Click("#status-dialog [data-close]"))
	b.do(t, chromedp.Click("#start-over"))
	b.until(t, `document.getElementById("reset-dialog").open`)
	b.picture(t, "reset")
	b.do(t, chromedp.Click("#reset-form [type=submit]"))
	b.until(t, `document.querySelectorAll(".msg").length === 0 && document.getElementById("countdown").textContent === "H-46"`)
}

// audit finds what a screen reader or weak eyes would stumble over.
const audit = `(() => {
	const out = [];
	const shown = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
	const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
	ids.filter((id, i) => ids.indexOf(id) !== i).forEach((id) => out.push("id twice: " + id));
	const name = (e) => e.getAttribute("aria-label") || (e.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent || "").join("") ||
		[...(e.labels || [])].map((l) => l.textContent).join("") || (e.matches("button, a, [role=tab], [role=option]") ? e.textContent + [...e.querySelectorAll("[alt], [aria-label]")].map((x) => x.alt || x.ariaLabel).join("") : "");
	for (const e of document.querySelectorAll("button, a, input, select, textarea, dialog, [role=log], [role=tab], [role=tabpanel], [role=region], nav, section")) {
		if (!name(e).trim()) out.push("no name: " + e.outerHTML.slice(0, 120));
	}
	for (const e of document.querySelectorAll("[aria-controls], [aria-labelledby], [aria-describedby], label[for]")) {
		for (const a of ["aria-controls", "aria-labelledby", "aria-describedby", "for"]) {
			for (const id of (e.getAttribute(a) || "").split(" ").filter(Boolean)) if (!document.getElementById(id)) out.push(a + " points nowhere: " + id);
		}
	}
	document.querySelectorAll("img:not([alt])").forEach((e) => out.push("no alt: " + e.src));
	const heads = [...document.querySelectorAll("h1, h2, h3")].filter(shown).map((e) => e.tagName);
	if (heads.filter((h) => h === "H1").length !== 1) out.push("headings: " + heads);
	if (document.documentElement.lang !== "id") out.push("language: " + document.documentElement.lang);

	const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	const over = (css, under) => {
		canvas.fillStyle = "rgb(" + under.join(",") + ")"; canvas.fillRect(0, 0, 1, 1);
		canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
		return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
	};
	const ground = (e) => e ? over(getComputedStyle(e).backgroundColor, ground(e.parentElement)) : [255, 255, 255];
	const light = (c) => { const [r, g, b] = c.map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const e = texts.currentNode.parentElement;
		if (!texts.currentNode.data.trim() || !shown(e) || e.closest("[aria-disabled], .sr, template, noscript, .toast:not(.shown)")) continue;
		const bg = ground(e), fg = over(getComputedStyle(e).color, bg);
		const [a, b] = [light(fg), light(bg)].sort((x, y) => y - x);
		const ratio = (a + 0.05) / (b + 0.05);
		if (ratio < 4.5) out.push("contrast " + ratio.toFixed(2) + ": " + texts.currentNode.data.trim().slice(0, 40) + " (" + e.className + ")");
	}
	return [...new Set(out)];
})()`

func TestBrowserAccessible(t *testing.T) {
	for name, l := range map[string]look{
		"light": wide,
		"dark":  {width: 1600, height: 900, scheme: "dark", motion: "reduce"},
		"phone": {width: 390, height: 844, scheme: "dark"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _, _ := practice(t)
			b := open(t, c.Handler(), l)
			lively(t, c, b)
			var faults []string
			if err := json.Unmarshal([]byte(eval[string](t, b, "JSON.stringify("+audit+")")), &faults); err != nil {
				t.Fatal(err)
			}
			for _, f := range faults {
				t.Error(f)
			}
			b.picture(t, "all")
			if l.motion == "reduce" {
				if d := eval[string](t, b, `getComputedStyle(document.querySelector(".typing i")).animationIterationCount`); d != "1" {
					t.Errorf("the dots dance %s times although less motion is asked for", d)
				}
			}
		})
	}
}

// lively fills the phones with some of everything.
func lively(t *testing.T, c *Channel, b *browser) {
	t.Helper()
	b.write(t, 0, "daftar")
	b.sees(t, 0, "Apa bidang usaha Ibu?")
	if eval[bool](t, b, `document.body.classList.contains("tabbed")`) {
		return
	}
	b.write(t, 0, "ini gratis?")
	b.sees(t, 0, "Anda menulis: ini gratis?")
	b.write(t, 1, "tiket")
	b.sees(t, 1, "emile-ku.ics")
	b.write(t, 2, "nomor")
	b.sees(t, 2, "Berapa nomor")
	b.write(t, 4, "Rapat jam berapa?")
	b.write(t, 4, "/rekap")
	b.sees(t, 4, "Anda menulis: /rekap")
	if _, err := c.Send(t.Context(), chatOf("ketua"), "", channel.Outbound{Text: "Kode: `EMK-7`. Peta: https://maps.app.goo.gl/x",
		Buttons: [][]channel.Button{{{Label: "Peta", URL: "https://maps.app.goo.gl/x"}}}}); err != nil {
		t.Fatal(err)
	}
	b.sees(t, 3, "EMK-7")
	if err := c.Typing(context.WithoutCancel(t.Context()), chatOf("ketua")); err != nil {
		t.Fatal(err)
	}
	b.until(t, `document.querySelector("#pane-3 .role").textContent === "sedang mengetik…"`)
}
