package report

import (
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/diskopukm/emileku/bot/event"
)

// RecapView is what a recap picture shows. Only Title and AsOf are required;
// without registrations the picture says that there are none yet.
type RecapView struct {
	Title     string    // of the event
	AsOf      time.Time // when the numbers were counted
	Audiences []AudienceCount
	Districts []DistrictCount // in any order; an empty name counts as not filled in
	Days      []DayCount      // in any order; days without registrations may be left out
}

// AudienceCount is how many of an audience hold a place.
type AudienceCount struct {
	Name    string
	Count   int // registrations that hold a place or are being decided upon
	Quota   int // 0: no limit
	Waiting int // on the waiting list, beside Count
}

// DistrictCount is the number of registrations from one kecamatan.
type DistrictCount struct {
	Name  string
	Count int
}

// DayCount is the number of registrations of one calendar date in WIB.
type DayCount struct {
	Date  time.Time
	Count int
}

// Limits of what a phone shows legibly.
const (
	maxDistricts = 12 // the rest is summed up as "Lainnya"
	maxDays      = 60
	minDays      = 7 // columns of a plot with fewer would be as wide as a hand
	maxAudiences = 12
)

// Colours of the recap, from the palette of Okabe and Ito, which people with
// any colour vision can tell apart. Each value is printed as well.
var (
	barBlue   = color.RGBA{0x00, 0x72, 0xb2, 0xff}
	barOrange = color.RGBA{0xe6, 0x9f, 0x00, 0xff}
	barTrack  = color.RGBA{0xe3, 0xe8, 0xec, 0xff}
)

// Layout of the recap, in pixels.
const (
	recapWidth    = 1080
	recapMargin   = 60
	recapInner    = recapWidth - 2*recapMargin
	recapGap      = 56
	headingLead   = 72
	audienceLead  = 116 // with a bar
	plainLead     = 74  // without
	barHeight     = 30
	districtLead  = 58
	districtWidth = 440 // of a kecamatan's name at most
	daysHeight    = 560
)

// RecapChart draws the recap as a portrait PNG, 1080 px wide: registrations by
// audience against their quotas, by kecamatan and by day.
func RecapChart(v RecapView) ([]byte, error) {
	if v.Title == "" || v.AsOf.IsZero() {
		return nil, errors.New("recap needs a title and a time")
	}
	for _, a := range v.Audiences {
		if a.Count < 0 || a.Quota < 0 || a.Waiting < 0 {
			return nil, fmt.Errorf("recap: audience %q has a negative number", a.Name)
		}
	}
	return paint("recap", v.picture)
}

func (v RecapView) picture(ts *typeset) (*canvas, error) {
	r := layRecap(ts, v)
	c := newCanvas(ts, recapWidth, r.height(), white)
	if err := r.draw(c); err != nil {
		return nil, err
	}
	return c, nil
}

type recap struct {
	title     block
	asOf      string
	total     int // those who wait among them
	audiences []AudienceCount
	districts []DistrictCount
	days      []DayCount
	lastDays  bool // earlier days were left out
}

func layRecap(ts *typeset, v RecapView) recap {
	r := recap{
		title:     ts.fit(v.Title, regular, 48, 34, recapInner, 2),
		asOf:      asOf(v.AsOf),
		audiences: v.Audiences[:min(len(v.Audiences), maxAudiences)],
		districts: topDistricts(ts, v.Districts),
	}
	r.days, r.lastDays = everyDay(v.Days)
	for _, a := range v.Audiences {
		r.total += a.Count + a.Waiting
	}
	return r
}

// topDistricts are the kecamatan with most registrations, most first, and one
// row for all others where those are several.
func topDistricts(ts *typeset, in []DistrictCount) []DistrictCount {
	sums := map[string]int{}
	for _, d := range in {
		name := ts.fit(d.Name, regular, 36, 36, districtWidth, 1)
		sums[cmp.Or(strings.Join(name.lines, ""), recapUnknown)] += d.Count
	}
	var all []DistrictCount
	for name, n := range sums {
		if n > 0 {
			all = append(all, DistrictCount{name, n})
		}
	}
	slices.SortFunc(all, func(a, b DistrictCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	if len(all) <= maxDistricts+1 {
		return all
	}
	others := 0
	for _, d := range all[maxDistricts:] {
		others += d.Count
	}
	return append(all[:maxDistricts:maxDistricts], DistrictCount{fmt.Sprintf(recapOthers, len(all)-maxDistricts), others})
}

// everyDay has one entry for each date from the first to the last, at least
// minDays and at most maxDays up to the last.
func everyDay(in []DayCount) (days []DayCount, cut bool) {
	if len(in) == 0 {
		return nil, false
	}
	sums := map[time.Time]int{}
	first, last := event.Midnight(in[0].Date), event.Midnight(in[0].Date)
	for _, d := range in {
		day := event.Midnight(d.Date)
		sums[day] += d.Count
		if day.Before(first) {
			first = day
		}
		if day.After(last) {
			last = day
		}
	}
	if earliest := last.AddDate(0, 0, 1-maxDays); first.Before(earliest) {
		first, cut = earliest, true
	}
	if latest := last.AddDate(0, 0, 1-minDays); first.After(latest) {
		first = latest
	}
	for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
		days = append(days, DayCount{day, sums[day]})
	}
	return days, cut
}

func (r recap) headHeight() float64 { return masthead{title: r.title}.height() }

func (r recap) height() int {
	h := r.headHeight()
	if len(r.audiences) > 0 {
		h += recapGap + headingLead + r.audiencesHeight()
	}
	if len(r.districts) > 0 {
		h += recapGap + headingLead + float64(districtsHeight(len(r.districts)))
	}
	if r.busyDays() {
		h += recapGap + headingLead + daysHeight
	}
	if r.empty() {
		h += recapGap + headingLead
	}
	return int(h) + recapMargin
}

func (r recap) empty() bool { return r.total == 0 && len(r.districts) == 0 }

// busyDays reports whether there is anything to plot by day.
func (r recap) busyDays() bool {
	return slices.ContainsFunc(r.days, func(d DayCount) bool { return d.Count > 0 })
}

func (r recap) draw(c *canvas) error {
	y := r.drawHead(c)
	if len(r.audiences) > 0 {
		y = r.drawAudiences(c, c.heading(y+recapGap, recapByAudience, ""))
	}
	if r.empty() {
		c.text(recapNone, style{regular, 42}, recapMargin, y+recapGap+42, 0, inkSoft)
		y += recapGap + headingLead
	}
	if len(r.districts) > 0 {
		y = c.heading(y+recapGap, recapByDistrict, "")
		plot, err := districtsPlot(r.districts)
		if err != nil {
			return fmt.Errorf("by kecamatan: %w", err)
		}
		y = c.place(plot, y)
	}
	if r.busyDays() {
		note := ""
		if r.lastDays {
			note = fmt.Sprintf(recapLastDays, maxDays)
		}
		y = c.heading(y+recapGap, recapByDay, note)
		plot, err := daysPlot(r.days)
		if err != nil {
			return fmt.Errorf("by day: %w", err)
		}
		c.place(plot, y)
	}
	return nil
}

func (r recap) drawHead(c *canvas) float64 {
	h := r.headHeight()
	masthead{recapHeading, r.title, thousands(r.total), recapTotal, r.asOf}.draw(c, h)
	return h
}

// heading draws a section's heading, with a note at its right.
func (c *canvas) heading(y float64, text, note string) float64 {
	c.text(text, style{bold, 46}, recapMargin, y+40, 0, ink)
	c.text(note, style{regular, 34}, recapWidth-recapMargin, y+40, 1, inkSoft)
	return y + headingLead
}

func (r recap) audiencesHeight() float64 {
	h := 0.0
	for _, a := range r.audiences {
		h += a.lead()
	}
	return h
}

func (a AudienceCount) lead() float64 {
	if a.Quota == 0 {
		return plainLead
	}
	return audienceLead
}

// drawAudiences writes the numbers of each audience in words, and below them a
// bar that fills up towards the quota where there is one.
func (r recap) drawAudiences(c *canvas, y float64) float64 {
	for _, a := range r.audiences {
		words, st := audienceWords(a), style{regular, 36}
		c.text(words, st, recapWidth-recapMargin, y+44, 1, ink)
		name := c.fit(a.Name, bold, 40, 28, recapInner-c.width(words, st)-24, 1)
		c.paragraph(name, recapMargin, y+44-name.style.size*0.96, ink)
		if a.Quota > 0 {
			c.bar(int(y+60), a)
		}
		y += a.lead()
	}
	return y
}

// bar draws the places taken, then those who wait, on a track as long as the
// quota, or as both where they are more.
func (c *canvas) bar(y int, a AudienceCount) {
	const r = barHeight / 2
	full := max(a.Quota, a.Count+a.Waiting)
	taken, all := recapInner*a.Count/full, recapInner*(a.Count+a.Waiting)/full
	if a.Count > 0 {
		taken = max(taken, 2*r) // one in a thousand is seen too
	}
	if a.Waiting > 0 {
		all = min(max(all, taken+2*r), recapInner)
		taken = min(taken, all-2*r)
	}
	c.rounded(recapMargin, y, recapInner, barHeight, r, barTrack)
	if a.Waiting > 0 {
		c.rounded(recapMargin, y, all, barHeight, r, barOrange)
	}
	if a.Count > 0 {
		c.rounded(recapMargin, y, taken, barHeight, r, barBlue)
	}
	if a.Waiting > 0 && a.Count > 0 {
		// Square, with a gap that parts the two where colour does not.
		c.rect(recapMargin+taken-r, y, r, barHeight, barBlue)
		c.rect(recapMargin+taken, y, 4, barHeight, white)
	}
}

func audienceWords(a AudienceCount) string {
	words := fmt.Sprintf(recapNoQuota, thousands(a.Count))
	if a.Quota > 0 {
		words = fmt.Sprintf(recapOf, thousands(a.Count), thousands(a.Quota))
		if a.Count >= a.Quota {
			words += ", " + recapFull
		}
	}
	if a.Waiting > 0 {
		words += ", " + fmt.Sprintf(recapWaiting, thousands(a.Waiting))
	}
	return words
}

// thousands writes n the Indonesian way: 12.345.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "." + s[i:]
	}
	return s
}
