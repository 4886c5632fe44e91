package event

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Post is something that the office published about an event, and where (SOP
// step 4).
type Post struct {
	ID       string   `json:"id"` // PostID
	Version  int64    `json:"version"`
	EventID  string   `json:"eventId"`
	N        int      `json:"n"`                  // its number within the event
	Where    string   `json:"where"`              // "Instagram @diskopukm"
	Link     string   `json:"link,omitempty"`     // where it can be seen
	Audience Audience `json:"audience,omitempty"` // whom it is for; "": all
	Note     string   `json:"note,omitempty"`
	// On is the date on which it went out, at midnight WIB.
	On        time.Time `json:"on"`
	By        string    `json:"by,omitempty"` // person who noted it
	Gone      bool      `json:"gone,omitempty"`
	Origin    string    `json:"origin,omitempty"` // the message that noted it: a replay notes it once
	Handled   string    `json:"handled,omitempty"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// PostID is the natural key, which sorts as the numbers count: "EMK-2027/007".
func PostID(eventID string, n int) string { return fmt.Sprintf("%s/%03d", eventID, n) }

// Sources of registrations: how somebody came to us, where it is known.
const (
	SourceLink = "tautan" // the common link of an audience, on posters and in texts
	sourcePost = "p"      // and a number: the link of one post
)

// PostSource names a post as a source, in links, too: "p7".
func PostSource(n int) string { return fmt.Sprintf("%s%d", sourcePost, n) }

// SourceNamed reads the source that a link carried; any link at all is at least
// SourceLink.
func SourceNamed(text string) string {
	n, err := strconv.Atoi(strings.TrimPrefix(text, sourcePost))
	if err != nil || n < 1 || n > 999 || text != PostSource(n) {
		return SourceLink
	}
	return text
}
