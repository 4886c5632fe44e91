package webchat

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdplog "github.com/chromedp/cdproto/log"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/diskopukm/emileku/bot/browsertest"
)

// pictures is where tests leave pictures of the page, for people to look at.
var pictures = flag.String("pictures", "", "directory for pictures of the practice page")

// patience bounds every wait: reaching it is a failure.
const patience = 2 * time.Minute

// browser is one window of a real browser on a practice page.
type browser struct {
	ctx context.Context //nolint:containedctx // chromedp's window

	mu     sync.Mutex
	faults []string
}

// look is what the person's system asks of pages.
type look struct {
	width, height int64
	scheme        string // "dark" or ""
	motion        string // "reduce" or ""
}

// open starts a browser on h. Exceptions and what the Content-Security-Policy
// refuses fail the test.
func open(t *testing.T, h http.Handler, l look) *browser {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return openURL(t, srv.URL, l)
}

func openURL(t *testing.T, url string, l look) *browser {
	t.Helper()
	b := &browser{}
	b.start(t)
	media := func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "prefers-reduced-motion", Value: l.motion},
		}})
		return err
	}
	b.do(t, chromedp.EmulateViewport(l.width, l.height), chromedp.Func(media), chromedp.Navigate(url))
	b.until(t, `document.querySelector(".pane:not([hidden]) .empty, .pane:not([hidden]) .msg")`)
	return b
}

func (b *browser) start(t *testing.T) {
	t.Helper()
	ctx := browsertest.Window(t, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, f := range b.faults {
			t.Errorf("the page complains: %s", f)
		}
	})
	b.ctx = ctx
	exceptions := chromedp.Events(ctx, cdpruntime.ExceptionThrown)
	entries := chromedp.Events(ctx, cdplog.EntryAdded)
	go func() {
		for ev, err := range exceptions {
			if err != nil {
				return
			}
			b.fault(ev.ExceptionDetails.Text + " " + ev.ExceptionDetails.Exception.Description)
		}
	}()
	go func() {
		for ev, err := range entries {
			if err != nil {
				return
			}
			if ev.Entry.Source != cdplog.EntrySourceNetwork { // a lost connection is part of some tests
				b.fault(ev.Entry.Text)
			}
		}
	}()
	b.do(t, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, cdplog.Enable, cdp.Empty{})
		return err
	}))
}

func (b *browser) fault(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, text)
}

func (b *browser) do(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.picture(t, "failed")
		t.Fatal(err)
	}
}

// until waits for a JavaScript expression to be true.
func (b *browser) until(t *testing.T, expression string) {
	t.Helper()
	poll := chromedp.Poll[bool]("Boolean("+expression+")", chromedp.WithPollingInterval(30*time.Millisecond), chromedp.WithPollingTimeout(patience))
	if _, err := chromedp.Run(b.ctx, poll); err != nil {
		b.picture(t, "failed")
		t.Fatalf("never true: %s: %v", expression, err)
	}
}

func eval[T any](t *testing.T, b *browser, expression string) T {
	t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.picture(t, "failed")
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// sees waits until a chat shows text.
func (b *browser) sees(t *testing.T, pane int, text string) {
	t.Helper()
	b.until(t, fmt.Sprintf(`document.querySelector("#pane-%d .log")?.innerText.includes(%q)`, pane, text))
}

// write types into a chat and sends.
func (b *browser) write(t *testing.T, pane int, text string) {
	t.Helper()
	b.do(t, chromedp.Focus(fmt.Sprintf("#pane-%d textarea", pane)), chromedp.KeyEvent(text), enter())
}

// enter presses Enter.
func enter() chromedp.Action[chromedp.Void] { return browsertest.Press("Enter", 13) }

// newLine presses Shift and Enter.
func newLine() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, input.DispatchKeyEvent, input.DispatchKeyEventParams{
			Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13, Modifiers: 8,
		})
		return err
	})
}

func (b *browser) picture(t *testing.T, name string) {
	t.Helper()
	if *pictures == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Logf("picture %s: %v", name, err)
		return
	}
	file := filepath.Join(*pictures, strings.ReplaceAll(t.Name(), "/", "-")+"-"+name+".png")
	if err := os.WriteFile(file, png, 0o600); err != nil {
		t.Error(err)
	}
}

func practice(t *testing.T) (*Channel, *scripted, *standing) {
	t.Helper()
	o := office()
	ctl := newStanding()
	o.Control = ctl
	c, s := running(t, o)
	ctl.mu.Lock()
	ctl.c = c
	ctl.mu.Unlock()
	return c, s, ctl
}
