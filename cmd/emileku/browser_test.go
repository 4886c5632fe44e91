package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/diskopukm/emileku/bot/browsertest"
)

// pictures is where the play-through leaves the pictures of the guide:
//
//	go test ./cmd/emileku -run TestPlaythrough -pictures ../../bot/channel/webchat/doc
var pictures = flag.String("pictures", "", "directory for the guide's pictures of the practice page")

// browserPatience bounds every wait: reaching it is a failure. On a loaded machine
// the first reply waits long for what is learned under the race detector.
const browserPatience = 2 * time.Minute

// screen is the practice page in a browser as wide as a phone, one chat at a
// time.
type screen struct {
	t     *testing.T
	ctx   context.Context //nolint:containedctx // chromedp's window
	panes map[string]int  // by name
	seen  map[string]int  // messages of the bot that were there before the last act
}

// openScreen opens the page; names are its chats, in their order.
func openScreen(t *testing.T, url string, names ...string) *screen {
	t.Helper()
	ctx := browsertest.Window(t, nil)
	p := &screen{t: t, ctx: ctx, panes: map[string]int{}, seen: map[string]int{}}
	for i, n := range names {
		p.panes[n] = i
	}
	exceptions := chromedp.Events(ctx, cdpruntime.ExceptionThrown)
	go func() {
		for ev, err := range exceptions {
			if err != nil {
				return
			}
			t.Errorf("the page complains: %s %s", ev.ExceptionDetails.Text, ev.ExceptionDetails.Exception.Description)
		}
	}()
	p.do(chromedp.EmulateViewport(400, 820), chromedp.Navigate(url))
	p.until(fmt.Sprintf(`document.querySelectorAll("#tabs button").length === %d && document.getElementById("now-time").textContent`, len(names)), "the page")
	return p
}

func (p *screen) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, browserPatience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *screen) run(script string) {
	p.t.Helper()
	p.do(chromedp.Evaluate[chromedp.Void](script))
}

func (p *screen) until(expression, what string) {
	p.t.Helper()
	poll := chromedp.Poll[bool]("Boolean("+expression+")", chromedp.WithPollingInterval(40*time.Millisecond), chromedp.WithPollingTimeout(browserPatience))
	if _, err := chromedp.Run(p.ctx, poll); err != nil {
		text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.querySelector(".pane:not([hidden]) .log").innerText.slice(-1500)`))
		p.t.Fatalf("never: %s\nthe chat ends with:\n%s\n%v", what, text, err)
	}
}

// remember notes how much every chat shows, so that what is awaited next is new.
func (p *screen) remember() {
	p.t.Helper()
	for name, i := range p.panes {
		n, err := chromedp.Run(p.ctx, chromedp.Evaluate[int](fmt.Sprintf(`document.querySelectorAll("#pane-%d .msg.bot").length`, i)))
		if err != nil {
			p.t.Fatal(err)
		}
		p.seen[name] = n
	}
}

// look turns to a chat.
func (p *screen) look(who string) {
	p.t.Helper()
	p.run(fmt.Sprintf(`document.getElementById("tab-%d").click()`, p.panes[who]))
	p.until(fmt.Sprintf(`!document.getElementById("pane-%d").hidden`, p.panes[who]), "the chat of "+who)
}

// says types into a chat and sends; "asep@tim" is Asep in the group.
func (p *screen) says(who, text string) {
	p.t.Helper()
	person, room, inGroup := strings.Cut(who, "@")
	if !inGroup {
		room = person
	}
	p.remember()
	p.look(room)
	pane := fmt.Sprintf("#pane-%d", p.panes[room])
	if inGroup {
		p.run(fmt.Sprintf(`(s => { s.value = %q; s.dispatchEvent(new Event("change", {bubbles: true})) })(document.querySelector("%s .speaker select"))`, person, pane))
	}
	p.do(chromedp.Focus(pane+" textarea"), chromedp.KeyEvent(text), browsertest.Press("Enter", 13))
}

// presses presses the latest button of that label in a chat.
func (p *screen) presses(who, label string) {
	p.t.Helper()
	p.look(who)
	find := fmt.Sprintf(`[...document.querySelectorAll("#pane-%d .choice, #pane-%d .key")].filter(b => b.textContent.trim() === %q && !b.disabled).pop()`, p.panes[who], p.panes[who], label)
	p.until(find, fmt.Sprintf("a button %q for %s", label, who))
	p.remember()
	p.run(find + ".click()")
}

// sees waits until a chat shows each text among what is new.
func (p *screen) sees(who string, texts ...string) {
	p.t.Helper()
	p.seesFrom(who, p.seen[who], texts...)
}

// shows waits until a chat shows each text anywhere: a message that is edited
// may have been there before.
func (p *screen) shows(who string, texts ...string) {
	p.t.Helper()
	p.seesFrom(who, 0, texts...)
}

func (p *screen) seesFrom(who string, first int, texts ...string) {
	p.t.Helper()
	if p.panes[who] < 0 {
		p.t.Fatalf("nobody is called %s", who)
	}
	for _, text := range texts {
		p.until(fmt.Sprintf(`[...document.querySelectorAll("#pane-%d .msg.bot")].slice(%d).map(m => m.textContent).join("\n").includes(%q)`, p.panes[who], first, text),
			fmt.Sprintf("%s sees %q", who, text))
	}
}

// seesPicture waits for a picture among what is new.
func (p *screen) seesPicture(who string) {
	p.t.Helper()
	p.until(fmt.Sprintf(`[...document.querySelectorAll("#pane-%d .msg.bot")].slice(%d).some(m => m.querySelector(".photo img")?.naturalWidth > 0)`, p.panes[who], p.seen[who]), who+" sees a picture")
}

// clock moves the practice clock by the page's own dialog, to a time in WIB.
func (p *screen) clock(at string) {
	p.t.Helper()
	p.remember()
	p.run(`document.getElementById("to-date").click()`)
	p.until(`document.getElementById("date-dialog").open`, "the dialog of the clock")
	p.run(fmt.Sprintf(`(i => { i.value = %q; document.getElementById("date-form").requestSubmit() })(document.getElementById("date-input"))`, at))
	at = strings.Replace(at[len("2006-01-02T"):], ":", ".", 1)
	p.until(fmt.Sprintf(`document.getElementById("progress").hidden && document.getElementById("now-time").textContent.startsWith(%q)`, at), "the clock stands at "+at)
}

// picture keeps how a chat ends, for the guide.
func (p *screen) picture(who, name string) {
	p.t.Helper()
	p.pictureAt(who, name, `document.querySelector(".pane:not([hidden]) .log").scrollTo(0, 1e6)`)
}

// pictureFrom keeps a chat from the latest message on that the person wrote.
func (p *screen) pictureFrom(who, name string) {
	p.t.Helper()
	p.pictureAt(who, name, `(log => log.scrollTo(0, [...log.querySelectorAll(".msg.own")].pop().offsetTop - log.offsetTop - 44))(document.querySelector(".pane:not([hidden]) .log"))`)
}

func (p *screen) pictureAt(who, name, scroll string) {
	p.t.Helper()
	if *pictures == "" {
		return
	}
	p.look(who)
	p.run("document.activeElement.blur(); " + scroll)
	p.until(`[...document.querySelectorAll(".pane:not([hidden]) .photo img")].every(i => i.complete)`, "all pictures loaded")
	p.shoot(name)
}

// shoot keeps what the window shows.
func (p *screen) shoot(name string) {
	p.t.Helper()
	if *pictures == "" {
		return
	}
	shot, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	small, err := reduced(shot)
	if err != nil {
		p.t.Fatal(err)
	}
	if len(small) > 150_000 {
		p.t.Errorf("%s.png has %d bytes", name, len(small))
	}
	if err := os.WriteFile(filepath.Join(*pictures, name+".png"), small, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// wide makes the window that of a desk: all chats side by side.
func (p *screen) wide(width, height int64) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, height))
	p.until(`[...document.querySelectorAll(".pane")].every(x => !x.hidden)`, "all chats side by side")
	p.run(`document.querySelectorAll(".pane .log").forEach(log => log.scrollTo(0, 1e6))`)
}

// reduced brings a picture down to the 256 colours that it has most of.
func reduced(data []byte) ([]byte, error) {
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	count := map[color.RGBA]int{}
	b := img.Bounds()
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA) } //nolint:forcetypeassert // RGBAModel makes nothing else
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			count[at(x, y)]++
		}
	}
	colours := make([]color.RGBA, 0, len(count))
	for c := range count {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.RGBA) int {
		if n := count[b] - count[a]; n != 0 {
			return n
		}
		return (int(a.R)<<16 | int(a.G)<<8 | int(a.B)) - (int(b.R)<<16 | int(b.G)<<8 | int(b.B))
	})
	var pal color.Palette
	for _, c := range colours[:min(256, len(colours))] {
		pal = append(pal, c)
	}
	out, nearest := image.NewPaletted(b, pal), map[color.RGBA]uint8{}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := at(x, y)
			i, ok := nearest[c]
			if !ok {
				i = uint8(pal.Index(c)) //nolint:gosec // a palette of 256
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	var buf bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	err = enc.Encode(&buf, out)
	return buf.Bytes(), err
}
