package report_test

import (
	"fmt"
	"image/color"
	"strconv"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/report"
	"pgregory.net/rapid"
)

var kecamatan = []string{"Cibinong", "Gunung Putri", "Bojong Gede", "Babakan Madang", "Luar Kabupaten Bogor", "Cileungsi", "Citeureup", "Tamansari", "Leuwisadeng"}

func recap(districts, days int) report.RecapView {
	v := report.RecapView{Title: "E-MILE KU 2027: Muda Berkarya, UKM Berdaya", AsOf: time.Date(2026, 12, 14, 8, 0, 0, 0, event.Jakarta)}
	if districts > 0 {
		v.Audiences = []report.AudienceCount{
			{Name: "UKM (stan)", Count: 50, Quota: 50, Waiting: 7}, {Name: "Koperasi", Count: 18, Quota: 40},
			{Name: "Pemeriah acara", Count: 4, Quota: 10}, {Name: "Masyarakat", Count: 1234},
		}
	} else {
		v.Audiences = []report.AudienceCount{{Name: "UKM (stan)", Quota: 50}, {Name: "Masyarakat"}}
	}
	for i := range districts {
		name := fmt.Sprintf("Kecamatan %d", i)
		if i < len(kecamatan) {
			name = kecamatan[i]
		}
		v.Districts = append(v.Districts, report.DistrictCount{Name: name, Count: 3 + 300/(i+2)})
	}
	for i := range days {
		v.Days = append(v.Days, report.DayCount{Date: v.AsOf.AddDate(0, 0, -i), Count: 1 + (i*7919)%41})
	}
	return v
}

func TestRecapChart(t *testing.T) {
	t.Parallel()
	heights := make(map[string]int)
	views := map[string]report.RecapView{
		"nothing": recap(0, 0), "one": recap(1, 1), "few": recap(5, 9), "month": recap(13, 30), "most": recap(40, 60), "beyond": recap(45, 200),
	}
	thousands := recap(3, 14)
	for i := range thousands.Days {
		thousands.Days[i].Count *= 311
	}
	thousands.Districts[1] = report.DistrictCount{Name: "Kecamatan dengan nama yang luar biasa panjang sekali", Count: 12345}
	thousands.Districts[2] = report.DistrictCount{Count: 2}
	views["thousands"] = thousands
	for name, v := range views {
		raw, err := report.RecapChart(v)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(raw) > maxTicket {
			t.Errorf("%s: %d bytes", name, len(raw))
		}
		img := picture(t, "recap-"+name, raw)
		if img.Bounds().Dx() != 1080 {
			t.Errorf("%s: picture of %v", name, img.Bounds())
		}
		heights[name] = img.Bounds().Dy()
		// Nothing may touch the margins below the heading.
		for y := 420; y < img.Bounds().Dy(); y++ {
			for x := range 50 {
				for _, at := range [2]int{x, 1079 - x} {
					if r, g, b, _ := img.At(at, y).RGBA(); r+g+b != 3*0xffff {
						t.Fatalf("%s: the margin at %d,%d is %v", name, at, y, img.At(at, y))
					}
				}
			}
		}
	}
	if !(heights["nothing"] < heights["one"] && heights["one"] < heights["few"] && heights["few"] < heights["most"]) {
		t.Errorf("the picture does not grow with what it shows: %v", heights)
	}
	if heights["most"] != heights["month"] || heights["most"] != heights["beyond"] {
		t.Errorf("more than 12 kecamatan must be summed up: %v", heights)
	}
}

// The bar of an audience is as long as its share of the quota.
func TestRecapBarsAreTrue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ taken, quota, want int }{
		{0, 50, 0}, {1, 960, 30}, {1, 2, 480}, {3, 4, 720}, {33, 100, 316}, {49, 50, 940}, {50, 50, 960}, {70, 50, 960},
	} {
		v := report.RecapView{Title: "E-MILE KU", AsOf: time.Unix(0, 0), Audiences: []report.AudienceCount{{Name: "UKM", Count: tt.taken, Quota: tt.quota}}}
		raw, err := report.RecapChart(v)
		if err != nil {
			t.Fatal(err)
		}
		lengths := map[int]int{} // by line
		spots(picture(t, "bar", raw), color.RGBA{0x00, 0x72, 0xb2, 0xff}, func(_, y int) { lengths[y]++ })
		longest := 0
		for _, n := range lengths {
			longest = max(longest, n)
		}
		// A soft edge may take a pixel on either side.
		if longest < tt.want-2 || longest > tt.want {
			t.Errorf("%d of %d: bar of %d px, want %d", tt.taken, tt.quota, longest, tt.want)
		}
	}
}

func anyRecap() *rapid.Generator[report.RecapView] {
	number := rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 100000))
	return rapid.Custom(func(rt *rapid.T) report.RecapView {
		v := report.RecapView{Title: "E-MILE KU", AsOf: time.Unix(rapid.Int64Range(0, 4e9).Draw(rt, "asOf"), 0)}
		for range rapid.IntRange(0, 5).Draw(rt, "audiences") {
			v.Audiences = append(v.Audiences, report.AudienceCount{Name: rapid.String().Draw(rt, "audience"), Count: number.Draw(rt, "count"), Quota: number.Draw(rt, "quota"), Waiting: number.Draw(rt, "waiting")})
		}
		for range rapid.IntRange(0, 50).Draw(rt, "districts") {
			v.Districts = append(v.Districts, report.DistrictCount{Name: rapid.String().Draw(rt, "district"), Count: number.Draw(rt, "count")})
		}
		for range rapid.IntRange(0, 5).Draw(rt, "days") {
			v.Days = append(v.Days, report.DayCount{Date: v.AsOf.AddDate(0, 0, -rapid.IntRange(0, 100).Draw(rt, "ago")), Count: number.Draw(rt, "count")})
		}
		return v
	})
}

func TestRecapTakesAnyNumbers(t *testing.T) {
	t.Parallel()
	for seed := range 6 {
		v := anyRecap().Example(seed)
		raw, err := report.RecapChart(v)
		if err != nil {
			t.Fatalf("%+v: %v", v, err)
		}
		picture(t, "recap-any-"+strconv.Itoa(seed), raw)
	}
}

func TestRecapRefuses(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]report.RecapView{
		"no title": {AsOf: time.Unix(0, 0)},
		"no time":  {Title: "E-MILE KU"},
		"negative": {Title: "E-MILE KU", AsOf: time.Unix(0, 0), Audiences: []report.AudienceCount{{Name: "UKM", Count: -1}}},
	} {
		if _, err := report.RecapChart(v); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func BenchmarkRecapChart(b *testing.B) {
	v := recap(40, 60)
	for b.Loop() {
		if _, err := report.RecapChart(v); err != nil {
			b.Fatal(err)
		}
	}
}
