package replypage

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"

	"github.com/diskopukm/emileku/bot/browsertest"
	"github.com/diskopukm/emileku/bot/event"
)

// pictures is where tests leave pictures of the pages, for people to look at.
var pictures = flag.String("pictures", "", "directory for pictures of the reply pages")

// patience bounds every wait: reaching it is a failure.
const patience = 2 * time.Minute

// browser is a phone's window. What the Content-Security-Policy refuses fails
// the test.
type browser struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // chromedp's window
}

func open(t *testing.T, scheme, address string) *browser {
	t.Helper()
	complaints, ended := make(chan string, 100), make(chan struct{})
	ctx := browsertest.Window(t, func() {
		<-ended
		close(complaints)
		for c := range complaints {
			t.Errorf("the page complains: %s", c)
		}
	})
	b := &browser{t: t, ctx: ctx}
	entries := chromedp.Events(ctx, cdplog.EntryAdded)
	go func() {
		defer close(ended)
		for ev, err := range entries {
			if err != nil {
				return
			}
			if !strings.Contains(ev.Entry.URL, "favicon.ico") && !strings.Contains(ev.Entry.Text, "422") {
				complaints <- ev.Entry.Text
			}
		}
	}()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, cdplog.Enable, cdp.Empty{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
		}})
		return err
	}), chromedp.EmulateViewport(390, 844), chromedp.Navigate(address))
	return b
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// until waits for a JavaScript expression to be true.
func (b *browser) until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for { // a poll within the page would end when the page is left
		yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if err == nil && yes {
			return
		}
		select {
		case <-ctx.Done():
			b.t.Fatalf("never true: %s: %v", expression, err)
		case <-time.After(30 * time.Millisecond):
		}
	}
}

func (b *browser) eval(expression string) bool {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// picture shows the whole page.
func (b *browser) picture(name string) {
	b.t.Helper()
	if *pictures == "" {
		return
	}
	b.until(`document.readyState === "complete"`)
	height, err := chromedp.Run(b.ctx, chromedp.Evaluate[int64]("document.documentElement.scrollHeight"))
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.EmulateViewport(390, max(height, 844)))
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*pictures, strings.ReplaceAll(b.t.Name(), "/", "-")+"-"+name+".png"), png, 0o600); err != nil {
		b.t.Error(err)
	}
}

// reads checks what a page must be for everybody: no sideways scrolling, and a
// name for every field.
func (b *browser) reads() {
	b.t.Helper()
	for what, expression := range map[string]string{
		"it is wider than the phone":            `document.documentElement.scrollWidth <= 390`,
		"a field has no label":                  `[...document.querySelectorAll("input:not([type=hidden]), textarea")].every(f => f.labels.length > 0)`,
		"a button or an answer is too small":    `[...document.querySelectorAll("button, .pilihan, .tombol, input[type=text], textarea")].every(f => f.getBoundingClientRect().height >= 44)`,
		"the style sheet was not applied":       `getComputedStyle(document.querySelector("main")).borderRadius === "12px"`,
		"it does not say its language":          `document.documentElement.lang === "id"`,
		"it has not one heading of first level": `document.querySelectorAll("h1").length === 1`,
		"it has a script":                       `document.scripts.length === 0`,
		"letters are small":                     `parseFloat(getComputedStyle(document.body).fontSize) >= 16`,
	} {
		if !b.eval(expression) {
			b.t.Errorf("%s", what)
		}
	}
}

// A guest answers on a phone, by touch and by keyboard alone.
func TestPhone(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"light", "dark"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, "")
			p := o.guest("Dedi", event.Koperasi)
			b := open(t, scheme, o.reply(p)+"?j=delegated")
			b.until(`document.querySelector("h1")?.innerText === "E-MILE KU 2027"`)
			b.reads()
			if !b.eval(`document.querySelector("[value=delegated]").checked`) {
				t.Error("the answer chosen in the mail is not marked")
			}
			b.picture("invitation")
			b.do(chromedp.Click("button[type=submit]"))
			b.until(`document.querySelector("[role=alert]")?.innerText.includes("nama yang mewakili")`)
			b.reads()
			b.picture("mistake")
			b.do(chromedp.Focus("#wakil"), chromedp.KeyEvent("Ibu Ani, bendahara"), chromedp.Focus("#orang"), chromedp.KeyEvent("2"),
				chromedp.Focus("#pesan"), chromedp.KeyEvent("Apakah ada tempat parkir bus?"), chromedp.Click("button[type=submit]"))
			b.until(`document.querySelector("[role=status]")?.innerText.includes("oleh Ibu Ani, bendahara, 2 orang")`)
			b.reads()
			b.picture("noted")
			if r := o.now(p).Reply; r.Answer != event.Delegated || r.Delegate != "Ibu Ani, bendahara" || r.Heads != 2 {
				t.Errorf("noted %+v", r)
			}
			b.do(chromedp.Click("footer a"))
			b.until(`document.querySelector("h1")?.innerText === "Berhenti menerima pesan"`)
			b.reads()
			b.picture("stop")
			if o.stopped(p) {
				t.Error("stopped by opening the page")
			}
			b.do(chromedp.Click("button[type=submit]"))
			b.until(`document.querySelector("[role=status]")?.innerText.includes("tidak akan mengirim pesan lagi")`)
			b.reads()
			b.picture("stopped")
			if !o.stopped(p) {
				t.Error("not stopped")
			}
		})
	}
}
