package event

import "time"

// Person is someone the bot knows, over all channels.
type Person struct {
	ID        string     `json:"id"` // key of the first account they wrote from
	Version   int64      `json:"version"`
	Name      string     `json:"name,omitempty"`
	Phone     string     `json:"phone,omitempty"` // E.164
	Email     string     `json:"email,omitempty"` // lower case
	Accounts  []Account  `json:"accounts"`
	Role      Role       `json:"role,omitempty"`
	Consent   *Consent   `json:"consent,omitempty"`
	StoppedAt *time.Time `json:"stoppedAt,omitempty"` // asked us to stop: nothing is sent unasked on any channel
	CreatedAt time.Time  `json:"createdAt"`
	SeenAt    time.Time  `json:"seenAt"`
}

// Account is one identity of a person on a channel.
type Account struct {
	Key      string     `json:"key"`            // AccountKey(channel, user ID): unique over all people
	Chat     string     `json:"chat,omitempty"` // key of the private chat; "" until they opened one
	Username string     `json:"username,omitempty"`
	Blocked  *time.Time `json:"blocked,omitempty"` // since when the channel says that they blocked us
}

// AccountKey names an identity: "telegram:4711".
func AccountKey(channel, userID string) string { return channel + ":" + userID }

// Account finds the identity with that key, or nil.
func (p *Person) Account(key string) *Account {
	for i := range p.Accounts {
		if p.Accounts[i].Key == key {
			return &p.Accounts[i]
		}
	}
	return nil
}

// PrivateChat is the key of the chat to write to: that of the account seen
// last that has not blocked us; "" if there is none.
func (p *Person) PrivateChat() string {
	for i := len(p.Accounts) - 1; i >= 0; i-- {
		if a := p.Accounts[i]; a.Chat != "" && a.Blocked == nil {
			return a.Chat
		}
	}
	return ""
}

// Consent is a person's yes to keeping their data (UU PDP).
type Consent struct {
	At      time.Time `json:"at"`
	Wording int       `json:"wording"` // version of the text they agreed to
}

// ConsentWording is the version of the consent text in templates; raise it
// when the meaning of that text changes, and people are asked again.
const ConsentWording = 1

// Role is what a person may do. The zero Role is a guest.
type Role string

// Roles, from least to most.
const (
	Guest     Role = ""
	ReadOnly  Role = "readonly"
	FrontDesk Role = "frontdesk"
	Member    Role = "member"
	Lead      Role = "lead"
)

// Staff reports whether r belongs to the team.
func (r Role) Staff() bool { return r != Guest }

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool {
	switch r {
	case Guest, ReadOnly, FrontDesk, Member, Lead:
		return true
	}
	return false
}
