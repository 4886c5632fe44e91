package replypage

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// Opening the page changes nothing, however often and by whatever method a mail
// scanner does it; only a POST answers, and the answer is shown and changed.
func TestReply(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "/emileku"} {
		t.Run("below "+path+"/", func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, path)
			p := o.guest("Dedi", event.Koperasi)
			for _, address := range []string{o.reply(p), o.reply(p) + "?j=yes", o.reply(p) + "?j=no&ok=1", o.stop(p)} {
				for _, method := range []string{http.MethodGet, http.MethodHead} {
					if a := o.do(o.request(method, address, nil)); a.status != http.StatusOK {
						t.Errorf("%s %s: %d", method, address, a.status)
					}
				}
			}
			if got := o.now(p); got.Version != p.Version || o.stopped(p) {
				t.Fatalf("opening it changed %+v", got)
			}
			page := o.get(o.reply(p) + "?j=delegated")
			for _, part := range []string{"Yth. Bapak Dedi", "E-MILE KU 2027", "Kamis, 14 Januari 2027", "pukul 08.00 WIB", "Stadion Pakansari", `value="delegated" required checked`, `lang="id"`} {
				if !strings.Contains(page.body, part) {
					t.Errorf("%q is missing in\n%s", part, page.body)
				}
			}
			for _, not := range []string{"<script", "dedi@contoh.id", "Jawaban yang tercatat", "http://fonts", "style=\""} {
				if strings.Contains(page.body, not) {
					t.Errorf("%q is in\n%s", not, page.body)
				}
			}

			page = o.post(o.reply(p), url.Values{"jawaban": {"yes"}, "orang": {" 2 "}, "pesan": {"Apakah ada <parkir> bus?"}})
			got := o.now(p)
			if r := got.Reply; r.Answer != event.Yes || r.Heads != 2 || r.Source != "email" || r.At == nil || r.Text != "Apakah ada <parkir> bus?" {
				t.Errorf("noted: %+v", r)
			}
			for _, part := range []string{"Kami catat: <b>hadir</b>, 2 orang.", "sampaikan ke tim", "lewat e-mail", "Ubah jawaban", `value="yes" required checked`, `value="2"`, "lengkapi pendaftaran", `aria-describedby="pesan-contoh"></textarea>`} {
				if !strings.Contains(page.body, part) {
					t.Errorf("%q is missing in\n%s", part, page.body)
				}
			}
			asked := o.rows("question")
			if len(asked) != 1 || asked[0].Chat.ID != "-100" || !strings.Contains(asked[0].Body.Text, "parkir") {
				t.Errorf("the team got %+v", asked)
			}
			mails := o.rows("confirm")
			if len(mails) != 1 || mails[0].Chat.ID != "dedi@contoh.id" || len(mails[0].Body.Attach) != 1 || mails[0].Body.Stop != o.stop(p) || !strings.Contains(mails[0].Body.Text, "hadir") {
				t.Errorf("confirmed by %+v", mails)
			}

			// Pressing twice sends nothing twice.
			o.post(o.reply(p), url.Values{"jawaban": {"yes"}, "orang": {"2"}, "pesan": {"Apakah ada <parkir> bus?"}})
			if n, m := len(o.rows("question")), len(o.rows("confirm")); n != 1 || m != 1 {
				t.Errorf("pressed twice: %d questions, %d mails", n, m)
			}

			page = o.post(o.reply(p), url.Values{"jawaban": {"delegated"}, "wakil": {"Ibu <Ani>\r\nBcc: x"}})
			if r := o.now(p).Reply; r.Answer != event.Delegated || r.Delegate != "Ibu <Ani> Bcc: x" {
				t.Errorf("changed to %+v", r)
			}
			if !strings.Contains(page.body, "oleh Ibu &lt;Ani&gt; Bcc: x") || strings.Contains(page.body, "<Ani>") {
				t.Errorf("shown:\n%s", page.body)
			}
			page = o.post(o.reply(p), url.Values{"jawaban": {"delegated"}, "wakil": {"Ibu Ani, bendahara, 0812-3456-7890"}})
			if r := o.now(p).Reply; r.Delegate != "Ibu Ani, bendahara" || r.DelegatePhone != "+6281234567890" || !strings.Contains(page.body, "oleh Ibu Ani, bendahara.") {
				t.Errorf("with a number: %+v\n%s", r, page.body)
			}
			page = o.post(o.reply(p), url.Values{"jawaban": {"no"}})
			if r := o.now(p).Reply; r.Answer != event.No || !strings.Contains(page.body, "tidak hadir") {
				t.Errorf("changed to %+v", r)
			}
			if n := len(o.rows("confirm")); n != 3 {
				t.Errorf("%d confirmations, want one for each time that somebody comes", n)
			}
		})
	}
}

// What is wrong is said with an example, and nothing typed is lost.
func TestWrongForms(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	p := o.guest("Dedi", event.UKM)
	for _, c := range []struct {
		form url.Values
		part string
	}{
		{url.Values{}, "pilih salah satu"},
		{url.Values{"jawaban": {"ya"}}, "pilih salah satu"},
		{url.Values{"jawaban": {"yes"}, "orang": {"dua"}}, "misalnya 2"},
		{url.Values{"jawaban": {"yes"}, "orang": {"0"}}, "1 sampai 50"},
		{url.Values{"jawaban": {"yes"}, "orang": {"-1"}}, "1 sampai 50"},
		{url.Values{"jawaban": {"yes"}, "orang": {"999"}}, "1 sampai 50"},
		{url.Values{"jawaban": {"delegated"}, "wakil": {" \r\n "}}, "nama yang mewakili"},
		{url.Values{"jawaban": {"yes"}, "pesan": {strings.Repeat("a", 501)}}, "paling banyak 500"},
		{url.Values{"jawaban": {"delegated"}, "wakil": {strings.Repeat("é", 81)}}, "paling banyak 80"},
	} {
		c.form.Set("pesan", c.form.Get("pesan")+"<b>kata</b>")
		a := o.post(o.reply(p), c.form)
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, c.part) || !strings.Contains(a.body, `role="alert"`) {
			t.Errorf("%v: %d, without %q:\n%s", c.form, a.status, c.part, a.body)
		}
		if !strings.Contains(a.body, "&lt;b&gt;kata&lt;/b&gt;</textarea>") {
			t.Errorf("%v: what was typed is lost or not escaped:\n%s", c.form, a.body)
		}
	}
	if got := o.now(p); got.Version != p.Version || len(o.rows("question")) != 0 {
		t.Errorf("a wrong form changed %+v", got)
	}
	large := o.post(o.reply(p), url.Values{"jawaban": {"yes"}, "pesan": {strings.Repeat("a", maxBody)}})
	if large.status != http.StatusRequestEntityTooLarge || !strings.Contains(large.body, "terlalu panjang") {
		t.Errorf("too large: %d\n%s", large.status, large.body)
	}
}

// A sad word gets a fitting one, ends what is automatic, and goes to the team.
func TestGrief(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	p := o.guest("Dedi", event.Koperasi)
	a := o.post(o.reply(p), url.Values{"jawaban": {"no"}, "pesan": {"Bapak sudah meninggal minggu lalu"}})
	if got := o.now(p); got.Closed != event.Grieving || len(o.rows("question")) != 1 || len(o.rows("confirm")) != 0 {
		t.Errorf("%+v", got)
	}
	if a.status != http.StatusOK || !strings.Contains(a.body, "berduka cita") || strings.Contains(a.body, "<form") {
		t.Errorf("%d:\n%s", a.status, a.body)
	}
}

// Links that are none, of another event, or of somebody who was deleted.
func TestLinks(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	p := o.guest("Dedi", event.Koperasi)
	elsewhere := o.links.Reply("EMK-2099", p.Code)
	for address, want := range map[string]int{
		o.server.URL + "/": http.StatusNotFound, o.server.URL + "/u/": http.StatusNotFound, o.reply(p) + "x": http.StatusNotFound,
		strings.Replace(o.reply(p), "kodededi", "kodedani", 1): http.StatusNotFound, elsewhere: http.StatusGone,
		o.links.Reply(p.EventID, "kodelain"): http.StatusGone, o.server.URL + "/u/../../etc/passwd": http.StatusNotFound, o.server.URL + "/metrics": http.StatusNotFound,
	} {
		a := o.get(address)
		for a.status == http.StatusMovedPermanently || a.status == http.StatusTemporaryRedirect {
			a = o.get(o.server.URL + a.header.Get("Location"))
		}
		if a.status != want || !strings.Contains(a.body, "Tautan") || strings.Contains(a.body, "Dedi") {
			t.Errorf("%s: %d, want %d:\n%s", address, a.status, want, a.body)
		}
		if b := o.post(address, url.Values{"jawaban": {"no"}}); b.status < 400 && b.status != http.StatusMovedPermanently && b.status != http.StatusTemporaryRedirect {
			t.Errorf("POST %s: %d", address, b.status)
		}
	}
	if a := o.do(o.request(http.MethodDelete, o.reply(p), nil)); a.status != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", a.status)
	}
	if o.now(p).Version != p.Version {
		t.Error("a wrong link answered")
	}
}

// What every page tells browsers and searchers.
func TestHeaders(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	p := o.guest("Dedi", event.Koperasi)
	for _, address := range []string{o.reply(p), o.stop(p), o.server.URL + "/"} {
		h := o.get(address).header
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "X-Content-Type-Options": "nosniff",
			"Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", address, name, got, want)
			}
		}
		if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: Content-Security-Policy is %q", address, csp)
		}
		if len(h.Values("Set-Cookie")) != 0 {
			t.Errorf("%s sets a cookie", address)
		}
	}
	style := o.get(o.server.URL + cssPath)
	if style.status != http.StatusOK || !strings.HasPrefix(style.header.Get("Content-Type"), "text/css") || style.body != string(css) {
		t.Errorf("the style sheet: %d, %v", style.status, style.header)
	}
	if a := o.get(o.server.URL + "/robots.txt"); !strings.Contains(a.body, "Disallow: /") {
		t.Errorf("robots.txt: %s", a.body)
	}
}

// Events that are over or cancelled take no answers, and say so kindly; ending
// all mails works still.
func TestOverAndCancelled(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	p := o.guest("Dedi", event.Koperasi)
	o.clock.Set(o.event.Start.Add(26 * time.Hour))
	a := o.post(o.reply(p), url.Values{"jawaban": {"yes"}})
	if !strings.Contains(a.body, "sudah selesai") || o.now(p).Version != p.Version {
		t.Errorf("over: %d\n%s", a.status, a.body)
	}
	if a := o.post(o.stop(p), url.Values{}); a.status != http.StatusOK || !o.stopped(p) || strings.Contains(a.body, "Kembali ke undangan") {
		t.Errorf("stop: %d\n%s", a.status, a.body)
	}
	o.clock.Set(o.event.Start.Add(-26 * time.Hour))
	o.event.Status = event.EventCancelled
	if err := o.store.Events().Save(t.Context(), o.event); err != nil {
		t.Fatal(err)
	}
	if a := o.get(o.reply(p)); !strings.Contains(a.body, "dibatalkan") || strings.Contains(a.body, "<form") {
		t.Errorf("cancelled: %d\n%s", a.status, a.body)
	}
}

// Ending all mails: shown by GET, done by POST, taken back, and by one press of
// a mail program.
func TestStop(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	p, q := o.guest("Dedi", event.Koperasi), o.guest("Ani", event.Public)
	page := o.get(o.stop(p))
	if o.stopped(p) || !strings.Contains(page.body, "bila tombol di bawah ini ditekan") {
		t.Errorf("shown: %s", page.body)
	}
	page = o.post(o.stop(p), url.Values{})
	if !o.stopped(p) || !strings.Contains(page.body, "tidak akan mengirim pesan lagi") || !strings.Contains(page.body, "Terima pesan lagi") {
		t.Errorf("stopped: %v\n%s", o.stopped(p), page.body)
	}
	if page = o.get(o.reply(p)); !strings.Contains(page.body, "berhenti mengirim pesan") || !strings.Contains(page.body, "<form") ||
		!strings.Contains(page.body, "Ingin menerima pesan lagi") || strings.Contains(page.body, "Tidak ingin menerima") {
		t.Errorf("the invitation after it:\n%s", page.body)
	}
	page = o.post(o.stop(p), url.Values{"lanjut": {"1"}})
	if o.stopped(p) || !strings.Contains(page.body, "bila tombol di bawah ini ditekan") {
		t.Errorf("taken back:\n%s", page.body)
	}
	for i, body := range []string{"List-Unsubscribe=One-Click", "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"} {
		g := []*event.Participation{p, q}[i]
		r := o.request(http.MethodPost, o.stop(g), strings.NewReader(body))
		r.Header.Set("Content-Type", []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x"}[i])
		if a := o.do(r); a.status != http.StatusOK || !o.stopped(g) {
			t.Errorf("one press: %d, stopped %v", a.status, o.stopped(g))
		}
	}
}

// Who asks too often has to wait; others do not, and a proxy is told apart
// from those behind it.
func TestTooOften(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "")
	p := o.guest("Dedi", event.Koperasi)
	ask := func(from, address string) answer {
		r := o.request(http.MethodGet, address, nil)
		r.Header.Set("X-Forwarded-For", "10.0.0.1, "+from)
		return o.do(r)
	}
	n := 0
	for ; n < 20 && ask("203.0.113.7", fmt.Sprintf("%s/u/EMK-2027.tebak%d.aaaa", o.server.URL, n)).status == http.StatusNotFound; n++ {
	}
	if n < 2 || n > burst/3 {
		t.Errorf("%d links could be tried", n)
	}
	if a := ask("203.0.113.7", o.reply(p)); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, "tunggu") {
		t.Errorf("then: %d\n%s", a.status, a.body)
	}
	if a := ask("203.0.113.8", o.reply(p)); a.status != http.StatusOK {
		t.Errorf("somebody else: %d", a.status)
	}
	for i := range burst {
		if a := ask("2001:db8::"+fmt.Sprint(i), o.reply(p)); a.status != http.StatusOK {
			t.Fatalf("visit %d: %d", i, a.status)
		}
	}
	if a := ask("2001:db8::ffff", o.reply(p)); a.status != http.StatusTooManyRequests {
		t.Errorf("more than %d from one customer's addresses: %d", burst, a.status)
	}
}
