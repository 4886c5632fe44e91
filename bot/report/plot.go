package report

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"strings"

	"github.com/go-analyze/charts"
	"github.com/golang/freetype/truetype"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/diskopukm/emileku/bot/event"
)

// plotFont is the size of a plot's letters in points, about 34 pixels.
const plotFont = 26

func districtsHeight(rows int) int { return districtLead*rows + 24 }

// districtsPlot draws a bar with its value for each row, the first on top.
func districtsPlot(rows []DistrictCount) (image.Image, error) {
	// The chart counts its categories from the bottom.
	names, values := make([]string, len(rows)), make([]float64, len(rows))
	most := 1.0
	for i, d := range rows {
		names[len(rows)-1-i], values[len(rows)-1-i] = d.Name, float64(d.Count)
		most = max(most, float64(d.Count))
	}
	// Room at the right for the longest bar's value, as a share of the least
	// that the names leave of the width.
	room := float64(digitWidth*(len(count(most))+1)) / (recapInner - districtWidth)
	return plot(districtsHeight(len(rows)), func(p *charts.Painter, look plotLook) error {
		opt := charts.NewBarChartOptionWithData([][]float64{values})
		opt.Horizontal = true
		opt.Theme = look.theme
		opt.Padding = charts.NewBox(0, 0, 0, 0)
		opt.Legend.Show = charts.Ptr(false)
		opt.BarSize = 0.62
		opt.CategoryAxis.Labels = names
		opt.CategoryAxis.LabelFontStyle = look.letters
		opt.ValueAxis = []charts.ValueAxisOption{{
			Show: charts.Ptr(false), Min: charts.Ptr(0.0), Max: charts.Ptr(most / (1 - min(room, 0.5))),
			SplitLineShow: charts.Ptr(false), RangeValuePaddingScale: charts.Ptr(0.0),
		}}
		opt.SeriesList[0].Label = charts.SeriesLabel{
			Show: charts.Ptr(true), ValueFormatter: count, FontStyle: look.letters, Distance: 10,
		}
		return p.BarChart(opt)
	})
}

// daysPlot draws a column for each day. Values stand on all columns where they
// have room, else on the highest.
func daysPlot(days []DayCount) (image.Image, error) {
	values := make([]float64, len(days))
	peak := 0
	for i, d := range days {
		values[i] = float64(d.Count)
		peak = max(peak, d.Count)
	}
	top, ticks := axis(peak)
	column := (recapInner - 2*digitWidth) / len(days)
	crowded := column < digitWidth*(len(count(float64(peak)))+1)
	return plot(daysHeight, func(p *charts.Painter, look plotLook) error {
		opt := charts.NewBarChartOptionWithData([][]float64{values})
		opt.Theme = look.theme
		opt.Padding = charts.NewBox(0, 24, max(0, dateWidth-column)/2, 0)
		opt.Legend.Show = charts.Ptr(false)
		// As many labels as columns, most of them blank: the chart's own choice
		// of labels lets the last two overlap.
		opt.CategoryAxis.Labels = dateLabels(days)
		opt.CategoryAxis.LabelCount = len(days)
		opt.CategoryAxis.BoundaryGap = charts.Ptr(true)
		opt.CategoryAxis.LabelFontStyle = look.letters
		opt.ValueAxis = []charts.ValueAxisOption{{
			Min: charts.Ptr(0.0), Max: charts.Ptr(float64(top)), RangeValuePaddingScale: charts.Ptr(0.0),
			LabelCount: ticks, LabelFontStyle: look.letters, ValueFormatter: count,
		}}
		marked := false
		opt.SeriesList[0].Label = charts.SeriesLabel{
			Show:      charts.Ptr(true),
			FontStyle: look.letters,
			// The index that it is given is that of the series, not of the day.
			LabelFormatter: func(_ int, _ string, v float64) (string, *charts.LabelStyle) {
				if crowded {
					if marked || v < float64(peak) {
						return "", nil
					}
					marked = true
				}
				return count(v), nil
			},
		}
		return p.BarChart(opt)
	})
}

// digitWidth is a digit's width in pixels.
const digitWidth = 20

// dateWidth is the room that a date such as "14 Des" needs, in pixels.
const dateWidth = 136

// dateLabels names the last day and as many before it, evenly spaced, as fit;
// the others are blank. The year is in the picture's heading.
func dateLabels(days []DayCount) []string {
	labels := make([]string, len(days))
	stride := (len(days)*dateWidth + recapInner - dateWidth - 1) / (recapInner - dateWidth)
	for i := len(days) - 1; i >= 0; i -= stride {
		s := event.ShortDay(days[i].Date)
		labels[i] = s[:strings.LastIndexByte(s, ' ')]
	}
	return labels
}

func count(v float64) string { return thousands(int(math.Round(v))) }

// axis chooses the upper end of a scale of whole numbers and how many marks it
// has, zero included: steps of 1, 2 or 5 times a power of ten, with room for
// the value above a column of n.
func axis(n int) (top, marks int) {
	need := n + max(1, n/12)
	for power := 1; ; power *= 10 {
		for _, step := range []int{power, 2 * power, 5 * power} {
			if steps := (need + step - 1) / step; steps <= 5 {
				steps = max(steps, 2)
				return steps * step, steps + 1
			}
		}
	}
}

// plotLook is what the plots of one picture share.
type plotLook struct {
	theme   charts.ColorPalette
	letters charts.FontStyle
}

// plot renders one chart without any frame.
func plot(height int, draw func(*charts.Painter, plotLook) error) (image.Image, error) {
	// Parsed anew for each picture: a parsed font is cheap and never shared.
	f, err := truetype.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("parse embedded font: %w", err)
	}
	theme := charts.GetTheme(charts.ThemeLight).
		WithBackgroundColor(charts.ColorConvertGo(white)).
		WithTextColor(charts.ColorConvertGo(ink)).
		WithSeriesColors([]charts.Color{charts.ColorConvertGo(barBlue)}).
		WithAxisSplitLineColor(charts.ColorConvertGo(barTrack)).
		WithXAxisColor(charts.ColorConvertGo(hairline)).WithXAxisTextColor(charts.ColorConvertGo(ink)).
		WithYAxisColor(charts.ColorConvertGo(hairline)).WithYAxisTextColor(charts.ColorConvertGo(ink))
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: recapInner, Height: height, Font: f, Theme: theme})
	letters := charts.FontStyle{FontSize: plotFont, Font: f, FontColor: charts.ColorConvertGo(ink)}
	if err := draw(p, plotLook{theme, letters}); err != nil {
		return nil, err
	}
	raw, err := p.Bytes()
	if err != nil {
		return nil, err
	}
	return png.Decode(bytes.NewReader(raw))
}

// place puts a plot at the left margin and returns its lower edge.
func (c *canvas) place(plot image.Image, y float64) float64 {
	b := plot.Bounds()
	draw.Draw(c.img, image.Rect(recapMargin, int(y), recapMargin+b.Dx(), int(y)+b.Dy()), plot, b.Min, draw.Over)
	return y + float64(b.Dy())
}
