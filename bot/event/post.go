package event

import (
	"fmt"
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
