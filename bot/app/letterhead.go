package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/diskopukm/emileku/storage"
)

// settingOffice holds an Office.
const settingOffice = "office"

// Office is what the office's letters bear. Its zero values are filled in from
// the SOP by Office.
type Office struct {
	Government string `json:"government"`
	Name       string `json:"name"`
	Address    string `json:"address"`
	Contact    string `json:"contact"` // telephone and fax
	City       string `json:"city"`    // where letters are signed
	// The signatory.
	Title string `json:"title"`
	By    string `json:"by"`   // name with degrees
	Rank  string `json:"rank"` // pangkat; may be empty
	NIP   string `json:"nip"`
	// Series writes numbers of letters, DecreeSeries those of decrees; see
	// FormatNumber. First is the first number that is drawn from a new series:
	// an office may have a paper register under way.
	Series       string `json:"series"`
	DecreeSeries string `json:"decreeSeries"`
	First        int64  `json:"first"`
	Paper        string `json:"paper"`          // A4 or F4
	Logo         string `json:"logo,omitempty"` // blob; "": none
}

// SOPOffice is the office as the SOP names it.
func SOPOffice() Office {
	return Office{
		Government: "PEMERINTAH KABUPATEN BOGOR", Name: "DINAS KOPERASI DAN UKM KABUPATEN BOGOR",
		Address: "Jalan KSR Dadi Kusmayadi, Kelurahan Tengah, Cibinong, Bogor, Jawa Barat",
		Contact: "Telp. (021) 87929919 Fax. (021) 87929919", City: "Cibinong",
		Title: "PLH KEPALA DINAS KOPERASI, USAHA KECIL DAN MENENGAH KABUPATEN BOGOR", By: "Dr. Riny Kusumawati, S.P., M.M.", NIP: "197207072005012009",
		Series: "005/{nomor}/Diskopukm/{bulan-romawi}/{tahun}", DecreeSeries: "050/{nomor}/Kpts/Diskopukm/{tahun}", First: 1, Paper: "A4",
	}
}

// Office gives the office's own settings, or those of the SOP.
func (a *App) Office(ctx context.Context) (Office, error) {
	o := SOPOffice()
	err := a.store.Settings().Get(ctx, settingOffice, &o)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return o, fmt.Errorf("office: %w", err)
	}
	return o, nil
}

// SetOffice changes the settings. what is recorded.
func (a *App) SetOffice(ctx context.Context, by Actor, what string, change func(*Office)) (Office, error) {
	o, err := a.Office(ctx)
	if err != nil {
		return o, err
	}
	change(&o)
	if err := a.store.Settings().Put(ctx, settingOffice, o); err != nil {
		return o, fmt.Errorf("office: %w", err)
	}
	return o, a.record(ctx, by, "office.set", what, "")
}
