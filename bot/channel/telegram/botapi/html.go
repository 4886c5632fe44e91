package botapi

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Entity is a styled run of a text; offset and length count UTF-16 units.
type Entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	URL    string `json:"url,omitempty"`
	User   object `json:"user,omitempty"`
}

// entityTypes are the tags that parse mode HTML knows.
var entityTypes = map[string]string{
	"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
	"s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
	"a": "text_link", "span": "spoiler", "tg-spoiler": "spoiler", "blockquote": "blockquote", "tg-emoji": "custom_emoji",
}

type openTag struct {
	name   string
	offset int
	attrs  map[string]string
}

// htmlParser reads parse mode HTML with the checks and the words of the
// published server.
type htmlParser struct {
	in       string
	i        int
	out      strings.Builder
	units    int
	open     []openTag
	entities []Entity
}

func parseHTML(s string) (string, []Entity, error) {
	p := &htmlParser{in: s}
	for p.i < len(p.in) {
		var err error
		switch p.in[p.i] {
		case '&':
			p.reference()
		case '<':
			if p.i+1 < len(p.in) && p.in[p.i+1] == '/' {
				err = p.endTag()
			} else {
				err = p.startTag()
			}
		default:
			r, w := utf8.DecodeRuneInString(p.in[p.i:])
			p.put(r)
			p.i += w
		}
		if err != nil {
			return "", nil, err
		}
	}
	if n := len(p.open); n > 0 {
		return "", nil, fmt.Errorf("Can't find end tag corresponding to start tag %q", p.open[n-1].name) //nolint:staticcheck // Telegram's words
	}
	slices.SortStableFunc(p.entities, func(a, b Entity) int {
		if a.Offset != b.Offset {
			return a.Offset - b.Offset
		}
		return b.Length - a.Length
	})
	return p.out.String(), p.entities, nil
}

func (p *htmlParser) put(r rune) {
	p.out.WriteRune(r)
	p.units += utf16.RuneLen(r)
}

// reference reads "&lt;" and the like; anything unknown stands for itself.
func (p *htmlParser) reference() {
	end := strings.IndexByte(p.in[p.i:], ';')
	if end > 1 {
		name := p.in[p.i+1 : p.i+end]
		r := rune(0)
		switch name {
		case "lt":
			r = '<'
		case "gt":
			r = '>'
		case "amp":
			r = '&'
		case "quot":
			r = '"'
		default:
			r = numeric(name)
		}
		if r != 0 {
			p.put(r)
			p.i += end + 1
			return
		}
	}
	p.put('&')
	p.i++
}

func numeric(name string) rune {
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0
	}
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(digits), "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return 0
	}
	return rune(n)
}

func (p *htmlParser) startTag() error {
	begin := p.i
	p.i++
	start := p.i
	for p.i < len(p.in) && !isSpace(p.in[p.i]) && p.in[p.i] != '>' {
		p.i++
	}
	if p.i == len(p.in) {
		return fmt.Errorf("Unclosed start tag at byte offset %d", begin) //nolint:staticcheck // Telegram's words
	}
	tag := openTag{name: strings.ToLower(p.in[start:p.i]), offset: p.units, attrs: make(map[string]string)}
	if entityTypes[tag.name] == "" {
		return fmt.Errorf("Unsupported start tag %q at byte offset %d", tag.name, begin) //nolint:staticcheck // Telegram's words
	}
	for p.in[p.i] != '>' {
		if err := p.attribute(&tag, begin); err != nil {
			return err
		}
	}
	p.i++
	if tag.name == "span" && tag.attrs["class"] != "tg-spoiler" {
		return fmt.Errorf("Tag \"span\" must have class \"tg-spoiler\" at byte offset %d", begin) //nolint:staticcheck // Telegram's words
	}
	p.open = append(p.open, tag)
	return nil
}

// attribute reads spaces and at most one attribute; afterwards p.i is inside
// the input.
func (p *htmlParser) attribute(tag *openTag, begin int) error {
	unclosed := fmt.Errorf("Unclosed start tag %q at byte offset %d", tag.name, begin) //nolint:staticcheck // Telegram's words
	for p.i < len(p.in) && isSpace(p.in[p.i]) {
		p.i++
	}
	if p.i == len(p.in) {
		return unclosed
	}
	if p.in[p.i] == '>' {
		return nil
	}
	start := p.i
	for p.i < len(p.in) && !isSpace(p.in[p.i]) && p.in[p.i] != '=' && p.in[p.i] != '>' {
		p.i++
	}
	name := strings.ToLower(p.in[start:p.i])
	if name == "" {
		return fmt.Errorf("Empty attribute name in the tag %q at byte offset %d", tag.name, begin) //nolint:staticcheck // Telegram's words
	}
	if p.i < len(p.in) && (p.in[p.i] == '>' || isSpace(p.in[p.i])) {
		tag.attrs[name] = "" // such as <blockquote expandable>
		return nil
	}
	if p.i+1 >= len(p.in) {
		return unclosed
	}
	p.i++ // "="
	end := func(c byte) bool { return isSpace(c) || c == '>' }
	if quote := p.in[p.i]; quote == '"' || quote == '\'' {
		p.i++
		end = func(c byte) bool { return c == quote }
	}
	start = p.i
	for p.i < len(p.in) && !end(p.in[p.i]) {
		p.i++
	}
	if p.i == len(p.in) {
		return unclosed
	}
	tag.attrs[name] = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&amp;", "&").Replace(p.in[start:p.i])
	if p.in[p.i] == '"' || p.in[p.i] == '\'' {
		p.i++
	}
	if p.i == len(p.in) {
		return unclosed
	}
	return nil
}

func (p *htmlParser) endTag() error {
	begin := p.i
	if len(p.open) == 0 {
		return fmt.Errorf("Unexpected end tag at byte offset %d", begin) //nolint:staticcheck // Telegram's words
	}
	p.i += 2
	start := p.i
	for p.i < len(p.in) && !isSpace(p.in[p.i]) && p.in[p.i] != '>' {
		p.i++
	}
	name := strings.ToLower(p.in[start:p.i])
	for p.i < len(p.in) && isSpace(p.in[p.i]) {
		p.i++
	}
	if p.i == len(p.in) || p.in[p.i] != '>' {
		return fmt.Errorf("Unclosed end tag at byte offset %d", begin) //nolint:staticcheck // Telegram's words
	}
	p.i++
	tag := p.open[len(p.open)-1]
	if name != "" && name != tag.name {
		return fmt.Errorf("Unmatched end tag at byte offset %d, expected \"</%s>\", found \"</%s>\"", //nolint:staticcheck // Telegram's words
			begin, tag.name, name)
	}
	p.open = p.open[:len(p.open)-1]
	if length := p.units - tag.offset; length > 0 {
		e := Entity{Type: entityTypes[tag.name], Offset: tag.offset, Length: length, URL: tag.attrs["href"]}
		if e.Type != "text_link" {
			e.URL = ""
		} else if e.URL == "" {
			return nil // Telegram drops a link to nowhere
		}
		p.entities = append(p.entities, e)
	}
	return nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func unitLen(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// cut returns the UTF-16 range of s, which must lie inside it.
func cut(s string, offset, length int) string {
	u := utf16.Encode([]rune(s))
	return string(utf16.Decode(u[offset : offset+length]))
}

var detected = regexp.MustCompile(`(?:^|[^\w/@])(/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?|@[A-Za-z0-9_]{3,32})`)

// detect finds the commands and mentions that Telegram marks by itself.
func detect(text string) []Entity {
	var out []Entity
	for _, m := range detected.FindAllStringSubmatchIndex(text, -1) {
		word := text[m[2]:m[3]]
		kind := "mention"
		if word[0] == '/' {
			kind = "bot_command"
		}
		out = append(out, Entity{Type: kind, Offset: unitLen(text[:m[2]]), Length: unitLen(word)})
	}
	return out
}

// formatted reads a text parameter: parse mode, entities, trimming.
func formatted(req *request, name string) (string, []Entity, *apiError) {
	raw := req.params[name]
	if !utf8.ValidString(raw) {
		return "", nil, badRequest("strings must be encoded in UTF-8")
	}
	if len(raw) > 1<<16 {
		return "", nil, badRequest("text is too long")
	}
	for _, name := range []string{"entities", "caption_entities"} {
		if raw := req.params[name]; raw != "" && raw != "null" && raw != "[]" {
			return "", nil, badRequest("this server reads no %s parameter", name)
		}
	}
	text, entities := raw, []Entity(nil)
	switch mode := strings.ToLower(req.params["parse_mode"]); mode {
	case "":
	case "html":
		var err error
		if text, entities, err = parseHTML(raw); err != nil {
			return "", nil, badRequest("can't parse entities: %s", err)
		}
	default:
		return "", nil, badRequest("unsupported parse_mode")
	}
	return trim(text, entities)
}

// trim drops the space around a text, and moves its entities along.
func trim(text string, entities []Entity) (string, []Entity, *apiError) {
	left := strings.TrimLeft(text, " \n\t\r")
	skipped := unitLen(text) - unitLen(left)
	trimmed := strings.TrimRight(left, " \n\t\r")
	size := unitLen(trimmed)
	kept := entities[:0]
	for _, e := range entities {
		begin := max(e.Offset-skipped, 0)
		end := min(e.Offset-skipped+e.Length, size)
		if end > begin {
			e.Offset, e.Length = begin, end-begin
			kept = append(kept, e)
		}
	}
	return trimmed, kept, nil
}
