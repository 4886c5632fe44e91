package templates

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Texts that the team may edit in chat have placeholders such as {sapaan}
// instead of template actions, so that nobody has to know Go. The built-in
// ones are {{define}} blocks like all others, without any action.

var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

// PlaceholderError names what is wrong with the placeholders of a text.
type PlaceholderError struct {
	Missing []string // that the text must have, in the order in which they were asked for
	Unknown []string // that nothing can be filled in for, in their order in the text
}

// Error implements error.
func (e *PlaceholderError) Error() string {
	return fmt.Sprintf("placeholders missing: %s; unknown: %s", strings.Join(e.Missing, ", "), strings.Join(e.Unknown, ", "))
}

// Check holds a text that somebody wrote against the placeholders that it may
// have and those that it must have; a fault is a *PlaceholderError.
func (r *Renderer) Check(body string, known, required []string) error {
	var fault PlaceholderError
	found := map[string]bool{}
	for _, m := range placeholder.FindAllStringSubmatch(body, -1) {
		if !slices.Contains(known, m[1]) && !slices.Contains(required, m[1]) && !found[m[1]] {
			fault.Unknown = append(fault.Unknown, m[1])
		}
		found[m[1]] = true
	}
	for _, name := range required {
		if !found[name] {
			fault.Missing = append(fault.Missing, name)
		}
	}
	if len(fault.Missing)+len(fault.Unknown) > 0 {
		return &fault
	}
	return nil
}

// Custom fills the placeholders of a text from data; values are escaped as in
// Text. A line whose placeholders are all empty is left out, so that "Peta:
// {peta}" needs no condition. A placeholder that data lacks is a
// *PlaceholderError.
func (r *Renderer) Custom(body string, data Data) (string, error) {
	if err := r.Check(body, slices.Collect(maps.Keys(data)), nil); err != nil {
		return "", fmt.Errorf("custom text: %w", err)
	}
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(body, "\r\n", "\n")) {
		places, filled := 0, 0
		line = placeholder.ReplaceAllStringFunc(line, func(p string) string {
			value := escape(data[p[1:len(p)-1]])
			places++
			if value != "" {
				filled++
			}
			return value
		})
		if places == 0 || filled > 0 {
			lines = append(lines, line)
		}
	}
	return tidy(strings.Join(lines, "")), nil
}
