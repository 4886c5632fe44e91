package pdf

import (
	"strconv"
	"strings"

	"github.com/diskopukm/emileku/bot/channel/markup"
)

// Span is a run of text in one cut of the font.
type Span struct {
	Text         string
	Bold, Italic bool
}

// Text is what a paragraph says.
type Text []Span

// Plain is text as it stands.
func Plain(s string) Text { return Text{{Text: s}} }

// Bold is text in bold.
func Bold(s string) Text { return Text{{Text: s, Bold: true}} }

// Marked reads *tebal* and _miring_, as texts that the team edits have them.
func Marked(s string) Text {
	var t Text
	for _, sp := range markup.Parse(s) {
		t = append(t, Span{Text: sp.Text, Bold: sp.Bold, Italic: sp.Italic})
	}
	return t
}

// Align says how lines stand in their width.
type Align int

// Ways to stand.
const (
	Left Align = iota
	Justified
	Centre
	Right
)

// Style of a paragraph; zero values are the document's.
type Style struct {
	Size         float64
	Align        Align
	Bold, Italic bool
	Leading      float64 // distance of baselines as a share of the size; zero: 1.3
	First        float64 // indent of the first line
	Indent       float64 // of all lines
	Even         bool    // lines of about one length, for titles
}

const defaultLeading = 1.3

func (d *Document) style(s Style) Style {
	if s.Size == 0 {
		s.Size = d.o.Size
	}
	if s.Leading == 0 {
		s.Leading = defaultLeading
	}
	return s
}

func (s Style) lead() float64 { return s.Size * s.Leading * mm }

// word is a piece between two spaces; its runs may differ in cut.
type word struct {
	runs  []run
	width float64
	brk   bool // a line break follows
}

type run struct {
	text string
	font font
}

// line is what stands beside each other.
type line struct {
	words []word
	width float64 // with its spaces
	last  bool    // of its paragraph, or before a line break: not stretched
}

// words splits text at spaces. An empty word with brk is an empty line.
func (d *Document) words(t Text, s Style) []word {
	var out []word
	var cur word
	end := func(brk bool) {
		if len(cur.runs) > 0 || brk {
			cur.brk = brk
			out = append(out, cur)
		}
		cur = word{}
	}
	for _, sp := range t {
		f := font{bold: sp.Bold || s.Bold, italic: sp.Italic || s.Italic, size: s.Size}
		text := d.face.legible(sp.Text)
		for text != "" {
			i := strings.IndexAny(text, " \n")
			piece := text
			if i >= 0 {
				piece = text[:i]
			}
			if piece != "" {
				cur.runs = append(cur.runs, run{piece, f})
				cur.width += d.face.width(piece, f)
			}
			if i < 0 {
				break
			}
			end(text[i] == '\n')
			text = text[i+1:]
		}
	}
	end(false)
	return out
}

// lines breaks text into lines of that width, the first one narrower by first.
// A word that alone is too long is cut.
func (d *Document) lines(t Text, s Style, width, first float64) []line {
	var out []line
	cur := line{}
	room := width - first
	space := d.face.width(" ", font{size: s.Size})
	flush := func(last bool) {
		cur.last = last
		out = append(out, cur)
		cur, room = line{}, width
	}
	todo := d.words(t, s)
	for len(todo) > 0 {
		w := todo[0]
		todo = todo[1:]
		need := w.width
		if len(cur.words) > 0 {
			need += space
		}
		switch {
		case cur.width+need <= room+1e-6:
		case len(cur.words) > 0:
			flush(false)
			todo = append([]word{w}, todo...)
			continue
		default:
			head, rest := d.cut(w, room)
			if w = head; len(rest.runs) > 0 {
				todo = append([]word{rest}, todo...)
			} else {
				w.brk = rest.brk // a single character, wider than the line
			}
			need = w.width
		}
		cur.words = append(cur.words, w)
		cur.width += need
		if w.brk {
			flush(true)
		}
	}
	if len(cur.words) > 0 || len(out) == 0 {
		flush(true)
	}
	out[len(out)-1].last = true
	return out
}

// cut divides a word that is too wide, after at least one character.
func (d *Document) cut(w word, room float64) (head, rest word) {
	rest = word{brk: w.brk}
	for n, r := range w.runs {
		for i, c := range r.text {
			cw := d.face.width(string(c), r.font)
			if head.width == 0 || head.width+cw <= room {
				head.width += cw
				continue
			}
			if i > 0 {
				head.runs = append(head.runs, run{r.text[:i], r.font})
			}
			rest.runs = append([]run{{r.text[i:], r.font}}, w.runs[n+1:]...)
			rest.width = w.width - head.width
			return head, rest
		}
		head.runs = append(head.runs, r)
	}
	return head, rest
}

// Paragraph sets text. It never leaves a single line of it alone at the end
// or the beginning of a page.
func (d *Document) Paragraph(t Text, s Style) {
	if !d.ok() {
		return
	}
	s = d.style(s)
	width := d.width - s.Indent
	ls := d.lines(t, s, width, s.First)
	if s.Even {
		ls = d.evenly(t, s, width, ls)
	}
	lead := s.lead()
	for i, l := range ls {
		left := len(ls) - i
		fit := int((d.Room() + 1e-6) / lead)
		alone := fit < left && (fit == 1 && i == 0 && left > 1 || fit == left-1 && fit > 0 && fit <= 2 && i > 0 && left == 2)
		if d.split && (fit < 1 || alone) && d.y > d.o.Margins.Top {
			d.NewPage()
		}
		x, w := d.left+s.Indent, width
		if i == 0 {
			x, w = x+s.First, w-s.First
		}
		d.line(l, s, x, w, d.y+lead*0.78)
		d.y += lead
	}
}

// evenly breaks lines anew, as short as they can be without becoming more.
func (d *Document) evenly(t Text, s Style, width float64, ls []line) []line {
	for narrow := width - 2; narrow > width/2 && len(ls) > 1; narrow -= 2 {
		again := d.lines(t, s, narrow, s.First)
		if len(again) > len(ls) {
			break
		}
		ls = again
	}
	return ls
}

// Height is how high Paragraph would be, in the present width.
func (d *Document) Height(t Text, s Style) float64 {
	if !d.ok() {
		return 0
	}
	s = d.style(s)
	return float64(len(d.lines(t, s, d.width-s.Indent, s.First))) * s.lead()
}

// line draws a line with its baseline at y. Neighbours of one cut are drawn in
// one go, so that a reader selects them as a line of text.
func (d *Document) line(l line, s Style, x, width, y float64) {
	extra := 0.0
	switch free := width - l.width; {
	case s.Align == Justified && !l.last && len(l.words) > 1:
		extra = free / float64(len(l.words)-1)
	case s.Align == Centre:
		x += free / 2
	case s.Align == Right:
		x += free
	}
	var runs []run
	for i, w := range l.words {
		for j, r := range w.runs {
			text := r.text
			n := len(runs) - 1
			if i > 0 && j == 0 && n >= 0 {
				runs[n].text += " " // the space belongs to the run before it
			}
			if n >= 0 && runs[n].font == r.font {
				runs[n].text += text
				continue
			}
			runs = append(runs, run{text, r.font})
		}
	}
	plain := font{size: s.Size}
	for _, r := range runs {
		d.put(r.text, r.font, x, y, extra)
		// A space is as wide in every cut of these families; measured all the same.
		n := float64(strings.Count(r.text, " "))
		x += d.face.width(r.text, r.font) + n*(extra+d.face.width(" ", plain)-d.face.width(" ", r.font))
	}
}

// Heading sets a heading, kept together with what follows it.
func (d *Document) Heading(s string, st Style) {
	st.Bold = true
	t := Plain(s)
	d.Need(d.Height(t, st) + 3*d.style(Style{}).lead())
	d.Paragraph(t, st)
}

// Numbering writes the mark of a list's item, counted from 0.
type Numbering func(i int) string

// Decimal is 1. 2. 3.
func Decimal(i int) string { return strconv.Itoa(i+1) + "." }

// Alphabetic is a. b. c., and after z. the numbers.
func Alphabetic(i int) string {
	if i > 25 {
		return Decimal(i)
	}
	return string(rune('a'+i)) + "."
}

// Dash is an en dash for each.
func Dash(int) string { return "–" }

// List sets items with hanging marks.
func (d *Document) List(items []Text, mark Numbering, s Style) {
	s = d.style(s)
	hang := 0.0
	for i := range items {
		hang = max(hang, d.face.width(mark(i), font{bold: s.Bold, italic: s.Italic, size: s.Size}))
	}
	hang += 2.5
	for i, item := range items {
		d.hang(Plain(mark(i)), item, hang, s)
	}
}

// hang sets a mark, and text beside it with all of its lines indented. The
// mark goes with the first line.
func (d *Document) hang(mark, t Text, width float64, s Style) {
	if !d.ok() {
		return
	}
	d.Need(min(2, float64(len(d.lines(t, s, d.width-s.Indent-width, 0)))) * s.lead())
	inner := s
	inner.Indent += width
	inner.First = 0
	first := d.lines(mark, s, width, 0)[0]
	left := s
	left.Align = Left
	d.line(first, left, d.left+s.Indent, width, d.y+s.lead()*0.78)
	d.Paragraph(t, inner)
}

// Fact is a label and what it says: "Hari/tanggal : Kamis, …".
type Fact struct {
	Label string
	Value Text
}

// Facts sets labels, colons and values in three columns.
func (d *Document) Facts(list []Fact, s Style) {
	if !d.ok() {
		return
	}
	label := 0.0
	for _, f := range list {
		label = max(label, d.LabelWidth(f.Label, s))
	}
	for _, f := range list {
		d.Labelled(f.Label, label, s, func(in Style) { d.Paragraph(f.Value, in) })
	}
}

// LabelWidth is the room that a label takes in Labelled.
func (d *Document) LabelWidth(label string, s Style) float64 {
	s = d.style(s)
	if d.err != nil {
		return 0
	}
	return d.face.width(d.face.legible(label), font{bold: s.Bold, italic: s.Italic, size: s.Size}) + 3
}

// Labelled sets a label of that width and a colon, and beside them what body
// sets, which may go on over pages.
func (d *Document) Labelled(label string, width float64, s Style, body func(Style)) {
	if !d.ok() {
		return
	}
	const colon = 3.5
	s = d.style(s)
	d.Need(s.lead())
	y := d.y + s.lead()*0.78
	mark := s
	mark.Align = Left
	d.line(d.lines(Plain(label), mark, width+colon, 0)[0], mark, d.left+s.Indent, width, y)
	d.line(d.lines(Plain(":"), mark, colon, 0)[0], mark, d.left+s.Indent+width, colon, y)
	in := s
	in.Indent, in.First = 0, 0
	shift := s.Indent + width + colon
	d.left, d.width = d.left+shift, d.width-shift
	body(in)
	d.left, d.width = d.left-shift, d.width+shift
}
