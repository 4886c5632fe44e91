package event

import (
	"testing"
	"time"
)

// The SOP's table of reminders, with what decides beside the answer: when it
// came, and whether the guest knows of the event at all.
func TestMessageAt(t *testing.T) {
	t.Parallel()
	e := &Event{Start: time.Date(2027, 2, 15, 8, 0, 0, 0, Jakarta)}
	invited := time.Date(2026, 12, 1, 9, 0, 0, 0, Jakarta)
	before, after, lately := invited.Add(-24*time.Hour), invited.Add(24*time.Hour), e.StageAt(StageH40).Add(-7*24*time.Hour)
	said := func(a Answer, at time.Time) Reply { return Reply{Answer: a, At: &at} }
	for _, tt := range []struct {
		name    string
		invited *time.Time
		reply   Reply
		want    [4]Message // H-40, H-14, H-7, the day before
	}{
		{"never invited", nil, Reply{}, [4]Message{}},
		{"silent", &invited, Reply{}, [4]Message{MsgAsk, MsgAskShort, MsgAskLast, NoMessage}},
		{"maybe since the invitation", &invited, said(Maybe, after), [4]Message{NoMessage, MsgCertain, MsgAskLast, NoMessage}},
		{"maybe before the invitation", &invited, said(Maybe, before), [4]Message{MsgAsk, MsgCertain, MsgAskLast, NoMessage}},
		{"maybe by telephone, never invited", nil, said(Maybe, after), [4]Message{NoMessage, MsgCertain, MsgAskLast, NoMessage}},
		{"yes long ago", &invited, said(Yes, after), [4]Message{MsgThanks, MsgStill, MsgPrepare, MsgEve}},
		{"yes lately", &invited, said(Yes, lately), [4]Message{NoMessage, MsgStill, MsgPrepare, MsgEve}},
		{"yes on paper, never invited", nil, said(Yes, after), [4]Message{MsgThanks, MsgStill, MsgPrepare, MsgEve}},
		{"represented", &invited, said(Delegated, after), [4]Message{MsgThanks, MsgStill, MsgPrepare, MsgEve}},
		{"declined", &invited, said(No, after), [4]Message{}},
	} {
		for i, s := range Reminders() {
			p := &Participation{Audience: UKM, InvitedAt: tt.invited, Reply: tt.reply}
			if got := p.MessageAt(s, e.StageAt(s)); got != tt.want[i] {
				t.Errorf("%s, %s: %q, want %q", tt.name, s, got, tt.want[i])
			}
		}
	}
}
