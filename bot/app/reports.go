package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// Errors of reports.
var (
	// ErrReportFinal: there is a final one; another is a revision, with a reason.
	ErrReportFinal = errors.New("the report is final")
	// ErrReportAltered: its bytes are not those that were frozen.
	ErrReportAltered = errors.New("the stored report is not as it was made")
)

// ReportFiles opens the keys of final reports: "report/EMK-2027/1.pdf". They
// are the office's archive and stay.
const ReportFiles = "report/"

// reportTries is how often a report is begun before it counts as failed.
const reportTries = 3

// FinalReport is the latest final report of an event that was made; nil where
// there is none.
func (a *App) FinalReport(ctx context.Context, eventID string) (*storage.Report, error) {
	all, err := a.FinalReports(ctx, eventID)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[len(all)-1], nil
}

// FinalReports are all versions of it, the first first.
func (a *App) FinalReports(ctx context.Context, eventID string) ([]*storage.Report, error) {
	all, err := a.store.Reports().List(ctx, eventID)
	if err != nil {
		return nil, fmt.Errorf("reports of %s: %w", eventID, err)
	}
	all = slices.DeleteFunc(all, func(r *storage.Report) bool { return !r.Final || !r.Made() })
	slices.SortStableFunc(all, func(x, y *storage.Report) int { return x.N - y.N })
	return all, nil
}

// AskReport asks for a report; the planner makes it. row is the message that
// shows how far it is. A final one has the next version, which is given once:
// where there is a final report already, a reason is needed (ErrReportFinal).
// The same message asks once.
func (a *App) AskReport(ctx context.Context, by Actor, e *event.Event, final bool, reason, row string) (*storage.Report, error) {
	r := &storage.Report{
		EventID: e.ID, Status: storage.ReportAsked, Final: final, Reason: reason, Chat: by.Chat, Row: row,
		MadeBy: by.Person.ID, Name: by.Person.Name, Origin: by.Inbound, At: a.Now(),
	}
	action := "report.draft"
	if !final {
		r.ID = e.ID + "/draf/" + broadcastID(by.Inbound)
		if err := a.store.Reports().Save(ctx, r); err != nil && !errors.Is(err, storage.ErrConflict) {
			return nil, fmt.Errorf("ask report: %w", err)
		}
	} else {
		action = "report.final"
		again, err := a.askFinal(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("ask report: %w", err)
		}
		r = again
	}
	a.stir()
	return r, a.record(ctx, by, action, e.ID, reason)
}

func (a *App) askFinal(ctx context.Context, r *storage.Report) (*storage.Report, error) {
	var out *storage.Report
	err := retryConflict(ctx, func() error {
		all, err := a.store.Reports().List(ctx, r.EventID)
		if err != nil {
			return err
		}
		n := 1
		for _, o := range all {
			switch {
			case !o.Final:
			case o.Origin == r.Origin:
				out = o
				return nil
			case o.Status == storage.ReportAsked:
				out = o // under way
				return nil
			case o.Made() && r.Reason == "":
				return ErrReportFinal
			default:
				n = max(n, o.N+1)
			}
		}
		next := *r
		next.N, next.ID = n, fmt.Sprintf("%s/final/%d", r.EventID, n)
		out = &next
		return a.store.Reports().Save(ctx, out)
	})
	return out, err
}

// BeginReport counts an attempt at making a report; ok is false where it was
// begun too often, and it has failed.
func (a *App) BeginReport(ctx context.Context, r *storage.Report) (ok bool, err error) {
	r.Tries++
	if r.Tries > reportTries {
		r.Status = storage.ReportFailed
	}
	if err := a.store.Reports().Save(ctx, r); err != nil {
		return false, fmt.Errorf("begin report: %w", err)
	}
	return r.Status == storage.ReportAsked, nil
}

// GiveReport notes that a report was handed out.
func (a *App) GiveReport(ctx context.Context, r *storage.Report) error {
	r.Status = storage.ReportGiven
	if err := a.store.Reports().Save(ctx, r); err != nil {
		return fmt.Errorf("report handed out: %w", err)
	}
	return nil
}

// FailReport notes why an attempt failed.
func (a *App) FailReport(ctx context.Context, r *storage.Report, fault error) error {
	r.Fault = fault.Error()
	if err := a.store.Reports().Save(ctx, r); err != nil {
		return fmt.Errorf("note failed report: %w", err)
	}
	return nil
}

// KeepReport keeps the files of a report and closes it: from now on they are
// what they are. Those of a draft can be made anew and go after a while.
func (a *App) KeepReport(ctx context.Context, r *storage.Report, pdf, xlsx []byte, f event.Figures) error {
	prefix := "export/laporan/" + r.ID
	if r.Final {
		prefix = fmt.Sprintf("%s%s/%d", ReportFiles, r.EventID, r.N)
	}
	for _, file := range []struct {
		to   *storage.ReportFile
		data []byte
		ext  string
		mime string
	}{
		{&r.PDF, pdf, "pdf", "application/pdf"},
		{&r.XLSX, xlsx, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	} {
		sum := sha256.Sum256(file.data)
		*file.to = storage.ReportFile{Blob: prefix + "." + file.ext, Name: reportName(r) + "." + file.ext, Size: int64(len(file.data)), SHA: hex.EncodeToString(sum[:])}
		if err := a.store.Media().Put(ctx, storage.Blob{ID: file.to.Blob, Name: file.to.Name, MIME: file.mime, At: a.Now()}, file.data); err != nil {
			return fmt.Errorf("keep report: %w", err)
		}
	}
	r.Status, r.Fault, r.Figures = storage.ReportMade, "", f
	if err := a.store.Reports().Save(ctx, r); err != nil {
		return fmt.Errorf("keep report: %w", err)
	}
	return nil
}

func reportName(r *storage.Report) string {
	switch {
	case !r.Final:
		return "laporan-" + r.EventID + "-draf"
	case r.N > 1:
		return fmt.Sprintf("laporan-%s-revisi-%d", r.EventID, r.N-1)
	}
	return "laporan-" + r.EventID
}

// CheckReport makes sure that the files of a report are those that were made.
func (a *App) CheckReport(ctx context.Context, r *storage.Report) error {
	for _, f := range []storage.ReportFile{r.PDF, r.XLSX} {
		_, data, err := a.store.Media().Get(ctx, f.Blob)
		if err != nil {
			return fmt.Errorf("report %s: %w", r.ID, err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != f.SHA {
			return fmt.Errorf("report %s: %s: %w", r.ID, f.Blob, ErrReportAltered)
		}
	}
	return nil
}
