package botapi

import (
	"encoding/json"
	"net/url"
	"strings"
)

// Button is one button under a message.
type Button struct {
	Text string `json:"text"`
	Data string `json:"callback_data,omitempty"`
	URL  string `json:"url,omitempty"`
}

// Key is one key of the keyboard that replaces the person's own.
type Key struct {
	Text    string
	Contact bool // pressing it shares the person's number
}

// replyMarkup is what a message brings along.
type replyMarkup struct {
	inline  [][]Button
	keys    [][]Key
	oneTime bool
	remove  bool
}

type keyboardJSON struct {
	Inline *[][]json.RawMessage `json:"inline_keyboard"`
	Keys   *[][]json.RawMessage `json:"keyboard"`
	Once   bool                 `json:"one_time_keyboard"`
	Resize bool                 `json:"resize_keyboard"`
	Remove bool                 `json:"remove_keyboard"`
	Force  bool                 `json:"force_reply"`
}

func parseMarkup(raw string, inlineOnly bool) (*replyMarkup, *apiError) {
	if raw == "" || raw == "null" {
		return &replyMarkup{}, nil
	}
	var value any
	if json.Unmarshal([]byte(raw), &value) != nil {
		return nil, badRequest("can't parse reply keyboard markup JSON object")
	}
	if _, ok := value.(map[string]any); !ok {
		return nil, badRequest("object expected as reply markup")
	}
	var k keyboardJSON
	if json.Unmarshal([]byte(raw), &k) != nil {
		return nil, badRequest("field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays")
	}
	m := &replyMarkup{remove: k.Remove, oneTime: k.Once}
	if k.Keys != nil {
		if inlineOnly {
			return nil, badRequest("inline keyboard expected")
		}
		if err := m.readKeys(*k.Keys); err != nil {
			return nil, err
		}
	}
	if k.Inline != nil {
		if err := m.readInline(*k.Inline); err != nil {
			return nil, err
		}
	}
	if inlineOnly && (k.Remove || k.Force) {
		return nil, badRequest("inline keyboard expected")
	}
	if len(m.inline) > 0 && len(m.keys) > 0 {
		m.inline = nil // a reply keyboard goes first on the published server
	}
	return m, nil
}

func (m *replyMarkup) readKeys(rows [][]json.RawMessage) *apiError {
	for _, row := range rows {
		var keys []Key
		for _, raw := range row {
			var key struct {
				Text    *string `json:"text"`
				Contact bool    `json:"request_contact"`
			}
			var text string
			if json.Unmarshal(raw, &text) == nil {
				key.Text = &text
			} else if json.Unmarshal(raw, &key) != nil {
				return badRequest("can't parse keyboard button: KeyboardButton must be a String or an Object")
			}
			if key.Text == nil {
				return badRequest("can't parse keyboard button: Can't find field \"text\"")
			}
			if strings.TrimSpace(*key.Text) == "" {
				return badRequest("keyboard button text must be non-empty")
			}
			keys = append(keys, Key{Text: *key.Text, Contact: key.Contact})
		}
		if len(keys) > 0 {
			m.keys = append(m.keys, keys)
		}
	}
	return nil
}

func (m *replyMarkup) readInline(rows [][]json.RawMessage) *apiError {
	count := 0
	for _, row := range rows {
		var buttons []Button
		for _, raw := range row {
			b, err := readButton(raw)
			if err != nil {
				return err
			}
			if count++; count > 100 {
				return badRequest("reply markup is too long")
			}
			buttons = append(buttons, b)
		}
		if len(buttons) > 8 {
			return badRequest("BUTTON_ROW_TOO_LONG")
		}
		if len(buttons) > 0 {
			m.inline = append(m.inline, buttons)
		}
	}
	return nil
}

func readButton(raw json.RawMessage) (Button, *apiError) {
	var b struct {
		Text *string `json:"text"`
		Data *string `json:"callback_data"`
		URL  *string `json:"url"`
	}
	if json.Unmarshal(raw, &b) != nil {
		return Button{}, badRequest("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
	}
	if b.Text == nil {
		return Button{}, badRequest("can't parse inline keyboard button: Can't find field \"text\"")
	}
	if strings.TrimSpace(*b.Text) == "" {
		return Button{}, badRequest("inline keyboard button text must be non-empty")
	}
	switch {
	case b.URL != nil:
		u, ok := checkURL(*b.URL)
		if !ok {
			return Button{}, badRequest("inline keyboard button URL '%s' is invalid: %s", *b.URL, "Wrong HTTP URL")
		}
		return Button{Text: *b.Text, URL: u}, nil
	case b.Data != nil:
		if len(*b.Data) < 1 || len(*b.Data) > 64 {
			return Button{}, badRequest("BUTTON_DATA_INVALID")
		}
		return Button{Text: *b.Text, Data: *b.Data}, nil
	}
	return Button{}, badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
}

// checkURL takes http, https, tg and ton links, and what lacks a scheme but
// has a dotted host.
func checkURL(s string) (string, bool) {
	if strings.ContainsAny(s, " \n\t\"<>") {
		return "", false
	}
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return "", false
	}
	switch u.Scheme {
	case "tg", "ton":
		return s, u.Host != ""
	case "http", "https":
		host := u.Hostname()
		return s, strings.Contains(host, ".") && !strings.HasPrefix(host, ".") && !strings.HasSuffix(host, ".")
	}
	return "", false
}
