package report

import (
	"errors"
	"fmt"
	"image/color"
	"strconv"
	"time"
)

// SurveyView is what the picture of a survey's results shows. It names nobody.
type SurveyView struct {
	Title     string    // of the event
	AsOf      time.Time // when the answers were counted
	Replies   int
	Tenths    int // the mean of all ratings in tenths
	Questions []RatedQuestion
}

// RatedQuestion is a question that is answered by a rating from 1 to 5.
type RatedQuestion struct {
	Text    string
	Ratings [5]int
	Tenths  int
}

// The words of the picture.
const (
	surveyHeading = "Hasil survei"
	surveyOf      = "dari 5"
	surveyReplies = "%s orang menjawab"
	surveyCount   = "%s nilai"
)

// ratingColours go from the worst to the best. Each is printed with its number.
var ratingColours = [5]color.RGBA{barRed, barOrange, {0xc9, 0xcf, 0xd4, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, barGreen}

const surveyLead = 212

// SurveyChart draws the results of a survey as a portrait PNG, 1080 px wide:
// for each question how many gave which rating.
func SurveyChart(v SurveyView) ([]byte, error) {
	if v.Title == "" || v.AsOf.IsZero() {
		return nil, errors.New("survey chart needs a title and a time")
	}
	for _, q := range v.Questions {
		for _, n := range q.Ratings {
			if n < 0 {
				return nil, fmt.Errorf("survey chart: %q has a negative number", q.Text)
			}
		}
	}
	return paint("survey chart", v.picture)
}

func (v SurveyView) picture(ts *typeset) (*canvas, error) {
	title := ts.fit(v.Title, regular, 48, 34, recapInner, 2)
	head := 400 + title.height()
	c := newCanvas(ts, recapWidth, int(head)+recapGap+statusLegend+surveyLead*max(1, len(v.Questions))+recapMargin, white)
	v.draw(c, title, head)
	return c, nil
}

func (v SurveyView) draw(c *canvas, title block, head float64) {
	c.banner(head)
	c.text(surveyHeading, style{bold, 68}, recapMargin, 106, 0, white)
	y := c.paragraph(title, recapMargin, 128, mint)
	mean, st := tenths(v.Tenths), style{bold, 108}
	c.text(mean, st, recapMargin, y+118, 0, gold)
	c.text(surveyOf, style{regular, 44}, recapMargin+c.width(mean, st)+22, y+118, 0, white)
	c.text(fmt.Sprintf(surveyReplies, thousands(v.Replies)), style{regular, 38}, recapMargin, y+178, 0, white)
	c.text(asOf(v.AsOf), style{regular, 36}, recapMargin, y+230, 0, mint)

	y = head + recapGap
	x := float64(recapMargin)
	for i := 4; i >= 0; i-- {
		word := ratingNames[i]
		c.rounded(int(x), int(y)-4, 30, 30, 6, ratingColours[i])
		c.text(word, style{regular, 28}, x+38, y+22, 0, inkSoft)
		x += 38 + c.width(word, style{regular, 28}) + 20
	}
	y += statusLegend
	for _, q := range v.Questions {
		q.draw(c, y)
		y += surveyLead
	}
}

var ratingNames = [5]string{"1 sangat kurang", "2 kurang", "3 cukup", "4 baik", "5 sangat baik"}

func (q RatedQuestion) draw(c *canvas, y float64) {
	total := 0
	for _, n := range q.Ratings {
		total += n
	}
	mean, st := tenths(q.Tenths), style{bold, 52}
	c.text(mean, st, recapWidth-recapMargin, y+50, 1, ink)
	name := c.fit(q.Text, bold, 38, 28, recapInner-c.width(mean, st)-40, 2)
	c.paragraph(name, recapMargin, y+50-name.style.size*0.96, ink)
	var parts []part
	words := ""
	for i := 4; i >= 0; i-- {
		parts = append(parts, part{q.Ratings[i], ratingColours[i]})
		if q.Ratings[i] > 0 {
			if words != "" {
				words += " · "
			}
			words += strconv.Itoa(i+1) + ": " + thousands(q.Ratings[i])
		}
	}
	bar := y + 50 + name.height() - name.style.size*0.6
	c.stacked(int(bar), total, parts)
	c.text(words, style{regular, 32}, recapMargin, bar+barHeight+36, 0, inkSoft)
	c.text(fmt.Sprintf(surveyCount, thousands(total)), style{regular, 32}, recapWidth-recapMargin, bar+barHeight+36, 1, inkSoft)
}

// tenths writes a mean: "4,3".
func tenths(n int) string {
	if n == 0 {
		return "–"
	}
	return strconv.Itoa(n/10) + "," + strconv.Itoa(n%10)
}
