package templates

import (
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/event"
)

// Page writes the web page of page.html. Its words are the texts page.*, filled
// with data; all else is escaped for HTML. Keys that data lacks are empty there
// and an error within a text.
func (r *Renderer) Page(w io.Writer, data Data) error {
	var b strings.Builder
	if err := r.page.ExecuteTemplate(&b, "page", map[string]any(data)); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Renderer) parsePage() (*template.Template, error) {
	raw, err := pageFile.ReadFile("page.html")
	if err != nil {
		return nil, err
	}
	return template.New("").Funcs(template.FuncMap{
		"teks":  r.pageText,
		"label": func(kind string, v any) string { return markup.Plain(r.Label(kind, fmt.Sprint(v))) },
		"hari":  event.Day,
		"pukul": event.Clock,
	}).Parse(string(raw))
}

// pageText is one text as HTML.
func (r *Renderer) pageText(key string, data map[string]any) (template.HTML, error) {
	s, err := r.Text(key, data)
	if err != nil {
		return "", err
	}
	// The markup's own rendering escapes all that people typed.
	return template.HTML(strings.ReplaceAll(markup.HTML(s), "\n", "<br>")), nil //nolint:gosec // see above
}
