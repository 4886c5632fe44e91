package telegram_test

import (
	"net/http"
	"testing"

	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/telegram"
	"github.com/diskopukm/emileku/bot/channel/telegram/botapi"
)

// BenchmarkSend is the adapter's own speed, far above what Telegram allows, so
// that it never is what holds a broadcast up.
func BenchmarkSend(b *testing.B) {
	srv := botapi.New(botapi.Options{Limits: botapi.NoLimits()})
	defer srv.Close()
	c, err := telegram.New(telegram.Options{
		Token: srv.Token(), APIURL: srv.URL(), Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	srv.Person(7, "Siti", "").Start()
	m := channel.Outbound{
		Text:    "Yth. Bapak/Ibu, kami mengundang *E-MILE KU*.",
		Buttons: [][]channel.Button{{{Label: "Hadir", Value: "rsvp:ya"}, {Label: "Tidak", Value: "rsvp:tidak"}}},
	}
	b.ReportAllocs()
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.Send(b.Context(), chatOf(7), "", m); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
}
