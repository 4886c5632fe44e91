package email

import (
	"html"
	"regexp"
	"strings"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/markup"
)

// The page has no tables, no script and nothing from elsewhere. Some programs
// drop the style sheet: it is readable without.
const (
	pageHead = `<!DOCTYPE html>
<html lang="id"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>`
	pageStyle = `</title><style>
body{margin:0;padding:16px;font-family:-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif;font-size:17px;line-height:1.5}
.isi{max-width:36em;margin:0 auto;overflow-wrap:break-word}
p{margin:0 0 1em}
.kecil{margin-top:2em;font-size:14px;opacity:.75}
.kecil a{color:inherit}
.gambar{margin-top:2em}
img{max-width:100%;height:auto}
.jawab{margin:0 0 10px}
a.tombol{display:block;padding:13px 16px;border:2px solid #0b5d3b;border-radius:8px;color:#0b5d3b;background:#fff;font-weight:bold;text-align:center;text-decoration:none}
</style></head><body><div class="isi">`
	pageEnd = `</div></body></html>`
)

// page is a mail as HTML. stop names the address that ends all mails, which is
// too long to be read; "" shows it as it is.
func page(title, stop string, m channel.Outbound, pictures []picture) string {
	names := map[string]string{}
	if m.Stop != "" && stop != "" {
		names[m.Stop] = stop
	}
	var b strings.Builder
	b.WriteString(pageHead + html.EscapeString(title) + pageStyle)
	if text := body(m.Text, nil); text != "" {
		b.WriteString("<p>" + text + "</p>")
	}
	for _, k := range linkButtons(m) {
		b.WriteString(`<p class="jawab"><a class="tombol" href="` + html.EscapeString(k.URL) + `">` + html.EscapeString(k.Label) + "</a></p>")
	}
	for _, p := range pictures {
		b.WriteString(`<p class="gambar"><img src="cid:` + html.EscapeString(p.ID) + `" alt="` + html.EscapeString(p.Name) + `"></p>`)
	}
	if m.Footer != "" {
		b.WriteString(`<div class="kecil"><p>` + body(m.Footer, names) + "</p></div>")
	}
	b.WriteString(pageEnd)
	return b.String()
}

// body is text in the bot's markup as HTML: paragraphs, lines and links, which
// show their names where they have one.
func body(text string, names map[string]string) string {
	var b strings.Builder
	for _, sp := range markup.Parse(text) {
		open, end := "", ""
		for _, t := range []struct {
			on  bool
			tag string
		}{{sp.Bold, "b"}, {sp.Italic, "i"}, {sp.Code, "code"}} {
			if t.on {
				open, end = open+"<"+t.tag+">", "</"+t.tag+">"+end
			}
		}
		b.WriteString(open + linked(sp.Text, names) + end)
	}
	paragraphs := strings.Split(b.String(), "\n\n")
	for i, p := range paragraphs {
		paragraphs[i] = strings.ReplaceAll(strings.Trim(p, "\n"), "\n", "<br>\n")
	}
	return strings.Join(paragraphs, "</p>\n<p>")
}

var address = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>"'.,;:!?()\[\]*_]`)

// linked escapes text and makes links of the addresses in it.
func linked(text string, names map[string]string) string {
	var b strings.Builder
	for {
		at := address.FindStringIndex(text)
		if at == nil {
			return b.String() + html.EscapeString(text)
		}
		url := text[at[0]:at[1]]
		name := names[url]
		if name == "" {
			name = url
		}
		b.WriteString(html.EscapeString(text[:at[0]]) + `<a href="` + html.EscapeString(url) + `">` + html.EscapeString(name) + "</a>")
		text = text[at[1]:]
	}
}
