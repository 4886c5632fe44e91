package guestlist

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/diskopukm/emileku/bot/event"
)

const plain = "Nama,Jenis,Instansi,No. WA,Email,Kecamatan\n" +
	"Bapak H. Dedi Supriadi,koperasi,Koperasi Makmur Jaya,0812-3456-7890,Dedi@Gmail.com,cbinong\n" +
	"Siti Aminah,UMKM,\"Keripik \"\"Bu Siti\"\", Ciawi\",+62 813 1111 2222,,Ciawi\n"

func read(t *testing.T, data string) *List {
	t.Helper()
	l, err := Read([]byte(data), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestReadsCSVInEveryGuise(t *testing.T) {
	t.Parallel()
	latin := strings.ReplaceAll(plain, "Siti Aminah", "Renée Müller")
	cp1252, err := charmap.Windows1252.NewEncoder().String(latin)
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(semi(latin), ";", "\t"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ data, second string }{
		"comma":           {plain, "Siti Aminah"},
		"semicolon":       {semi(plain), "Siti Aminah"},
		"tab":             {strings.ReplaceAll(semi(plain), ";", "\t"), "Siti Aminah"},
		"BOM, CRLF":       {"\ufeff" + strings.ReplaceAll(plain, "\n", "\r\n"), "Siti Aminah"},
		"sep line":        {"sep=;\r\n" + semi(plain), "Siti Aminah"},
		"Windows-1252":    {cp1252, "Renée Müller"},
		"UTF-16":          {utf16, "Renée Müller"},
		"title above":     {"DAFTAR TAMU E-MILE KU 2027,,,,,\n,,,,,\n" + plain, "Siti Aminah"},
		"names each page": {plain + "Nama,Jenis,Instansi,No. WA,Email,Kecamatan\n", "Siti Aminah"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := read(t, c.data)
			if len(l.Rows) != 2 || l.Bad() != 0 {
				t.Fatalf("%d rows, %d bad: %+v", len(l.Rows), l.Bad(), l.Rows)
			}
			a, b := l.Rows[0], l.Rows[1]
			if a.Name != "H. Dedi Supriadi" || a.Salutation != "Bapak" || a.WhatsApp != "+6281234567890" || a.Email != "dedi@gmail.com" ||
				a.Kecamatan != "Cibinong" || a.Audience != event.Koperasi || a.Organisation != "Koperasi Makmur Jaya" {
				t.Errorf("first: %+v", a)
			}
			if b.Name != c.second || b.Organisation != `Keripik "Bu Siti", Ciawi` || b.Audience != event.UKM || b.WhatsApp != "+6281311112222" {
				t.Errorf("second: %+v", b)
			}
		})
	}
}

// semi puts semicolons between cells that were parted by commas.
func semi(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, ",", ";"), "; Ciawi", ", Ciawi")
}

func TestReadsColumnNames(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]Column{
		"Nama": Name, "NAMA LENGKAP": Name, "Nama Tamu": Name, "Nama Ketua": Name, "Ketua Koperasi": Name, "Nama Pemilik Usaha": Name, "nma": "", "Nama Kontak": Name,
		"Nama Koperasi": Organisation, "Instansi/Organisasi": Organisation, "Instasi": Organisation, "Nama Usaha": Organisation, "Asal Lembaga": Organisation, "Nama Kelompok": Organisation,
		"Jabatan": Position, "Jabtan": Position, "Jabatan di Koperasi": Position,
		"Sapaan": Salutation, "No. HP": WhatsApp, "No HP/WA": WhatsApp, "Nomor WhatsApp": WhatsApp, "Whatsap": WhatsApp, "Telp.": WhatsApp, "No. Telepon Ketua": WhatsApp, "Nomor Kontak": WhatsApp,
		"Telegram": Telegram, "ID Telegram": Telegram, "Alamat E-mail": Email, "Surel": Email, "emial": Email, "Kec.": Kecamatan, "Kecmatan": Kecamatan, "Kecamatan Domisili": Kecamatan,
		"Jenis": Audience, "Kategori Tamu": Audience, "Jenis Undangan": Audience, "Audiens": Audience,
		"Jenis Kelamin": "", "Jenis Usaha": "", "Bidang Usaha": "", "Alamat": "", "Alamat Usaha": "", "No": "", "Catatan": "", "NIK": "", "No. Fax": "", "Tanggal Lahir": "",
	} {
		if got, _, _ := columnOf(title); got != want {
			t.Errorf("%q is read as %q, want %q", title, got, want)
		}
	}
}

func TestOrderIsFreeAndOtherColumnsAreNamed(t *testing.T) {
	t.Parallel()
	l := read(t, "No;Jenis Kelamin;HP;Warna Favorit;Kategori;Nama Lengkap;WhatsApp;Keterangan\n1;L;0812 3456 7890;biru;pejabat;Camat Cibinong;;x\n2;P;;;umum;Ani;0813 3456 7890;\n")
	if want := []string{"Jenis Kelamin", "Warna Favorit"}; !slices.Equal(l.Ignored, want) {
		t.Errorf("ignored %q, want %q", l.Ignored, want)
	}
	if l.Rows[0].WhatsApp != "+6281234567890" || l.Rows[1].WhatsApp != "+6281334567890" {
		t.Errorf("the second column for a number is not read where the first is empty: %+v", l.Rows)
	}
	if l.Rows[1].Notes[0].Kind != Posters {
		t.Errorf("public: %+v", l.Rows[1].Notes)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for row, want := range map[string]string{
		"Ani,ukm,Toko,8.12E+11,,,":                               "scientific whatsapp",
		`Ani,ukm,Toko,"8,12E+11",,,`:                             "scientific whatsapp",
		"Ani,ukm,Toko,812000000000,,,":                           "rounded whatsapp",
		"Ani,ukm,Toko,0812 3456 7890 / 0813 1111 2222,,,":        "twonumbers whatsapp",
		"Ani,ukm,Toko,081234567890081311112222,,,":               "twonumbers whatsapp",
		"Ani,ukm,Toko,(021) 87929919,,,":                         "landline whatsapp",
		"Ani,ukm,Toko,0812,,,":                                   "shortnumber whatsapp",
		"Ani,ukm,Toko,08123456789012345,,,":                      "longnumber whatsapp",
		"Ani,ukm,Toko,halo,,,":                                   "badnumber whatsapp",
		"Ani,koprasi,Toko,081234567890,,,":                       "audience audience koperasi",
		"Ani,xyzzy,Toko,081234567890,,,":                         "audience audience",
		"Ani,,Toko,081234567890,,,":                              "noaudience audience",
		",ukm,Toko,081234567890,,,":                              "noname name",
		"123,ukm,Toko,081234567890,,,":                           "badname name",
		"Ani,ukm,Toko,,ani@,,":                                   "email email",
		"Ani,ukm,Toko,,a@b.com c@d.com,,":                        "twoemails email",
		"Ani,ukm,Toko,,,Atlantis,@ani_ukm":                       "kecamatan kecamatan",
		"Ani,ukm,Toko,,,,nama saya":                              "telegram telegram",
		"Ani,ukm,Toko,-,,,":                                      "unreachable whatsapp",
		strings.Repeat("Ani ", 60) + ",ukm,Toko,081234567890,,,": "toolong name",
	} {
		l := read(t, "Nama,Jenis,Instansi,WA,Email,Kecamatan,Telegram\n"+row+"\n")
		var got []string
		for _, f := range l.Rows[0].Faults {
			got = append(got, strings.TrimSpace(fmt.Sprintln(f.Kind, f.Column, f.Nearest)))
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", row, got, want)
		}
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	for row, want := range map[string]Kind{
		"Ani,ukm,Toko,81234567890,,,":       ZeroRestored,
		"Ani,ukm,Toko,8.12345678901E+11,,,": Unrounded,
		"Ani,ukm,Toko,+65 8123 4567,,,":     Abroad,
		"Ani,ukm,Toko,,ani@gmial.com,,":     EmailMeant,
		"Ani,ukm,Toko,,ani@gmail,,":         EmailRead,
		"Ani,pejabat,Dinas,,,,":             NoContact,
		"Ani,ukm,Toko,081234567890,,Depok,": OtherPlace,
		"Ani,masyarakat,,081234567890,,,":   Posters,
	} {
		l := read(t, "Nama,Jenis,Instansi,WA,Email,Kecamatan,Telegram\n"+row+"\n")
		r := l.Rows[0]
		if len(r.Faults) > 0 || len(r.Notes) == 0 || r.Notes[0].Kind != want {
			t.Errorf("%s: faults %+v, notes %+v, want %s", row, r.Faults, r.Notes, want)
		}
	}
	l := read(t, "Nama,Jenis,WA\nAni,ukm,8.12345678901E+11\nBudi,ukm,81234567890.0\nCici,ukm,\"=\"\"081234567899\"\"\"\nDodi,ukm,'081234567898\n")
	for i, want := range []string{"+62812345678901", "+6281234567890", "+6281234567899", "+6281234567898"} {
		if l.Rows[i].WhatsApp != want {
			t.Errorf("%q gives %q, want %q (%+v)", l.Rows[i].Cells[2], l.Rows[i].WhatsApp, want, l.Rows[i].Faults)
		}
	}
}

func TestDoublesNameTheEarlierRow(t *testing.T) {
	t.Parallel()
	l := read(t, "Nama,Jenis,Koperasi,WA,Email,Telegram\n"+
		"Dedi Supriadi,koperasi,Makmur,081234567890,dedi@x.id,dedi_s\n"+
		"Ani,koperasi,Jaya,+62 812 3456 7890,,\n"+
		"Budi,koperasi,Jaya,,DEDI@x.id,\n"+
		"Cici,koperasi,Jaya,,,@Dedi_S\n"+
		"\"H. Dedi Supriadi, S.E.\",koperasi,makmur,081234567891,,\n"+
		"Dedi Supriadi,koperasi,Sentosa,081234567892,,\n")
	var got []string
	for _, r := range l.Rows {
		for _, f := range r.Faults {
			got = append(got, fmt.Sprintf("%d %s %d", r.Line, f.Kind, f.Line))
		}
	}
	want := []string{"3 samephone 2", "4 sameemail 2", "5 sametelegram 2", "6 samename 2"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestBrokenQuotesSpoilOneRow(t *testing.T) {
	t.Parallel()
	l := read(t, "Nama,Jenis,Toko,WA\nAni,ukm,\"Toko Ani,081234567890\nBudi,ukm,Toko \"Budi\",081234567891\nCici,ukm,Toko,081234567892\n")
	if len(l.Rows) != 3 || len(l.Rows[1].Faults) > 0 || len(l.Rows[2].Faults) > 0 || l.Rows[2].Line != 4 {
		t.Errorf("%+v", l.Rows)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	many := "Nama,WA\n" + strings.Repeat("Ani,081234567890\n", MaxRows+1)
	for name, c := range map[string]struct {
		data string
		want error
	}{
		"empty":     {"", ErrNoHeader},
		"no header": {"Ani,081234567890\n", ErrNoHeader},
		"no rows":   {"Nama,WA\n\n", ErrNoRows},
		"picture":   {"\x89PNG\r\n\x1a\n\x00\x00", ErrFormat},
		"PDF":       {"%PDF-1.7 ", ErrFormat},
		"old Excel": {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", ErrOldExcel},
		"zip":       {"PK\x03\x04", ErrDamaged},
		"large":     {strings.Repeat("x", MaxBytes+1), ErrTooLarge},
		"many":      {many, ErrTooMany},
	} {
		if _, err := Read([]byte(c.data), Options{}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func workbook(t testing.TB, sheets map[string][][]any, order ...string) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, name := range order {
		if i == 0 {
			_ = f.SetSheetName("Sheet1", name)
		} else if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for n, row := range sheets[name] {
			if err := f.SetSheetRow(name, fmt.Sprintf("A%d", n+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadsTheSheetThatHasGuests(t *testing.T) {
	t.Parallel()
	data := workbook(t, map[string][][]any{
		"Ringkasan": {{"Rekap tamu"}, {"Koperasi", 12}},
		"Tamu":      {{"DAFTAR TAMU"}, {}, {"Nama", "Jenis", "HP"}, {"Ani", "ukm", 81234567890}, {}, {"Budi", "ukm", "8.12E+11"}, {"Cici", "ukm", 812345678901}},
	}, "Ringkasan", "Tamu")
	l, err := Read(data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if l.Sheet != "Tamu" || len(l.Rows) != 3 {
		t.Fatalf("%+v", l)
	}
	if r := l.Rows[0]; r.Line != 4 || r.WhatsApp != "+6281234567890" || r.Notes[0].Kind != ZeroRestored {
		t.Errorf("%+v", r)
	}
	if r := l.Rows[1]; r.Line != 6 || r.Faults[0].Kind != Scientific {
		t.Errorf("%+v", r)
	}
	if r := l.Rows[2]; r.WhatsApp != "+62812345678901" { // shown as 8.12346E+11, stored whole
		t.Errorf("%+v", r)
	}
}

func TestDefaultAudience(t *testing.T) {
	t.Parallel()
	l, err := Read([]byte("Nama,WA\nAni,081234567890\n"), Options{Audience: event.UKM})
	if err != nil || l.HasAudience || l.Rows[0].Audience != event.UKM || l.Bad() != 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestWithFaultsGivesTheFileBack(t *testing.T) {
	t.Parallel()
	l := read(t, "Nama,Jenis,WA,Catatan\nAni,ukm,8.12E+11,=1+1\nBudi,ukm,081234567890,\n")
	var b bytes.Buffer
	err := l.WithFaults(&b, "Keterangan", func(r Row) (string, error) {
		if len(r.Faults) == 0 {
			return "", nil
		}
		return "salah: " + r.Faults[0].Cell, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"Nama", "Jenis", "WA", "Catatan", "Keterangan"},
		{"Ani", "ukm", "8.12E+11", "=1+1", "salah: 8.12E+11"},
		{"Budi", "ukm", "081234567890"},
	}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("%q, want %q", rows, want)
	}
	if formula, _ := f.GetCellFormula(f.GetSheetName(0), "D2"); formula != "" {
		t.Errorf("a formula got in: %q", formula)
	}
}

// TestMendedFileComesBack: what went out with faults is mended there, sent
// again, and explained anew in the same column.
func TestMendedFileComesBack(t *testing.T) {
	t.Parallel()
	l := read(t, "Nama;Jenis;WA\nAni;ukm;8,12E+11\nBudi;ukm;0812\n")
	explain := func(r Row) (string, error) { return fmt.Sprint(r.Faults), nil }
	var b bytes.Buffer
	if err := l.WithFaults(&b, "Keterangan", explain); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	sheet := f.GetSheetName(0)
	if err := f.SetCellStr(sheet, "C2", "081234567890"); err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if err := errors.Join(f.Write(&b), f.Close()); err != nil {
		t.Fatal(err)
	}
	back, err := Read(b.Bytes(), Options{})
	if err != nil || len(back.Rows) != 2 || back.Bad() != 1 || len(back.Ignored) > 0 {
		t.Fatalf("%v, %+v", err, back)
	}
	b.Reset()
	if err := back.WithFaults(&b, "Keterangan", explain); err != nil {
		t.Fatal(err)
	}
	again, err := Read(b.Bytes(), Options{})
	if err != nil || !slices.Equal(again.Titles, []string{"Nama", "Jenis", "WA", "Keterangan"}) {
		t.Errorf("%v, %q", err, again.Titles)
	}
}

func TestWhatIsTypedIsCheckedAsARow(t *testing.T) {
	t.Parallel()
	if r := One(map[Column]string{Name: "Ani", Audience: "ukm", WhatsApp: "0812 3456 7890"}); len(r.Faults) > 0 || r.WhatsApp != "+6281234567890" {
		t.Errorf("%+v", r)
	}
	if r := One(map[Column]string{Name: "Ani", Audience: "ukm"}); len(r.Faults) != 1 || r.Faults[0].Kind != Unreachable {
		t.Errorf("%+v", r)
	}
}

func sampleTexts() SampleTexts {
	s := SampleTexts{
		Sheet: "Tamu", Guide: "Petunjuk", Heads: [3]string{"Kolom", "Isi", "Contoh"}, Audiences: []string{"pejabat", "koperasi", "ukm"},
		Choose: [2]string{"Jenis", "Pilih salah satu"}, Notes: []string{"Satu baris untuk satu tamu."},
		Titles: map[Column]string{}, Hints: map[Column]string{}, Examples: map[Column]string{},
	}
	for _, c := range Columns() {
		s.Titles[c], s.Hints[c], s.Examples[c] = string(c), "Isi "+string(c), "Dedi"
	}
	return s
}

func TestSampleIsReadAsAnEmptyList(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := Sample(&b, sampleTexts()); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(b.Bytes(), Options{}); !errors.Is(err, ErrNoRows) {
		t.Errorf("the sample as it is: %v", err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := f.GetDataValidations("Tamu")
	if err != nil || len(rules) != len(Columns()) || rules[1].Formula1 != `"pejabat,koperasi,ukm"` {
		t.Errorf("the audience is not offered: %v, %+v", err, rules)
	}
	if err := f.SetSheetRow("Tamu", "A2", &[]any{"Ani", "ukm", "Toko", "", "", "081234567890"}); err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if err := errors.Join(f.Write(&b), f.Close()); err != nil {
		t.Fatal(err)
	}
	l, err := Read(b.Bytes(), Options{})
	if err != nil || len(l.Rows) != 1 || l.Bad() != 0 || len(l.Ignored) > 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestAlike(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"H. Dedi Supriadi, S.E.", "dedi supriyadi", true},
		{"Drs. H.Asep", "Asep", true},
		{"Ani", "Ana", false},
		{"Siti Aminah", "Siti Aisyah", false},
		{"", "", false},
	} {
		if got := Alike(BareName(c.a), BareName(c.b)); got != c.want {
			t.Errorf("%q, %q: %v", c.a, c.b, got)
		}
	}
	if !Alike(BareOrganisation("Koperasi Makmur Jaya"), BareOrganisation("KSP Makmur Jaya")) {
		t.Error("legal forms make a difference")
	}
}

func manyRows(n int) []byte {
	var b strings.Builder
	b.WriteString("Nama;Jenis;Instansi;Jabatan;No WA;Telegram;Email;Kecamatan\n")
	for i := range n {
		fmt.Fprintf(&b, "Dedi Supriadi %c;koperasi;Koperasi Makmur %d;Ketua;0812%08d;guest_%d;dedi%d@contoh.id;Cibinong\n", 'A'+i%26, i, 10_000_000+i, i, i)
	}
	return []byte(b.String())
}

func BenchmarkRead10000(b *testing.B) {
	csvFile := manyRows(10_000)
	l, err := Read(csvFile, Options{})
	if err != nil || l.Bad() > 0 {
		b.Fatal(err, l.Bad())
	}
	var x bytes.Buffer
	if err := l.WithFaults(&x, "Keterangan", func(Row) (string, error) { return "", nil }); err != nil {
		b.Fatal(err)
	}
	for name, data := range map[string][]byte{"csv": csvFile, "xlsx": x.Bytes()} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if l, err := Read(data, Options{}); err != nil || len(l.Rows) != 10_000 {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(plain))
	f.Add([]byte("Nama;WA\n\"Ani;0812\n\"\n"))
	f.Add([]byte("\xFF\xFEN\x00a\x00m\x00a\x00"))
	f.Add([]byte("sep=|\nNama|WA|HP|WA\nA|8.1E+20|0|8\n"))
	f.Add(workbook(f, map[string][][]any{"T": {{"Nama", "WA"}, {"Ani", 81234567890}}}, "T"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := Read(data, Options{Audience: event.UKM})
		if err != nil {
			return
		}
		for _, r := range l.Rows {
			if len(r.Cells) != len(l.Titles) {
				t.Fatalf("row %d has %d cells for %d columns", r.Line, len(r.Cells), len(l.Titles))
			}
			if len(r.Faults) > 0 {
				continue
			}
			if r.Name == "" || !r.Audience.Valid() || r.WhatsApp+r.Email+r.Telegram == "" && r.Audience != event.Official {
				t.Fatalf("taken over, but %+v", r)
			}
			if r.WhatsApp != "" && (r.WhatsApp[0] != '+' || len(r.WhatsApp) > 17) {
				t.Fatalf("%q is no number", r.WhatsApp)
			}
		}
		var b bytes.Buffer
		if err := l.WithFaults(&b, "Keterangan", func(Row) (string, error) { return "x", nil }); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSamePerson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"H. Dedi Supriadi, S.E.", "Dedi Supriadi", true},
		{"Hj. Neneng Hasanah", "Neneng", true},
		{"Neneng Hasanah", "Neneng Hasanh", true},
		{"Yanti Suryani", "Joko Susilo", false},
		{"Yanti Suryani", "Yanto Suryana Putra", false},
		{"Asep", "Budi", false},
		{"Al", "Alya Salsabila", false}, // two letters say nothing
		{"", "Siti", false},
	} {
		if got := SamePerson(c.a, c.b); got != c.same {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
		if got := SamePerson(c.b, c.a); got != c.same {
			t.Errorf("%q and %q: %v", c.b, c.a, got)
		}
	}
}

// A title that only men or women bear says how somebody is addressed; what the
// list says of it goes before.
func TestSalutationOfTitle(t *testing.T) {
	t.Parallel()
	l := read(t, "Nama,Jenis,Sapaan,WA\nH. Dedi,ukm,,081234567890\nHj. Neneng,ukm,,081234567891\nDrs. Ade,ukm,,081234567892\nDr. Riny,ukm,,081234567893\nHendra,ukm,,081234567894\nDra Tuti,ukm,Saudari,081234567895\nBu Hj. Euis,ukm,,081234567896\n")
	for i, want := range []string{"Bapak", "Ibu", "Bapak", "", "", "Saudari", "Ibu"} {
		if got := l.Rows[i].Salutation; got != want {
			t.Errorf("%s is addressed as %q, want %q", l.Rows[i].Name, got, want)
		}
	}
}
