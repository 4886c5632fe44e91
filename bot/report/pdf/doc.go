// Package pdf sets the office's printed matter as PDF: pages of A4 or F4 with
// a letterhead (kop surat), justified paragraphs, lists, tables that go on
// over pages with their heads repeated, pictures, signature blocks and page
// numbers. Letters, decrees, rundowns and reports are composed from these.
//
// Lengths are in millimetres and font sizes in points. A document belongs to
// one goroutine. The first fault is kept and returned by Bytes, so that a
// composition need not look after each step. The same calls give the same
// bytes, but for the order in which the library writes pictures of one width:
// the only time in a document is Options.Made.
//
// Text can be selected and searched: fonts are embedded, cut down to the
// characters that occur. What the fonts lack is replaced by its plain twin or
// left out (see legible).
//
// Memory: the library keeps the finished pages and the compressed pictures
// until the end, a few kilobytes a page; pictures are brought down to what
// print can show (Picture), so that a report with eighty photos stays small.
// Rows of a table are taken one by one from an iterator.
package pdf
