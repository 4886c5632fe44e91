package dialog

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgPost = "post"

type postPhase string

// Questions of /branding catat.
const (
	psWhere postPhase = "where"
	psLink  postPhase = "link"
	psFor   postPhase = "for"
	psDate  postPhase = "date"
)

type postState struct {
	Phase   postPhase `json:"phase"`
	Tag     string    `json:"tag"`
	EventID string    `json:"eventId"`
	Where   string    `json:"where,omitempty"`
	Link    string    `json:"link,omitempty"`
	Date    string    `json:"date,omitempty"`
	For     string    `json:"for,omitempty"`
}

// args are what is known, as one line.
func (st postState) args() string {
	return strings.ReplaceAll(st.Where, "|", "/") + " | " + st.Link + " | " + st.Date + " | " + st.For
}

// brandingOrder does what is said behind /branding besides posters: what was
// published where, and who came by it. ok is false for anything else.
//
//	/branding catat Instagram @diskopukm | https://… | 20 Nov 2026 | ukm
//	/branding unggahan, /branding asal, /branding hapus 2
func (d *Desk) brandingOrder(ctx context.Context, t *Turn, e *event.Event, rest string) (ok bool, err error) {
	word, more := cutWord(rest)
	more = unbar(more)
	switch event.Fold(word) {
	case "catat", "unggah", "tambah", "posting":
		return true, d.addPost(ctx, t, e, more)
	case "unggahan", "daftar", "catatan":
		return true, d.listPosts(ctx, t, e)
	case "asal", "sumber":
		return true, d.showSources(ctx, t, e)
	case "hapus":
		return true, d.dropPost(ctx, t, e, more, true)
	case "pulihkan":
		return true, d.dropPost(ctx, t, e, more, false)
	}
	return false, nil
}

// postLine is a note as texts show it.
type postLine struct {
	N     int
	Where string
	Link  string
	For   string // whom it is for; "" all
	On    time.Time
	Came  int // registrations that came by its own link
}

func (d *Desk) postLines(ctx context.Context, t *Turn, e *event.Event) ([]postLine, error) {
	posts, err := d.app.Posts(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	sources, err := d.app.Sources(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	var out []postLine
	for _, p := range posts {
		l := postLine{N: p.N, Where: p.Where, Link: p.Link, On: p.On}
		if p.Audience != "" {
			l.For = t.Label("audience", string(p.Audience))
		}
		for _, n := range sources[event.PostSource(p.N)] {
			l.Came += n
		}
		out = append(out, l)
	}
	slices.SortStableFunc(out, func(a, b postLine) int { return a.On.Compare(b.On) })
	return out, nil
}

func (d *Desk) listPosts(ctx context.Context, t *Turn, e *event.Event) error {
	lines, err := d.postLines(ctx, t, e)
	if err != nil {
		return err
	}
	at := "/branding " + e.ID + " "
	list := []choice{{t.Label("branding", "note"), at + "catat"}}
	if len(lines) > 0 {
		list = append(list, choice{t.Label("branding", "sources"), at + "asal"}, choice{t.Label("branding", "drop"), at + "hapus"})
		if open, err := d.stepOpen(ctx, e, event.BrandingTask); err != nil {
			return err
		} else if open {
			list = append(list, choice{t.Label("branding", "done"), "/selesai " + e.ID + " " + event.BrandingTask})
		}
	}
	menu, err := d.menu(t, list...)
	if err != nil {
		return err
	}
	return t.Say("branding.posts", templates.Data{"Event": e, "Posts": lines}, menu, replyHint())
}

// sourceLine is where registrations came from.
type sourceLine struct {
	Kind  string // "link", "post", "unknown"
	Where string // of a post
	N     int    // its number
	Total int
	By    []string // "UKM 8"
}

// showSources is /branding asal: who came through which link, where known.
func (d *Desk) showSources(ctx context.Context, t *Turn, e *event.Event) error {
	sources, err := d.app.Sources(ctx, e.ID)
	if err != nil {
		return err
	}
	posts, err := d.app.Store().Posts().List(ctx, e.ID) // with those taken back: people came by them all the same
	if err != nil {
		return err
	}
	line := func(kind, source string) sourceLine {
		l := sourceLine{Kind: kind}
		for _, a := range event.Registrable() {
			if n := sources[source][a]; n > 0 {
				l.Total += n
				l.By = append(l.By, t.Label("audience", string(a))+" "+strconv.Itoa(n))
			}
		}
		return l
	}
	var lines []sourceLine
	for _, p := range posts {
		l := line("post", event.PostSource(p.N))
		l.Where, l.N = p.Where, p.N
		if l.Total > 0 || !p.Gone {
			lines = append(lines, l)
		}
	}
	slices.SortStableFunc(lines, func(a, b sourceLine) int { return b.Total - a.Total })
	lines = append(lines, line("link", event.SourceLink), line("unknown", ""))
	total := 0
	for _, l := range lines {
		total += l.Total
	}
	menu, err := d.menu(t, choice{t.Label("branding", "posts"), "/branding " + e.ID + " unggahan"})
	if err != nil {
		return err
	}
	return t.Say("branding.sources", templates.Data{"Event": e, "Sources": lines, "Total": total}, menu)
}

// addPost is /branding catat where | link | date | for whom.
func (d *Desk) addPost(ctx context.Context, t *Turn, e *event.Event, args string) error {
	if args == "" {
		return d.askPost(ctx, t, postState{Phase: psWhere, EventID: e.ID})
	}
	f := fields(args)
	p := event.Post{EventID: e.ID, Where: cutRunes(strings.Join(strings.Fields(f[0]), " "), maxItemField), On: event.Midnight(d.app.Now())}
	st := postState{EventID: e.ID, Where: p.Where}
	again := func(key string, phase postPhase) error { // what was read is kept
		st.Phase = phase
		return noteAgain(t, key, nil, func() error { return d.askPost(ctx, t, st) })
	}
	if p.Where == "" {
		return again("branding.bad.where", psWhere)
	}
	for i, to := range []*string{&st.Link, &st.Date, &st.For} {
		if i+1 < len(f) {
			*to = f[i+1]
		}
	}
	for i, field := range f[1:] {
		switch {
		case field == "" || field == "-":
		case i == 0:
			link, ok := postLink(field)
			if !ok {
				return again("branding.bad.link", psLink)
			}
			p.Link = link
		case i == 1:
			when, err := understand.DateTime(field, d.app.Now())
			switch {
			case event.Fold(field) == "kemarin":
				p.On = p.On.AddDate(0, 0, -1)
			case event.Fold(field) == "hari ini":
			case err != nil:
				return again("branding.bad.date", psDate)
			default:
				p.On = event.Midnight(when.Time)
			}
		case i == 2:
			aud, _ := guestlist.ReadAudience(field)
			if !slices.Contains(event.Registrable(), aud) && event.Fold(field) != "semua" {
				return again("branding.bad.for", psFor)
			}
			p.Audience = aud
		}
	}
	t.Close()
	noted, err := d.app.AddPost(ctx, t.Actor(), p)
	if err != nil {
		return err
	}
	return d.sayPost(t, e, noted)
}

func (d *Desk) sayPost(t *Turn, e *event.Event, p *event.Post) error {
	payload := "daftar"
	if p.Audience != "" {
		payload += "_" + string(p.Audience)
	} else {
		payload += "_" // the audience is asked
	}
	data := templates.Data{"Event": e, "Post": postLine{N: p.N, Where: p.Where, Link: p.Link, On: p.On}, "Chats": d.waysIn(payload + "_" + event.PostSource(p.N))}
	if p.Audience != "" {
		data["Post"] = postLine{N: p.N, Where: p.Where, Link: p.Link, On: p.On, For: t.Label("audience", string(p.Audience))}
	}
	at := "/branding " + e.ID + " "
	menu, err := d.menu(t, choice{t.Label("rundown", "undo"), at + "hapus " + strconv.Itoa(p.N)}, choice{t.Label("branding", "note"), at + "catat"}, choice{t.Label("branding", "posts"), at + "unggahan"})
	if err != nil {
		return err
	}
	return t.Say("branding.noted", data, menu)
}

// postLink reads an address; one without its scheme gets it.
func postLink(text string) (string, bool) {
	if len(text) > 500 || strings.ContainsAny(text, " \t\n<>\"") {
		return "", false
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || !strings.Contains(strings.Trim(u.Hostname(), "."), ".") || u.User != nil {
		return "", false
	}
	return u.String(), true
}

func (d *Desk) dropPost(ctx context.Context, t *Turn, e *event.Event, text string, gone bool) error {
	again := func() error {
		return noteAgain(t, "branding.which.post", nil, func() error { return d.listPosts(ctx, t, e) })
	}
	n, err := strconv.Atoi(strings.Trim(text, " .#"))
	if err != nil {
		return again()
	}
	p, err := d.app.DropPost(ctx, t.Actor(), e.ID, n, gone)
	if errors.Is(err, storage.ErrNotFound) {
		return again()
	}
	if err != nil {
		return err
	}
	t.Close()
	if !gone {
		return d.listPosts(ctx, t, e)
	}
	menu, err := d.menu(t, choice{t.Label("rundown", "undo"), "/branding " + e.ID + " pulihkan " + strconv.Itoa(n)}, choice{t.Label("branding", "posts"), "/branding " + e.ID + " unggahan"})
	if err != nil {
		return err
	}
	return t.Say("branding.dropped", templates.Data{"N": n, "Where": p.Where}, menu)
}

// askPost asks the question of st.Phase.
func (d *Desk) askPost(_ context.Context, t *Turn, st postState) error {
	st.Tag = tagHere(t, "ps")
	if err := t.Open(dlgPost, st); err != nil {
		return err
	}
	data := templates.Data{"Where": st.Where}
	switch st.Phase {
	case psLink:
		return t.Say("branding.ask.link", data, t.choices(st.Tag, choice{t.Label("branding", "nolink"), "-"}), replyHint())
	case psDate:
		return t.Say("branding.ask.date", data, d.stopButton(t, st.Tag), replyHint())
	case psFor:
		return t.Say("branding.ask.for", data, t.choices(st.Tag, d.posterChoices(t)...), replyHint())
	}
	return t.Say("branding.ask.where", data, d.stopButton(t, st.Tag), replyHint())
}

// postStep takes the answer to the question that stands.
func (d *Desk) postStep(ctx context.Context, t *Turn) error {
	if ok, err := d.stillMay(t, "branding"); !ok {
		return err
	}
	var st postState
	t.Load(&st)
	again := func(key string) error { return noteAgain(t, key, nil, func() error { return d.askPost(ctx, t, st) }) }
	if ok, err := beginStep(t, openQuestion{tag: st.Tag, left: "answer.left", kind: "event.bad.kind", again: again}); !ok {
		return err
	}
	e, err := d.app.Event(ctx, st.EventID)
	if err != nil {
		t.Close()
		return err
	}
	text := t.Text()
	switch st.Phase {
	case psWhere:
		if strings.Contains(text, "|") {
			return d.addPost(ctx, t, e, text)
		}
		st.Where, st.Phase = cutRunes(strings.Join(strings.Fields(text), " "), maxItemField), psLink
		return d.askPost(ctx, t, st)
	case psLink:
		if v, ok := d.chosen(t, st.Tag, []choice{{t.Label("branding", "nolink"), "-"}}); ok {
			text = v
		}
		if text != "-" {
			link, ok := postLink(text)
			if !ok {
				return again("branding.bad.link")
			}
			text = link
		}
		if st.Link = text; st.For != "" { // all else is known
			return d.addPost(ctx, t, e, st.args())
		}
		st.Phase = psFor
		return d.askPost(ctx, t, st)
	case psDate:
		st.Date = text
		return d.addPost(ctx, t, e, st.args())
	}
	v, ok := d.chosen(t, st.Tag, d.posterChoices(t))
	if !ok {
		return again("answer.choose")
	}
	st.For = v
	return d.addPost(ctx, t, e, st.args())
}
