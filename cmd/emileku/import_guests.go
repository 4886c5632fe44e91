package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/dialog"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/guestlist"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

type importGuestsCmd struct {
	database
	File     string `arg:"" type:"existingfile" help:"The list: CSV or XLSX, with column names such as Nama, Jenis, Instansi, WhatsApp."`
	Event    string `help:"Code of the event, such as EMK-2027; the nearest one if not given."`
	Audience string `help:"Audience of rows that name none: pejabat, koperasi, ukm, pemeriah or masyarakat."`
	Yes      bool   `help:"Write. Without it the list is only checked."`
}

// Run implements the subcommand: a dry run without --yes, which may run beside
// the bot.
func (c *importGuestsCmd) Run(ctx context.Context) error {
	return c.withStore(ctx, c.Yes, func(s storage.Store) error {
		return c.do(ctx, s, clock.Real{}, os.Stdout)
	})
}

func (c *importGuestsCmd) do(ctx context.Context, s storage.Store, at clock.Clock, out io.Writer) error {
	a := app.New(s, at)
	texts, err := templates.New()
	if err != nil {
		return err
	}
	list, err := c.read()
	if err != nil {
		return err
	}
	e, err := c.event(ctx, a)
	if err != nil {
		return err
	}
	plan, err := a.CheckGuests(ctx, e.ID, list.Rows)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d rows for %s\n", filepath.Base(c.File), len(list.Rows), e.ID)
	fmt.Fprintf(out, "new %d, known %d, in the event already %d (%d to be completed), contact of another guest %d, doubtful %d, bad %d\n",
		plan.Counts[app.StandsNew], plan.Counts[app.StandsKnown], plan.Counts[app.StandsAlready]-plan.Taken, plan.Completes, plan.Taken,
		plan.Counts[app.StandsDoubt], list.Bad())
	if len(list.Ignored) > 0 {
		fmt.Fprintf(out, "columns not used: %s\n", strings.Join(list.Ignored, ", "))
	}
	if err := c.faults(list, plan, texts, out); err != nil {
		return err
	}
	if !c.Yes {
		fmt.Fprintf(out, "nothing was written; with --yes %d guests would be added and %d completed, %d of them with a corrected contact\n", plan.Writes(), plan.Completes, plan.Corrects)
		return nil
	}
	// The same file does the same: its people and their part bear natural IDs.
	by := app.Actor{Person: &event.Person{ID: "cli", Name: "operator"}, Inbound: "cli/" + at.Now().UTC().Format("20060102T150405.000")}
	done, err := a.ImportGuests(ctx, by, plan)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d guests added, %d of them new people; %d completed, %d of them with a corrected contact\n", done.Guests, done.People, done.Completed, done.Corrected)
	return nil
}

func (c *importGuestsCmd) read() (*guestlist.List, error) {
	var o guestlist.Options
	if c.Audience != "" {
		if o.Audience, _ = guestlist.ReadAudience(c.Audience); o.Audience == "" {
			return nil, fmt.Errorf("--audience: %q is none of pejabat, koperasi, ukm, pemeriah, masyarakat", c.Audience)
		}
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, guestlist.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", c.File, err)
	}
	list, err := guestlist.Read(data, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.File, err)
	}
	return list, nil
}

func (c *importGuestsCmd) event(ctx context.Context, a *app.App) (*event.Event, error) {
	if c.Event == "" {
		e, err := a.Current(ctx)
		if errors.Is(err, storage.ErrNotFound) {
			return nil, errors.New("there is no event yet; the lead creates one with /acara baru")
		}
		return e, err
	}
	e, err := a.Event(ctx, strings.ToUpper(c.Event))
	if errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("--event: there is no event %s", c.Event)
	}
	return e, err
}

// faults writes the list with its faults beside it, and prints each bad row.
func (c *importGuestsCmd) faults(list *guestlist.List, plan *app.Plan, texts *templates.Renderer, out io.Writer) error {
	for _, r := range list.Rows {
		if len(r.Faults) == 0 {
			continue
		}
		text, err := dialog.ExplainGuest(texts, r)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "row %d: %s\n", r.Line, text)
	}
	if !dialog.Remarked(list, plan) {
		return nil
	}
	var b bytes.Buffer
	if err := dialog.WriteGuestFaults(&b, texts, list, plan); err != nil {
		return err
	}
	name := strings.TrimSuffix(c.File, filepath.Ext(c.File)) + "-periksa.xlsx"
	if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil { // personal data
		return fmt.Errorf("write faults: %w", err)
	}
	fmt.Fprintf(out, "each row explained in %s\n", name)
	return nil
}
