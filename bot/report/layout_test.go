package report

import (
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/event"
	"pgregory.net/rapid"
)

func typesetter(t testing.TB) *typeset {
	t.Helper()
	ts, err := newTypeset()
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

func TestFitStaysInItsPlace(t *testing.T) {
	t.Parallel()
	ts := typesetter(t)
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-zé-]{1,120}`), rapid.StringMatching(`([A-Z][a-z]{0,14}[ ,-]){1,25}`)).Draw(rt, "text")
		lines := rapid.IntRange(1, 3).Draw(rt, "lines")
		width := rapid.Float64Range(200, 900).Draw(rt, "width")
		b := ts.fit(s, weight(rapid.IntRange(0, 2).Draw(rt, "weight")), 76, 44, width, lines)
		if len(b.lines) > lines {
			rt.Fatalf("%d lines of at most %d", len(b.lines), lines)
		}
		for _, line := range b.lines {
			if w := ts.width(line, b.style); w > width {
				rt.Fatalf("%q is %.0f px wide, more than %.0f", line, w, width)
			}
		}
		whole := strings.Join(b.lines, "")
		if before, cut := strings.CutSuffix(whole, "…"); cut && !strings.HasSuffix(ts.legible(s), "…") {
			whole = before
		} else if strings.ReplaceAll(whole, " ", "") != strings.ReplaceAll(ts.legible(s), " ", "") {
			rt.Fatalf("%q lost something: %q", s, b.lines)
		}
		if !strings.HasPrefix(strings.ReplaceAll(ts.legible(s), " ", ""), strings.ReplaceAll(whole, " ", "")) {
			rt.Fatalf("%q became %q", s, b.lines)
		}
	})
}

func TestFitShrinksBeforeItWraps(t *testing.T) {
	t.Parallel()
	ts := typesetter(t)
	for name, tt := range map[string]struct {
		text  string
		lines int
		size  float64
	}{
		"short": {"Siti", 1, 76},
		"long":  {"Dapur Talas Bu Yanti Asli", 1, 0},
		"wraps": {"Koperasi Konsumen Pegawai Negeri Sejahtera", 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := typesetter(t).fit(tt.text, bold, 76, 44, 872, 3)
			if len(b.lines) != tt.lines || tt.size != 0 && b.style.size != tt.size {
				t.Errorf("%q at %g px", b.lines, b.style.size)
			}
		})
	}
	b := ts.fit(strings.Repeat("Sejahtera ", 30), bold, 76, 44, 872, 3)
	if last := b.lines[2]; !strings.HasSuffix(last, "Sejahtera…") {
		t.Errorf("cut inside a word: %q", last)
	}
}

func TestLegible(t *testing.T) {
	t.Parallel()
	ts := typesetter(t)
	for in, want := range map[string]string{
		"  Dapur \n Talas\t":    "Dapur Talas",
		"𝓦𝓪𝓻𝓾𝓷𝓰 🍚 Nasi":         "Warung Nasi",
		"Cafe\u0301":            "Café",
		"Ｔｏｋｏ":                  "Toko",
		"a\u200db\u202ec\ufe0f": "abc",
		"爱 Toko":                "□ Toko",
		"\xff\x00":              "",
		"🍚🍚":                    "",
		"½ kg ± “x” – y…":       "½ kg ± “x” – y…",
	} {
		if got := ts.legible(in); got != want {
			t.Errorf("%q reads %q, want %q", in, got, want)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		once := ts.legible(rapid.String().Draw(rt, "text"))
		if twice := ts.legible(once); twice != once {
			rt.Fatalf("%q becomes %q the second time", once, twice)
		}
		for _, r := range once {
			if !ts.has(r) {
				rt.Fatalf("%q holds %q, which the fonts lack", once, r)
			}
		}
	})
}

func TestReduceKeepsFewColoursExact(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, colours, 4 * colours} {
		src := image.NewRGBA(image.Rect(0, 0, 67, 41))
		palette := make([]color.RGBA, n)
		for i := range palette {
			palette[i] = color.RGBA{uint8(rnd.Uint32()), uint8(rnd.Uint32()), uint8(rnd.Uint32()), 0xff}
		}
		for i := range 67 * 41 {
			src.SetRGBA(i%67, i/67, palette[i%n])
		}
		dst := reduce(src)
		if len(dst.Palette) > colours {
			t.Errorf("%d colours", len(dst.Palette))
		}
		wrong := 0
		for i := range 67 * 41 {
			if color.RGBAModel.Convert(dst.At(i%67, i/67)) != color.Color(src.RGBAAt(i%67, i/67)) {
				wrong++
			}
		}
		if n <= colours && wrong > 0 {
			t.Errorf("%d of %d colours: %d pixels changed", n, colours, wrong)
		}
	}
}

func TestTopDistrictsLoseNobody(t *testing.T) {
	t.Parallel()
	ts := typesetter(t)
	rapid.Check(t, func(rt *rapid.T) {
		in := rapid.SliceOf(rapid.Custom(func(rt *rapid.T) DistrictCount {
			return DistrictCount{rapid.StringMatching(`[A-F]{0,2}`).Draw(rt, "name"), rapid.IntRange(0, 9).Draw(rt, "count")}
		})).Draw(rt, "districts")
		sum := func(ds []DistrictCount) (n int) {
			for _, d := range ds {
				n += d.Count
			}
			return n
		}
		out := topDistricts(ts, in)
		if sum(in) != sum(out) {
			rt.Fatalf("%d in, %d out", sum(in), sum(out))
		}
		if len(out) > maxDistricts+1 {
			rt.Fatalf("%d rows", len(out))
		}
		top := out[:min(len(out), maxDistricts)]
		if !slices.IsSortedFunc(top, func(a, b DistrictCount) int { return b.Count - a.Count }) {
			rt.Fatalf("not by size: %v", out)
		}
	})
}

func TestEveryDayIsThere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		base := time.Date(2026, 12, 14, 23, 30, 0, 0, event.Jakarta)
		in := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) DayCount {
			return DayCount{base.Add(-time.Duration(rapid.IntRange(0, 100*24).Draw(rt, "hours")) * time.Hour), rapid.IntRange(0, 9).Draw(rt, "count")}
		}), 1, 30).Draw(rt, "days")
		out, cut := everyDay(in)
		if len(out) < minDays || len(out) > maxDays {
			rt.Fatalf("%d days", len(out))
		}
		for i := 1; i < len(out); i++ {
			if out[i].Date.Sub(out[i-1].Date) != 24*time.Hour {
				rt.Fatalf("%s follows %s", out[i].Date, out[i-1].Date)
			}
		}
		want := 0
		for _, d := range in {
			if !event.Midnight(d.Date).Before(out[0].Date) {
				want += d.Count
			} else if !cut {
				rt.Fatalf("%s was left out without a word", d.Date)
			}
		}
		got := 0
		for _, d := range out {
			got += d.Count
		}
		if got != want {
			rt.Fatalf("%d registrations of %d", got, want)
		}
	})
}

func TestDateLabelsDoNotTouch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(minDays, maxDays).Draw(rt, "days")
		days := make([]DayCount, n)
		for i := range days {
			days[i].Date = time.Date(2026, 9, 1+i, 0, 0, 0, 0, event.Jakarta)
		}
		labels := dateLabels(days)
		if labels[n-1] == "" {
			rt.Fatal("the last day has no date")
		}
		last := -1
		for i, s := range labels {
			if s == "" {
				continue
			}
			if last >= 0 && (i-last)*(recapInner-dateWidth)/n < dateWidth {
				rt.Fatalf("labels of days %d and %d of %d touch", last, i, n)
			}
			last = i
		}
	})
}

func TestAxisHasRoomForTheValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 1_000_000).Draw(rt, "peak")
		top, marks := axis(n)
		if top <= n || marks < 3 || marks > 6 || top%(marks-1) != 0 {
			rt.Fatalf("axis of %d ends at %d with %d marks", n, top, marks)
		}
		if n > 20 && top > 2*n+n/2 {
			rt.Fatalf("axis of %d ends at %d: mostly empty", n, top)
		}
	})
}

func TestThousands(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1.000", 12345: "12.345", 1234567: "1.234.567", -1000: "-1.000", -100: "-100"} {
		if got := thousands(n); got != want {
			t.Errorf("%d reads %q, want %q", n, got, want)
		}
	}
}
