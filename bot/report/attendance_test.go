package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"github.com/diskopukm/emileku/bot/report/pdf"
)

var theDay = time.Date(2027, 1, 14, 9, 10, 0, 0, event.Jakarta)

func attendanceView() report.AttendanceView {
	v := report.AttendanceView{Title: "E-MILE KU 2027", AsOf: theDay, Heads: 2410}
	for _, name := range []string{"Pejabat", "Koperasi", "UKM"} {
		v.Groups = append(v.Groups, report.AttendanceLine{Name: name, Arrived: 40, Expected: 190, Heads: 300})
	}
	for i := range 40 { // more than are shown
		v.Hours = append(v.Hours, report.AttendanceHour{Hour: theDay.Add(time.Duration(i) * time.Hour), Heads: i * 30})
		v.Officials = append(v.Officials, report.OfficialLine{Name: strings.Repeat("Kepala Dinas ", i)})
	}
	v.Officials[0].At = &theDay
	return v
}

// TestAttendanceChart: it grows with what is known, up to what a phone shows,
// and says so where nobody came.
func TestAttendanceChart(t *testing.T) {
	t.Parallel()
	full, err := report.AttendanceChart(attendanceView())
	if err != nil {
		t.Fatal(err)
	}
	none, err := report.AttendanceChart(report.AttendanceView{Title: "E-MILE KU 2027", AsOf: theDay})
	if err != nil {
		t.Fatal(err)
	}
	a, b := picture(t, "attendance", full).Bounds(), picture(t, "attendance-none", none).Bounds()
	if a.Dx() != 1080 || b.Dx() != 1080 || a.Dy() <= b.Dy() || a.Dy() > 4000 {
		t.Errorf("sizes %v and %v", a, b)
	}
	if _, err := report.AttendanceChart(report.AttendanceView{AsOf: theDay}); err == nil {
		t.Error("without a title it is drawn all the same")
	}
}

func TestFloorChart(t *testing.T) {
	t.Parallel()
	v := report.FloorView{Title: "E-MILE KU 2027", AsOf: theDay, Total: 28, Power: 9, Page: "(1/2)"}
	for i := range report.MaxFloorRows {
		v.Rows = append(v.Rows, report.FloorRow{No: fmt.Sprint(i + 1), Name: strings.Repeat("Keripik Talas ", i), Power: i%3 == 0, Note: strings.Repeat("olahan singkong ", i)})
	}
	out, err := report.FloorChart(v)
	if err != nil {
		t.Fatal(err)
	}
	picture(t, "floor", out)
	v.Rows = append(v.Rows, report.FloorRow{})
	if _, err := report.FloorChart(v); err == nil {
		t.Error("a row too many is drawn")
	}
}

// TestDoor: what is put up at the door is read by another library than the one
// that wrote it.
func TestDoor(t *testing.T) {
	t.Parallel()
	const link = "https://t.me/emileku_bot?start=p_EMK-2027_06001200_abcdefghij234567"
	out, err := report.Door(report.DoorView{Title: strings.Repeat("E-MILE KU ", 9), Start: theDay, Opens: theDay, Ends: theDay.Add(time.Hour), Link: link})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := read(picture(t, "door", out)); err != nil || got != link {
		t.Errorf("read as %q, %v", got, err)
	}
}

func TestDeskList(t *testing.T) {
	t.Parallel()
	v := report.DeskListView{Title: "E-MILE KU 2027", Start: theDay, Made: theDay, How: "Kirim kodenya: /hadir 0123 | 08.15"}
	v.Groups = []report.DeskGroup{{Name: "UKM"}}
	for i := range 300 {
		v.Groups[0].Rows = append(v.Groups[0].Rows, report.DeskRow{Code: fmt.Sprintf("%04d", i+1), Name: "Siti Aminah", Organisation: "=Keripik", Heads: 2, Booth: "3"})
	}
	out, err := report.DeskList(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := pdf.Check(out); err != nil {
		t.Error(err)
	}
}

// TestContactSheet: one picture is open at a time, one that cannot be read does
// not spoil the rest, and what cannot be had is an error.
func TestContactSheet(t *testing.T) {
	t.Parallel()
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 300, 400)), nil); err != nil {
		t.Fatal(err)
	}
	v := report.ContactsView{Title: "E-MILE KU 2027", Page: "1/1"}
	for i := range report.MaxContacts {
		v.Pictures = append(v.Pictures, report.Contact{No: i + 1, Caption: strings.Repeat("Tari ", i), Open: func() ([]byte, error) {
			if i == 3 {
				return []byte("no picture"), nil
			}
			return photo.Bytes(), nil
		}})
	}
	out, err := report.ContactSheet(v)
	if err != nil {
		t.Fatal(err)
	}
	if img, _, err := image.Decode(bytes.NewReader(out)); err != nil || img.Bounds().Dx() != 1080 {
		t.Errorf("the sheet: %v", err)
	}
	gone := errors.New("gone")
	v.Pictures[5].Open = func() ([]byte, error) { return nil, gone }
	if _, err := report.ContactSheet(v); !errors.Is(err, gone) {
		t.Errorf("a picture that cannot be had: %v", err)
	}
}

func TestShrink(t *testing.T) {
	t.Parallel()
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 1500, 3000)), nil); err != nil {
		t.Fatal(err)
	}
	small, err := report.Shrink(photo.Bytes(), 1200)
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(small.Data))
	if err != nil || small.Width != 1500 || small.Height != 3000 || small.MIME != "image/jpeg" || img.Bounds().Dy() != 1200 || img.Bounds().Dx() != 600 {
		t.Errorf("%d x %d %s, %v", small.Width, small.Height, small.MIME, err)
	}
	if _, err := report.Shrink([]byte("no picture"), 1200); err == nil {
		t.Error("what is no picture was made small")
	}
}
