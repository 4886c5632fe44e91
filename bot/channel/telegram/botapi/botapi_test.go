package botapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reply is an answer of the API.
type reply struct {
	status      int
	OK          bool            `json:"ok"`
	Result      json.RawMessage `json:"result"`
	Code        int             `json:"error_code"`
	Description string          `json:"description"`
	Parameters  struct {
		RetryAfter int   `json:"retry_after"`
		MigrateTo  int64 `json:"migrate_to_chat_id"`
	} `json:"parameters"`
}

// client is a bot without any library.
type client struct {
	t    testing.TB
	srv  *botapi.Server
	http *http.Client
}

func serve(t testing.TB, o botapi.Options) (*botapi.Server, *client) {
	t.Helper()
	srv := botapi.New(o)
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(func() {
		srv.Close()
		transport.CloseIdleConnections()
	})
	return srv, &client{t, srv, &http.Client{Transport: transport}}
}

func (c *client) call(method string, params url.Values) reply {
	c.t.Helper()
	resp, err := c.http.PostForm(c.srv.URL()+"/bot"+c.srv.Token()+"/"+method, params)
	return c.read(resp, err)
}

func (c *client) read(resp *http.Response, err error) reply {
	c.t.Helper()
	if err != nil {
		c.t.Error(err)
		return reply{}
	}
	defer func() { _ = resp.Body.Close() }()
	var r reply
	if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
		c.t.Errorf("the answer is no JSON: %v", err)
	}
	r.status = resp.StatusCode
	if r.OK != (r.status == 200) || !r.OK && r.Code != r.status {
		c.t.Errorf("HTTP status %d goes with %+v", r.status, r)
	}
	return r
}

// upload calls a method with a file.
func (c *client) upload(method, field, name string, data []byte, params url.Values) reply {
	c.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for k := range params {
		_ = w.WriteField(k, params.Get(k))
	}
	part, err := w.CreateFormFile(field, name)
	if err != nil {
		c.t.Fatal(err)
	}
	_, _ = part.Write(data)
	_ = w.Close()
	resp, err := c.http.Post(c.srv.URL()+"/bot"+c.srv.Token()+"/"+method, w.FormDataContentType(), &body)
	return c.read(resp, err)
}

func (c *client) updates(params url.Values) []map[string]json.RawMessage {
	c.t.Helper()
	var out []map[string]json.RawMessage
	r := c.call("getUpdates", params)
	if !r.OK {
		c.t.Fatalf("getUpdates: %+v", r)
	}
	if err := json.Unmarshal(r.Result, &out); err != nil {
		c.t.Fatal(err)
	}
	return out
}

func values(kv ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	return v
}

// TestRefusals: what Telegram refuses, in its words.
func TestRefusals(t *testing.T) {
	t.Parallel()
	srv, c := serve(t, botapi.Options{Limits: botapi.NoLimits()})
	p := srv.Person(7, "Siti", "").Start()
	srv.Person(8, "Budi", "")
	theirs := p.Send("halo")
	html := func(s string) url.Values { return values("chat_id", "7", "text", s, "parse_mode", "HTML") }
	keys := func(s string) url.Values { return values("chat_id", "7", "text", "x", "reply_markup", s) }
	button := func(s string) url.Values { return keys(`{"inline_keyboard":[[` + s + `]]}`) }
	for i, row := range []struct {
		method string
		params url.Values
		want   string // "": taken
	}{
		{"sendMessage", values("text", "x"), "Bad Request: chat_id is empty"},
		{"sendMessage", values("chat_id", "99", "text", "x"), "Bad Request: chat not found"},
		{"sendMessage", values("chat_id", "8", "text", "x"), "Bad Request: chat not found"},
		{"sendMessage", values("chat_id", "7"), "Bad Request: message text is empty"},
		{"sendMessage", values("chat_id", "7", "text", " \n "), "Bad Request: message text is empty"},
		{"sendMessage", html("<b> </b>"), "Bad Request: message text is empty"},
		{"sendMessage", values("chat_id", "7", "text", strings.Repeat("😀", 2048)), ""},
		{"sendMessage", values("chat_id", "7", "text", strings.Repeat("😀", 2048)+"x"), "Bad Request: message is too long"},
		{"sendMessage", html("<b>" + strings.Repeat("&lt;", 4096) + "</b>"), ""},
		{"sendMessage", values("chat_id", "7", "text", "\xff"), "Bad Request: strings must be encoded in UTF-8"},
		{"sendMessage", values("chat_id", "7", "text", "x", "parse_mode", "bb"), "Bad Request: unsupported parse_mode"},
		{"sendMessage", html("<b>x"), `Bad Request: can't parse entities: Can't find end tag corresponding to start tag "b"`},
		{"sendMessage", html("<b><i>x</b></i>"), `Bad Request: can't parse entities: Unmatched end tag at byte offset 7, expected "</i>", found "</b>"`},
		{"sendMessage", html("x</b>"), "Bad Request: can't parse entities: Unexpected end tag at byte offset 1"},
		{"sendMessage", html("<br>"), `Bad Request: can't parse entities: Unsupported start tag "br" at byte offset 0`},
		{"sendMessage", html("1 < 2"), `Bad Request: can't parse entities: Unsupported start tag "" at byte offset 2`},
		{"sendMessage", html("<b"), "Bad Request: can't parse entities: Unclosed start tag at byte offset 0"},
		{"sendMessage", html(`<a href="x`), `Bad Request: can't parse entities: Unclosed start tag "a" at byte offset 0`},
		{"sendMessage", html("<span>x</span>"), `Bad Request: can't parse entities: Tag "span" must have class "tg-spoiler" at byte offset 0`},
		{"sendMessage", html("<b>x</b"), "Bad Request: can't parse entities: Unclosed end tag at byte offset 4"},
		{"sendMessage", html("a &amp; b &nbsp; &#128512; <a href='https://x.id'>x</a>"), ""},
		{"sendMessage", values("chat_id", "7", "text", "x", "reply_to_message_id", "999"), "Bad Request: message to be replied not found"},
		{"sendMessage", values("chat_id", "7", "text", "x", "reply_to_message_id", "999", "allow_sending_without_reply", "true"), ""},
		{"sendMessage", values("chat_id", "7", "text", "x", "reply_parameters", fmt.Sprintf(`{"message_id":%d}`, theirs)), ""},
		{"sendMessage", keys("x"), "Bad Request: can't parse reply keyboard markup JSON object"},
		{"sendMessage", keys("[]"), "Bad Request: object expected as reply markup"},
		{"sendMessage", keys(`{"inline_keyboard":[{}]}`), `Bad Request: field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays`},
		{"sendMessage", button(`{"callback_data":"x"}`), `Bad Request: can't parse inline keyboard button: Can't find field "text"`},
		{"sendMessage", button(`{"text":" ","callback_data":"x"}`), "Bad Request: inline keyboard button text must be non-empty"},
		{"sendMessage", button(`{"text":"x"}`), "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"},
		{"sendMessage", button(`{"text":"x","callback_data":""}`), "Bad Request: BUTTON_DATA_INVALID"},
		{"sendMessage", button(`{"text":"x","callback_data":"` + strings.Repeat("é", 32) + `"}`), ""},
		{"sendMessage", button(`{"text":"x","callback_data":"` + strings.Repeat("é", 32) + `x"}`), "Bad Request: BUTTON_DATA_INVALID"},
		{"sendMessage", button(`{"text":"x","url":"localhost"}`), "Bad Request: inline keyboard button URL 'localhost' is invalid: Wrong HTTP URL"},
		{"sendMessage", button(`{"text":"x","url":"https://t.me/x"}`), ""},
		{"sendMessage", keys(`{"inline_keyboard":[` + strings.Repeat(`[{"text":"x","callback_data":"x"}],`, 100) + `[{"text":"x","callback_data":"x"}]]}`), "Bad Request: reply markup is too long"},
		{"sendChatAction", values("chat_id", "7", "action", "sleeping"), "Bad Request: wrong parameter action in request"},
		{"sendPhoto", values("chat_id", "7"), "Bad Request: there is no photo in the request"},
		{"sendPhoto", values("chat_id", "7", "photo", "unknown-id"), "Bad Request: wrong file identifier/HTTP URL specified"},
		{"editMessageText", values("chat_id", "7", "message_id", "999", "text", "x"), "Bad Request: message to edit not found"},
		{"editMessageText", values("chat_id", "7", "message_id", strconv.Itoa(theirs), "text", "x"), "Bad Request: message can't be edited"},
		{"deleteMessage", values("chat_id", "7", "message_id", "999"), "Bad Request: message to delete not found"},
		{"answerCallbackQuery", values("callback_query_id", "1"), "Bad Request: query is too old and response timeout expired or query ID is invalid"},
		{"setMyCommands", values("commands", `[{"command":"Daftar","description":"x"}]`), "Bad Request: BOT_COMMAND_INVALID"},
		{"setMyCommands", values("commands", `[{"command":"daftar","description":""}]`), "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID"},
		{"setMyCommands", values("commands", `[{"command":"daftar","description":"x"}]`, "scope", `{"type":"x"}`), "Bad Request: can't parse BotCommandScope: Unsupported type specified"},
		{"getFile", values("file_id", "x"), "Bad Request: invalid file_id"},
		{"getChatMember", values("chat_id", "7", "user_id", "99"), "Bad Request: user not found"},
		{"getNothing", nil, "Not Found: method not found"},
	} {
		got := c.call(row.method, row.params)
		if got.OK != (row.want == "") || got.Description != row.want {
			t.Errorf("%d %s %.120v: %d %q, want %q", i, row.method, row.params, got.Code, got.Description, row.want)
		}
	}
	p.Block()
	if got := c.call("sendMessage", html("x")); got.Code != 403 || got.Description != "Forbidden: bot was blocked by the user" {
		t.Errorf("a blocked chat: %+v", got)
	}
	resp, err := c.http.Get(srv.URL() + "/bot1:wrong/getMe")
	if got := c.read(resp, err); got.Code != 401 || got.Description != "Unauthorized" {
		t.Errorf("a wrong token: %+v", got)
	}
	if n := srv.Calls()["setmycommands"]; n != 3 {
		t.Errorf("setMyCommands was counted %d times", n)
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	srv, c := serve(t, botapi.Options{Limits: botapi.NoLimits()})
	srv.Person(7, "Siti", "").Start()
	var pic bytes.Buffer
	if err := png.Encode(&pic, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	to := values("chat_id", "7", "caption", "<b>x</b>", "parse_mode", "HTML")
	for _, row := range []struct {
		method, field string
		data          []byte
		want          string
		params        url.Values
	}{
		{"sendPhoto", "photo", pic.Bytes(), "", to},
		{"sendPhoto", "photo", []byte("no picture"), "Bad Request: IMAGE_PROCESS_FAILED", to},
		{"sendPhoto", "photo", nil, "Bad Request: file must be non-empty", to},
		{"sendPhoto", "photo", make([]byte, botapi.MaxPhoto+1), "Bad Request: file is too big", to},
		{"sendDocument", "document", []byte("akta"), "", to},
		{"sendDocument", "document", []byte("akta"), "Bad Request: message caption is too long", values("chat_id", "7", "caption", strings.Repeat("x", 1025))},
		{"sendDocument", "document", make([]byte, botapi.MaxUpload+1), "Request Entity Too Large", to},
		{"sendDocument", "other", []byte("akta"), "Bad Request: there is no document in the request", to},
	} {
		got := c.upload(row.method, row.field, "a.txt", row.data, row.params)
		if got.OK != (row.want == "") || got.Description != row.want {
			t.Errorf("%s of %d bytes: %q, want %q", row.method, len(row.data), got.Description, row.want)
		}
	}
	seen := srv.FromBot(7)
	if len(seen) != 2 || !seen[0].File.Photo || seen[0].HTML() != "<b>x</b>" || string(seen[1].File.Data) != "akta" {
		t.Fatalf("seen %+v", seen)
	}
	edit := values("chat_id", "7", "message_id", strconv.Itoa(seen[1].ID), "text", "y")
	if got := c.call("editMessageText", edit); got.Description != "Bad Request: there is no text in the message to edit" {
		t.Errorf("editing a document's text: %+v", got)
	}
	// A file that was sent can be sent again by its ID and downloaded.
	srv.Person(8, "Budi", "").SendDocument("b.txt", "text/plain", []byte("isi"), "")
	var doc struct {
		Document struct {
			FileID string `json:"file_id"`
		} `json:"document"`
	}
	if err := json.Unmarshal(c.updates(nil)[0]["message"], &doc); err != nil {
		t.Fatal(err)
	}
	if got := c.call("sendDocument", values("chat_id", "7", "document", doc.Document.FileID)); !got.OK {
		t.Errorf("sending by file ID: %+v", got)
	}
	var file struct {
		Path string `json:"file_path"`
	}
	if err := json.Unmarshal(c.call("getFile", values("file_id", doc.Document.FileID)).Result, &file); err != nil {
		t.Fatal(err)
	}
	resp, err := c.http.Get(srv.URL() + "/file/bot" + srv.Token() + "/" + file.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if data, err := io.ReadAll(resp.Body); err != nil || string(data) != "isi" {
		t.Errorf("downloaded %q, %v", data, err)
	}
}

func TestEdits(t *testing.T) {
	t.Parallel()
	srv, c := serve(t, botapi.Options{Limits: botapi.NoLimits()})
	p := srv.Person(7, "Siti", "").Start()
	keys := `{"inline_keyboard":[[{"text":"Ya","callback_data":"y"}]]}`
	if r := c.call("sendMessage", values("chat_id", "7", "text", "satu", "reply_markup", keys)); !r.OK {
		t.Fatalf("%+v", r)
	}
	id := strconv.Itoa(srv.FromBot(7)[0].ID)
	same := c.call("editMessageText", values("chat_id", "7", "message_id", id, "text", "satu", "reply_markup", keys))
	if same.Code != 400 || !strings.HasPrefix(same.Description, "Bad Request: message is not modified") {
		t.Errorf("an edit without a change: %+v", same)
	}
	query, err := p.Press(0, "y")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false} {
		if got := c.call("answerCallbackQuery", values("callback_query_id", query)); got.OK != want {
			t.Errorf("answer %d of a press: %+v", i, got)
		}
	}
	if got := c.call("editMessageText", values("chat_id", "7", "message_id", id, "text", "dua")); !got.OK {
		t.Errorf("%+v", got)
	}
	if m := srv.FromBot(7)[0]; m.Text != "dua" || len(m.Buttons) != 0 || !m.Edited {
		t.Errorf("after the edit: %+v", m)
	}
	if _, err := p.Press(0, "y"); err == nil {
		t.Error("a button that is gone could be pressed")
	}
	if got := c.call("deleteMessage", values("chat_id", "7", "message_id", id)); !got.OK || len(srv.FromBot(7)) != 0 {
		t.Errorf("%+v leaves %+v", got, srv.FromBot(7))
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	srv, c := serve(t, botapi.Options{})
	srv.Person(7, "Siti", "").Start()
	for i, params := range []url.Values{
		values("text", "https://x.id"), values("text", "tanpa tautan"),
		values("text", "https://x.id", "disable_web_page_preview", "true"),
		values("text", "https://x.id", "link_preview_options", `{"is_disabled":true}`),
	} {
		params.Set("chat_id", "7")
		c.call("sendMessage", params)
		if got := srv.FromBot(7)[i].Preview; got != (i == 0) {
			t.Errorf("%v previews: %v", params, got)
		}
	}
}

func TestUpdates(t *testing.T) {
	t.Parallel()
	srv, c := serve(t, botapi.Options{})
	p := srv.Person(7, "Siti", "siti")
	for i := range 3 {
		p.Send(strconv.Itoa(i))
	}
	first := c.updates(values("limit", "2"))
	if len(first) != 2 || srv.Pending() != 3 {
		t.Fatalf("%d updates, %d pending: reading must not confirm", len(first), srv.Pending())
	}
	second, _ := strconv.Atoi(string(first[1]["update_id"]))
	rest := c.updates(values("offset", strconv.Itoa(second+1), "allowed_updates", `["callback_query"]`))
	if len(rest) != 1 || srv.Pending() != 1 {
		t.Errorf("%d updates, %d pending after the offset moved", len(rest), srv.Pending())
	}
	p.Send("not asked for")
	if n := srv.Pending(); n != 1 {
		t.Errorf("%d pending: a kind that was not asked for came", n)
	}
	// A long poll ends as soon as something comes; a second one ends the first.
	c.call("getUpdates", values("offset", strconv.Itoa(second+2), "allowed_updates", `[]`))
	replies := make(chan reply, 2)
	poll := func() { replies <- c.call("getUpdates", values("offset", strconv.Itoa(second+2), "timeout", "50")) }
	var g sync.WaitGroup
	g.Go(poll)
	g.Go(poll)
	lost := <-replies
	if lost.Code != 409 || !strings.HasPrefix(lost.Description, "Conflict: terminated by other getUpdates request") {
		t.Errorf("the first of two polls ended with %+v", lost)
	}
	p.Send("halo")
	if got := <-replies; !got.OK || !strings.Contains(string(got.Result), "halo") {
		t.Errorf("the second ended with %+v", got)
	}
	g.Wait()
}

func TestPrivacy(t *testing.T) {
	t.Parallel()
	texts := []string{"halo", "/tugas", "/tugas@emileku_bot", "/tugas@lain_bot", "hai @Emileku_bot", "a@emileku_bot.id"}
	for name, c := range map[string]struct {
		off   bool
		admin bool
		want  []string
	}{
		"on":    {want: []string{"/tugas", "/tugas@emileku_bot", "hai @Emileku_bot"}},
		"off":   {off: true, want: texts},
		"admin": {admin: true, want: texts},
	} {
		srv, cl := serve(t, botapi.Options{PrivacyOff: c.off})
		p := srv.Person(7, "Siti", "")
		g := srv.Group(-5, "Tim", p)
		p.In(g).Send("before the bot came")
		g.AddBot(p)
		if c.admin {
			g.PromoteBot(p)
		}
		for _, s := range texts {
			p.In(g).Send(s)
		}
		var got []string
		for _, u := range cl.updates(nil) {
			var m struct {
				Text string `json:"text"`
			}
			if json.Unmarshal(u["message"], &m) == nil && m.Text != "" {
				got = append(got, m.Text)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("privacy %s: the bot sees %q, want %q", name, got, c.want)
		}
	}
}

// TestLimits goes by the server's own clock: it counts what is let through at
// once.
func TestLimits(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		limits botapi.Limits
		chats  []string
		want   int
	}{
		"private": {botapi.Limits{}, []string{"7"}, 5},
		"group":   {botapi.Limits{}, []string{"-5"}, 20},
		"overall": {
			botapi.Limits{Private: botapi.Rate{Off: true}, Overall: botapi.Rate{N: 3, Per: time.Hour}}, []string{"7", "8"}, 3,
		},
		"off": {botapi.NoLimits(), []string{"7"}, 60},
	} {
		srv, c := serve(t, botapi.Options{Limits: row.limits})
		p := srv.Person(7, "Siti", "").Start()
		srv.Person(8, "Budi", "").Start()
		srv.Group(-5, "Tim", p).AddBot(p)
		refused := 0
		for i := range 60 {
			got := c.call("sendMessage", values("chat_id", row.chats[i%len(row.chats)], "text", "x"))
			if got.Code == 429 {
				refused++
				want := "Too Many Requests: retry after " + strconv.Itoa(got.Parameters.RetryAfter)
				if got.Parameters.RetryAfter < 1 || got.Description != want {
					t.Fatalf("%s: %+v", name, got)
				}
			}
		}
		// A slow machine may see a token more come back in between.
		if n := srv.Delivered(); n < row.want || n > row.want+2 || refused != 60-n || srv.TooMany() != refused {
			t.Errorf("%s: %d delivered, %d refused (%d counted), want %d delivered", name, n, refused, srv.TooMany(), row.want)
		}
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	srv, c := serve(t, botapi.Options{})
	srv.Person(7, "Siti", "").Start()
	var g sync.WaitGroup
	g.Go(func() { c.call("sendMessage", values("chat_id", "7", "text", "halo")) })
	if got, err := srv.WaitMessages(t.Context(), 7, 1); err != nil || got[0].Text != "halo" {
		t.Errorf("%+v, %v", got, err)
	}
	g.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := srv.WaitMessages(ctx, 7, 2); err == nil {
		t.Error("WaitMessages did not fail")
	}
}

// FuzzHTML: what the parser takes has entities inside the text.
func FuzzHTML(f *testing.F) {
	for _, s := range []string{"<b>x</b>", `<a href="https://x.id">&lt;😀</a>`, "<i><b>x</i>", "<pre><code class=\"language-go\">x</code></pre>", "&#x1F600;&", "<b  ><", "</", "<a =x>"} {
		f.Add(s)
	}
	srv, c := serve(f, botapi.Options{Limits: botapi.NoLimits()})
	srv.Person(7, "Siti", "").Start()
	f.Fuzz(func(t *testing.T, s string) {
		c := &client{t, srv, c.http}
		if r := c.call("sendMessage", values("chat_id", "7", "parse_mode", "HTML", "text", s)); !r.OK {
			return
		}
		all := srv.FromBot(7)
		last := all[len(all)-1]
		for _, style := range []string{"bold", "italic", "code"} {
			last.Styled(style) // panics where an entity is outside
		}
		c.call("deleteMessage", values("chat_id", "7", "message_id", strconv.Itoa(last.ID)))
	})
}

// BenchmarkSend is the server's own speed: messages per second from 16
// connections to 1,000 chats.
func BenchmarkSend(b *testing.B) {
	srv, c := serve(b, botapi.Options{Limits: botapi.NoLimits()})
	for id := range int64(1000) {
		srv.Person(id+1, "Warga", "").Start()
	}
	var next sync.Mutex
	chat := 0
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			next.Lock()
			chat = chat%1000 + 1
			to := strconv.Itoa(chat)
			next.Unlock()
			if r := c.call("sendMessage", values("chat_id", to, "text", "Undangan <b>E-MILE KU</b>", "parse_mode", "HTML")); !r.OK {
				b.Errorf("%+v", r)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
}
