package dialog

import (
	"context"
	"errors"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// faq finds the short answer to a question. eventID may be "".
func (d *Desk) faq(ctx context.Context, topic understand.Topic, eventID string) (key string, data templates.Data, err error) {
	var e *event.Event
	if eventID != "" {
		e, err = d.app.Event(ctx, eventID)
	} else {
		e, err = d.app.Current(ctx)
	}
	if errors.Is(err, storage.ErrNotFound) {
		e, err = nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	key = "faq." + string(topic)
	if !d.texts.Has(key) || e == nil && aboutEvent(topic) {
		key = "faq.unknown"
	}
	return key, templates.Data{"Event": e}, nil
}

func aboutEvent(topic understand.Topic) bool {
	switch topic {
	case understand.AskWhen, understand.AskWhere, understand.AskDeadline, understand.AskWhat:
		return true
	}
	return false
}
