package dialog

import (
	"context"
	"errors"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/understand"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

const dlgChange = "change"

// changeState: first Key is chosen, then its new value is asked.
type changeState struct {
	ID    string `json:"id"`
	Key   string `json:"key,omitempty"`
	Done  bool   `json:"done,omitempty"` // something was changed
	Asked place  `json:"asked"`
}

// change is /ubah: one field of a registration, showing its old value.
func (d *Desk) change(ctx context.Context, t *Turn, args string) error {
	if args == "" && t.Chat.Draft != nil {
		// The open draft comes before what was sent already.
		return d.askField(ctx, t, registerState{EventID: t.Chat.Draft.EventID, Audience: t.Chat.Draft.Audience})
	}
	return d.withOne(ctx, t, forChange, args, func(_ context.Context, t *Turn, r *event.Registration) error {
		return d.askWhatToChange(t, changeState{ID: r.ID}, r)
	})
}

func (d *Desk) askWhatToChange(t *Turn, st changeState, r *event.Registration) error {
	if err := t.Open(dlgChange, st); err != nil {
		return err
	}
	list := append(d.fieldChoices(t, r.Audience, r.Answers), choice{t.Label("answer", "finish"), "selesai"})
	return t.Say("change.field", templates.Data{"R": r}, t.choices(dlgChange, list...))
}

func (d *Desk) askNewValue(t *Turn, st changeState, r *event.Registration) error {
	if err := t.Open(dlgChange, st); err != nil {
		return err
	}
	form, _ := event.FormOf(r.Audience)
	fd, _ := form.Field(st.Key)
	tag := changeTag(st)
	if st.Asked.Kecamatan != "" || len(st.Asked.Offered) > 0 {
		return d.askPlace(t, r.Audience, st.Asked, st.ID[:min(4, len(st.ID))]+"!")
	}
	question, err := t.Render("ask."+string(r.Audience)+"."+fd.Key, nil)
	if err != nil {
		return err
	}
	opts := []Option{}
	if fd.Kind == event.Choice {
		opts = append(opts, t.choices(tag, d.options(t, fd)...))
	}
	if fd.Optional && r.Answers[fd.Key] != "" {
		opts = append(opts, t.commands(choice{t.Label("answer", "clear"), pressMark + tag + "|hapus"}))
	}
	opts = append(opts, t.commands(choice{t.Label("answer", "keep"), pressMark + tag + "|tetap"}))
	return t.Say("change.ask", templates.Data{
		"Field": t.fieldName(r.Audience, fd.Key), "Old": d.show(t, r.Audience, fd.Key, r.Answers[fd.Key]),
		"Has": r.Answers[fd.Key] != "", "Optional": fd.Optional, "Question": question,
	}, opts...)
}

// changeTag marks the buttons of one field of one registration.
func changeTag(st changeState) string { return st.ID[:min(4, len(st.ID))] + "!" + st.Key }

func (d *Desk) changeStep(ctx context.Context, t *Turn) error {
	var st changeState
	t.Load(&st)
	r, err := d.app.Store().Registrations().Get(ctx, st.ID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if err != nil || !r.Status.Active() {
		t.Close()
		return t.Say("status.none", nil)
	}
	if st.Key == "" {
		return d.onChangeField(ctx, t, st, r)
	}
	return d.onNewValue(ctx, t, st, r)
}

func (d *Desk) onChangeField(ctx context.Context, t *Turn, st changeState, r *event.Registration) error {
	list := append(d.fieldChoices(t, r.Audience, r.Answers), choice{t.Label("answer", "finish"), "selesai"})
	key, ok := d.chosenField(t, dlgChange, r.Audience, list)
	word := understand.Intent("")
	if t.In.Kind == channel.Text {
		word = intent(t.Text())
	}
	if !ok && st.Done && (word == understand.Back || word == understand.Cancel || word == understand.Done) {
		key, ok = "selesai", true
	}
	if !ok {
		return d.leaveOr(ctx, t, func() error {
			if err := t.Note("answer.choose", nil); err != nil {
				return err
			}
			return d.askWhatToChange(t, st, r)
		})
	}
	switch {
	case key == "selesai" && !st.Done:
		t.Close()
		return t.Say("answer.left", nil, d.afterwards(t))
	case key == "selesai":
		t.Close()
		return t.Say("change.finished", nil, d.afterwards(t))
	}
	st.Key = key
	return d.askNewValue(t, st, r)
}

func (d *Desk) onNewValue(ctx context.Context, t *Turn, st changeState, r *event.Registration) error {
	form, _ := event.FormOf(r.Audience)
	fd, ok := form.Field(st.Key)
	tag := changeTag(st)
	if !ok || t.Stale(tag) {
		if err := t.Note("answer.stale", nil); err != nil {
			return err
		}
		st.Key, st.Asked = "", place{}
		return d.askWhatToChange(t, st, r)
	}
	word := intent(t.Text())
	_, value, pressed := t.Pressed()
	typed := t.In.Kind == channel.Text
	switch {
	case pressed && value == "tetap", typed && (word == understand.Back || word == understand.Cancel || word == understand.Skip):
		st.Key, st.Asked = "", place{}
		if err := t.Note("change.kept", nil); err != nil {
			return err
		}
		return d.askWhatToChange(t, st, r)
	case fd.Optional && (pressed && value == "hapus" || typed && event.Fold(t.Text()) == "hapus"):
		return d.apply(ctx, t, st.Done, r, fd.Key, "")
	}
	got, err := d.read(ctx, t, fd, st.Asked)
	if err != nil {
		return err
	}
	switch {
	case got.asked != nil:
		st.Asked = *got.asked
		return d.askNewValue(t, st, r)
	case got.problem != "":
		if err := t.Note(got.problem, got.data); err != nil {
			return err
		}
		return d.askNewValue(t, st, r)
	}
	return d.apply(ctx, t, st.Done, r, fd.Key, got.value)
}

// apply makes the change, shows before and after, and offers the next one;
// done tells whether something was changed before.
func (d *Desk) apply(ctx context.Context, t *Turn, done bool, r *event.Registration, key, value string) error {
	old := r.Answers[key]
	changed, err := d.app.Change(ctx, t.Actor(), r.ID, key, value)
	var dup *app.DuplicateError
	switch {
	case errors.Is(err, app.ErrNoBooth):
		if err := t.Note("change.nobooth", nil); err != nil {
			return err
		}
		return d.askWhatToChange(t, changeState{ID: r.ID, Done: done}, r)
	case errors.As(err, &dup):
		if err := t.Note("change.same", templates.Data{"Number": dup.Existing.Number}); err != nil {
			return err
		}
		return d.askWhatToChange(t, changeState{ID: r.ID, Done: done}, r)
	case err != nil:
		return err
	}
	data := templates.Data{
		"Field": t.fieldName(r.Audience, key), "Old": d.show(t, r.Audience, key, old), "HadOld": old != "",
		"New": d.show(t, r.Audience, key, value), "HasNew": value != "",
	}
	if err := t.Note("change.done", data); err != nil {
		return err
	}
	return d.askWhatToChange(t, changeState{ID: r.ID, Done: true}, changed)
}

// leaveOr lets a person leave a dialog by the words that do so everywhere, or
// by a question; else it does what is given.
func (d *Desk) leaveOr(ctx context.Context, t *Turn, otherwise func() error) error {
	if t.In.Kind != channel.Text {
		return otherwise()
	}
	switch intent(t.Text()) {
	case understand.Cancel, understand.Back, understand.Done:
		t.Close()
		return t.Say("answer.left", nil, d.nextThings(t))
	case understand.Menu, understand.Help, understand.Status, understand.Register, understand.MyData, understand.DeleteData:
		t.Close()
		return d.Small(ctx, t)
	}
	if q, ok := understand.Question(t.Text()); ok && q.Confidence >= sureQuestion {
		key, data, err := d.faq(ctx, q.Topic, "")
		if err != nil {
			return err
		}
		if err := t.Note(key, data); err != nil {
			return err
		}
	}
	return otherwise()
}
