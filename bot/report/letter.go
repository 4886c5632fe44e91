package report

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report/pdf"
)

// OfficeView is what all of the office's printed matter bears.
type OfficeView struct {
	Head     []string // government, office
	Address  []string // address, telephone
	Logo     []byte   // PNG, JPEG or WebP; nil: none
	City     string
	Title    string // of who signs
	Name     string
	Rank     string
	NIP      string
	Paper    string // A4 or F4
	FontSans bool
}

// LetterView is a letter or a decree. Office, Body and Made are required.
type LetterView struct {
	Office OfficeView
	Made   time.Time // when the file is made
	Draft  bool      // not numbered yet: the pages say so
	Decree bool      // laid out as a decree, not as a letter

	Number  string // "": to be filled in
	Date    time.Time
	Nature  string
	Annexes string // Lampiran: "1 (satu) berkas"
	Subject string // Hal, or Tentang
	To      []string

	// Body is the text in the markup of the bot's texts, in paragraphs parted
	// by empty lines; see blocks for the forms that paragraphs have.
	Body string

	Link     string // the QR code beside the signature; "": none
	LinkNote string
	Annex    *AnnexView
}

// AnnexView is a table on pages of its own.
type AnnexView struct {
	Title   string
	Columns []AnnexColumn
	Groups  []AnnexGroup
}

// AnnexColumn is a column; Width is its share.
type AnnexColumn struct {
	Head  string
	Width float64
}

// AnnexGroup is a part of the table, under its name where that is not "".
type AnnexGroup struct {
	Name string
	Rows [][]string // without their numbers, which run through
}

// Words on letters.
const (
	letterNumber  = "Nomor"
	letterNature  = "Sifat"
	letterAnnex   = "Lampiran"
	letterSubject = "Hal"
	letterTo      = "Kepada"
	letterDraft   = "KONSEP – belum bernomor dan belum ditandatangani"
	letterBlank   = "…………………………"
	letterNIP     = "NIP. "

	decreeOf      = "KEPUTUSAN"
	decreeNumber  = "NOMOR"
	decreeAbout   = "TENTANG"
	decreePlace   = "Ditetapkan di"
	decreeDate    = "pada tanggal"
	annexOfLetter = "LAMPIRAN SURAT"
	annexOfDecree = "LAMPIRAN KEPUTUSAN"
	annexDate     = "Tanggal"
	annexNo       = "No."
)

// Letter sets a formal letter, or a decree, with its annex.
func Letter(v LetterView) ([]byte, error) {
	if strings.TrimSpace(v.Body) == "" || len(v.Office.Head) == 0 {
		return nil, errors.New("a letter needs a text and a letterhead")
	}
	title := v.Subject
	if v.Number != "" {
		title += " – " + v.Number
	}
	d := pdf.New(pdf.Options{
		Paper: pdf.PaperOf(v.Office.Paper), Made: v.Made, Title: title, Subject: v.Subject, Author: v.Office.Head[len(v.Office.Head)-1],
		Font: officeFont(v.Office), Number: func(page, pages int) string {
			if v.Draft {
				return letterDraft
			}
			return pdf.PageOf(page, pages)
		},
	})
	v.Office.letterhead(d)
	if v.Decree {
		decreeHead(d, v)
	} else {
		letterHead(d, v)
	}
	letterBody(d, v)
	letterSign(d, v)
	letterAnnexPages(d, v)
	out, err := d.Bytes()
	if err != nil {
		return nil, fmt.Errorf("letter: %w", err)
	}
	return out, nil
}

func officeFont(o OfficeView) pdf.Font {
	if o.FontSans {
		return pdf.Sans
	}
	return pdf.Serif
}

func (o OfficeView) letterhead(d *pdf.Document) {
	d.Letterhead(pdf.Letterhead{Lines: o.Head, Address: o.Address, Logo: o.Logo})
}

// signature is the office's block; place are the lines above it.
func (o OfficeView) signature(place ...string) pdf.Signature {
	s := pdf.Signature{Place: place, Title: []string{o.Title}, Name: o.Name}
	if o.Rank != "" {
		s.Under = append(s.Under, o.Rank)
	}
	if o.NIP != "" {
		s.Under = append(s.Under, letterNIP+o.NIP)
	}
	return s
}

// fullDate is "24 November 2026".
func fullDate(t time.Time) string {
	_, date, _ := strings.Cut(event.Day(t), ", ")
	return date
}

func orBlank(s string) string {
	if s == "" {
		return letterBlank
	}
	return s
}

func dated(t time.Time) string {
	if t.IsZero() {
		return letterBlank
	}
	return fullDate(t)
}

// letterHead is the number and subject on the left, place, date and addressee
// on the right.
func letterHead(d *pdf.Document, v LetterView) {
	facts := []pdf.Fact{{Label: letterNumber, Value: pdf.Plain(orBlank(v.Number))}}
	for _, f := range []struct{ label, value string }{{letterNature, v.Nature}, {letterAnnex, v.Annexes}} {
		if f.value != "" {
			facts = append(facts, pdf.Fact{Label: f.label, Value: pdf.Plain(f.value)})
		}
	}
	facts = append(facts, pdf.Fact{Label: letterSubject, Value: pdf.Bold(v.Subject)})
	d.Columns(8, []float64{11, 9}, func() { d.Facts(facts, pdf.Style{}) }, func() {
		d.Paragraph(pdf.Plain(v.Office.City+", "+dated(v.Date)), pdf.Style{})
		d.Space(3)
		d.Paragraph(pdf.Plain(letterTo), pdf.Style{})
		for _, l := range v.To {
			d.Paragraph(pdf.Plain(l), pdf.Style{})
		}
	})
	d.Space(6)
}

func decreeHead(d *pdf.Document, v LetterView) {
	centre := pdf.Style{Align: pdf.Centre, Bold: true, Even: true}
	// Who decides is named without the words that say in whose place.
	office := strings.TrimPrefix(strings.TrimPrefix(strings.ToUpper(v.Office.Title), "PLH "), "PLT ")
	d.Paragraph(pdf.Plain(decreeOf+" "+office), centre)
	d.Paragraph(pdf.Plain(decreeNumber+" "+orBlank(v.Number)), centre)
	d.Space(3)
	d.Paragraph(pdf.Plain(decreeAbout), centre)
	d.Space(3)
	d.Paragraph(pdf.Plain(strings.ToUpper(v.Subject)), centre)
	d.Space(6)
}

func letterSign(d *pdf.Document, v LetterView) {
	place := []string(nil) // a letter has its date above
	if v.Decree {
		place = []string{decreePlace + " " + v.Office.City, decreeDate + " " + dated(v.Date)}
	}
	sign := v.Office.signature(place...)
	d.Space(6)
	if v.Link == "" {
		d.Sign(sign)
		return
	}
	const size = 30
	code, err := QR(v.Link, 600)
	if err != nil { // the link is longer than a code holds: the letter goes without
		d.Sign(sign)
		return
	}
	d.SignBeside(size+12, func() {
		d.Picture(pdf.Picture{Data: code, Width: size, Height: size, Sharp: true})
		d.Paragraph(pdf.Plain(v.LinkNote), pdf.Style{Size: 9})
	}, sign)
}

func letterAnnexPages(d *pdf.Document, v LetterView) {
	if v.Annex == nil {
		return
	}
	d.NewPage()
	head := annexOfLetter
	if v.Decree {
		head = annexOfDecree
	}
	d.Columns(8, []float64{1, 1}, func() {}, func() {
		d.Paragraph(pdf.Plain(head), pdf.Style{})
		d.Facts([]pdf.Fact{{Label: letterNumber, Value: pdf.Plain(orBlank(v.Number))}, {Label: annexDate, Value: pdf.Plain(dated(v.Date))}}, pdf.Style{})
	})
	d.Space(6)
	d.Heading(v.Annex.Title, pdf.Style{Align: pdf.Centre})
	d.Space(4)
	columns := []pdf.Column{{Head: annexNo, Width: 1.2, Align: pdf.Right}}
	for _, c := range v.Annex.Columns {
		columns = append(columns, pdf.Column{Head: c.Head, Width: c.Width})
	}
	d.Table(pdf.Table{Columns: columns, Shade: true, Rows: func(yield func([]string) bool) {
		n := 0
		for _, g := range v.Annex.Groups {
			if g.Name != "" && !yield([]string{g.Name}) {
				return
			}
			for _, row := range g.Rows {
				n++
				if !yield(append([]string{strconv.Itoa(n)}, row...)) {
					return
				}
			}
		}
	}})
	d.Space(8)
	d.Sign(v.Office.signature())
}

// letterBody sets the paragraphs. Labels of one run stand in one column; in a
// decree all labels do.
func letterBody(d *pdf.Document, v LetterView) {
	blocks := letterBlocks(v.Body)
	all := 0.0
	for _, b := range blocks {
		for _, f := range b.facts {
			all = max(all, d.LabelWidth(f.label, pdf.Style{}))
		}
	}
	indent := 12.0
	if v.Decree {
		indent = 0
	}
	for i, b := range blocks {
		// The last paragraph stays with the signature.
		if i == len(blocks)-1 && b.kind == blockText {
			d.Need(d.Height(pdf.Marked(b.text), pdf.Style{First: indent}) + d.SignHeight(v.Office.signature("", "")) + 12)
		}
		switch b.kind {
		case blockText:
			d.Paragraph(pdf.Marked(b.text), pdf.Style{Align: pdf.Justified, First: indent})
		case blockTitle:
			d.Heading(b.text, pdf.Style{Align: pdf.Centre})
		case blockList:
			b.list.set(d, pdf.Style{Align: pdf.Justified})
		case blockFacts:
			width := all
			if !v.Decree {
				width = 0
				for _, f := range b.facts {
					width = max(width, d.LabelWidth(f.label, pdf.Style{}))
				}
			}
			for _, f := range b.facts {
				align := pdf.Left
				if v.Decree {
					align = pdf.Justified
				}
				d.Labelled(f.label, width, pdf.Style{Indent: indent, Align: align}, func(in pdf.Style) {
					if len(f.list.items) > 0 {
						f.list.set(d, in)
						return
					}
					d.Paragraph(pdf.Marked(f.text), in)
				})
				if v.Decree {
					d.Space(2)
				}
			}
		}
		d.Space(3)
	}
}

type blockKind int

const (
	blockText  blockKind = iota
	blockTitle           // a line in capitals: MEMUTUSKAN:
	blockFacts           // lines such as "Hari : Kamis", or a label over a list
	blockList            // lines such as "1. …" or "a. …"
)

type letterBlock struct {
	kind  blockKind
	text  string
	facts []letterFact
	list  letterList
}

type letterFact struct {
	label, text string
	list        letterList
}

type letterList struct{ marks, items []string }

func (l letterList) set(d *pdf.Document, s pdf.Style) {
	items := make([]pdf.Text, len(l.items))
	for i, item := range l.items {
		items[i] = pdf.Marked(item)
	}
	d.List(items, func(i int) string { return l.marks[i] }, s)
}

// letterBlocks reads the paragraphs of a text as whoever types it in a chat
// writes them: lines with a colon are facts, lines with a number or a letter
// in front are a list, a label with nothing behind its colon stands beside the
// list below it, a single line in capitals is a title. All else is text.
func letterBlocks(body string) []letterBlock {
	var out []letterBlock
	for _, para := range strings.Split(strings.ReplaceAll(body, "\r\n", "\n"), "\n\n") {
		var lines []string
		for line := range strings.SplitSeq(para, "\n") {
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
		if len(lines) == 0 {
			continue
		}
		out = append(out, blockOf(lines)...)
	}
	return out
}

func blockOf(lines []string) []letterBlock {
	if len(lines) == 1 && isTitle(lines[0]) {
		return []letterBlock{{kind: blockTitle, text: lines[0]}}
	}
	if list, ok := listOf(lines); ok {
		return []letterBlock{{kind: blockList, list: list}}
	}
	if label, text, ok := factOf(lines[0]); ok && text == "" && len(lines) > 1 {
		if list, ok := listOf(lines[1:]); ok {
			return []letterBlock{{kind: blockFacts, facts: []letterFact{{label: label, list: list}}}}
		}
	}
	var facts []letterFact
	for _, l := range lines {
		label, text, ok := factOf(l)
		if !ok || text == "" {
			// Text and facts in one paragraph: each line by itself, joined again
			// where neighbours are of a kind.
			return mixed(lines)
		}
		facts = append(facts, letterFact{label: label, text: text})
	}
	return []letterBlock{{kind: blockFacts, facts: facts}}
}

func mixed(lines []string) []letterBlock {
	var out []letterBlock
	for _, l := range lines {
		last := len(out) - 1
		label, text, ok := factOf(l)
		switch {
		case ok && text != "" && last >= 0 && out[last].kind == blockFacts:
			out[last].facts = append(out[last].facts, letterFact{label: label, text: text})
		case ok && text != "":
			out = append(out, letterBlock{kind: blockFacts, facts: []letterFact{{label: label, text: text}}})
		case last >= 0 && out[last].kind == blockText:
			out[last].text += " " + l
		default:
			out = append(out, letterBlock{kind: blockText, text: l})
		}
	}
	return out
}

// longestLabel is in characters.
const longestLabel = 24

// factOf splits "Hari, tanggal : Kamis". A time or an address with a colon is
// no label: those have digits before it.
func factOf(line string) (label, text string, ok bool) {
	label, text, ok = strings.Cut(line, ":")
	label = strings.TrimSpace(label)
	if !ok || label == "" || len([]rune(label)) > longestLabel || len(strings.Fields(label)) > 3 || strings.ContainsAny(label, "0123456789.*_") {
		return "", "", false
	}
	if text != "" && !strings.HasPrefix(text, " ") { // "https://…"
		return "", "", false
	}
	return label, strings.TrimSpace(text), true
}

func listOf(lines []string) (letterList, bool) {
	var l letterList
	for _, line := range lines {
		mark, item, ok := strings.Cut(line, " ")
		if !ok || !isMark(mark) {
			return l, false
		}
		l.marks = append(l.marks, mark)
		l.items = append(l.items, strings.TrimSpace(item))
	}
	return l, len(l.items) > 0
}

// isMark reports whether a word is "1.", "12)", "a.", "-" or "•".
func isMark(w string) bool {
	if w == "-" || w == "•" || w == "–" {
		return true
	}
	stem, ok := strings.CutSuffix(w, ".")
	if !ok {
		if stem, ok = strings.CutSuffix(w, ")"); !ok {
			return false
		}
	}
	if len(stem) == 1 && stem[0] >= 'a' && stem[0] <= 'z' {
		return true
	}
	_, err := strconv.Atoi(stem)
	return err == nil && len(stem) <= 3
}

// isTitle reports whether a line is a heading: short and in capitals.
func isTitle(line string) bool {
	return len(line) >= 4 && len([]rune(line)) <= 60 && line == strings.ToUpper(line) && !strings.Contains(line, ". ") &&
		slices.ContainsFunc([]rune(line), func(r rune) bool { return r >= 'A' && r <= 'Z' })
}

// Faults of a signed letter that somebody uploads.
var (
	ErrNotPDF    = pdf.ErrNotPDF
	ErrTruncated = pdf.ErrTruncated
	ErrEncrypted = pdf.ErrEncrypted
	ErrActive    = pdf.ErrActive
)

// CheckPDF looks whether an upload is a PDF that everybody can open.
func CheckPDF(data []byte) error { return pdf.Check(data) }
