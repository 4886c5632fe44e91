package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// ExportFilter chooses the registrations of an export; empty fields choose all.
type ExportFilter struct {
	EventID   string         `json:"eventId"`
	Audience  event.Audience `json:"audience,omitempty"`
	Statuses  []event.Status `json:"statuses,omitempty"`
	Kecamatan string         `json:"kecamatan,omitempty"`
	Outside   bool           `json:"outside,omitempty"` // only those from outside Kabupaten Bogor
}

// Exported yields the chosen registrations in order of number; an error ends
// it.
func (a *App) Exported(ctx context.Context, f ExportFilter) iter.Seq2[*event.Registration, error] {
	errStop := errors.New("stopped")
	return func(yield func(*event.Registration, error) bool) {
		q := storage.RegistrationQuery{EventID: f.EventID, Audience: f.Audience, Statuses: f.Statuses, Kecamatan: f.Kecamatan}
		err := a.EachRegistration(ctx, q, func(r *event.Registration) error {
			if f.Outside && !r.Outside {
				return nil
			}
			if !yield(r, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, fmt.Errorf("export of %s: %w", f.EventID, err))
		}
	}
}

// CountExport counts the chosen registrations by audience.
func (a *App) CountExport(ctx context.Context, f ExportFilter) (byAudience map[event.Audience]int, total int, err error) {
	byAudience = map[event.Audience]int{}
	for r, err := range a.Exported(ctx, f) {
		if err != nil {
			return nil, 0, err
		}
		byAudience[r.Audience]++
		total++
	}
	return byAudience, total, nil
}

// DistrictsOf lists the kecamatan that most of the chosen registrations come
// from, at most n.
func (a *App) DistrictsOf(ctx context.Context, f ExportFilter, n int) ([]string, error) {
	count := map[string]int{}
	for r, err := range a.Exported(ctx, f) {
		if err != nil {
			return nil, err
		}
		if r.Kecamatan != "" {
			count[r.Kecamatan]++
		}
	}
	names := slices.SortedFunc(maps.Keys(count), func(x, y string) int {
		return cmp.Or(count[y]-count[x], strings.Compare(x, y))
	})
	return names[:min(n, len(names))], nil
}

// RecordExport notes in the audit trail that personal data left in a file.
func (a *App) RecordExport(ctx context.Context, by Actor, f ExportFilter, format string, rows int) error {
	return a.record(ctx, by, "registration.export", f.EventID, fmt.Sprintf("%d %s", rows, format))
}
