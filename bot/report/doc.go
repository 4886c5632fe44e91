// Package report turns view models into what people keep: the ticket picture,
// its QR code, the calendar file, the recap chart and the spreadsheets.
//
// It is a leaf: a view model goes in, bytes come out. It reads no storage,
// knows no channel and keeps no state, so every function is safe for
// concurrent use. Dates are shown in WIB (event.Jakarta).
//
// What the pictures and files say in Indonesian stands in texts.go.
package report
