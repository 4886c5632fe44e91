package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// Faults of a file that somebody uploads as a PDF.
var (
	ErrNotPDF    = errors.New("this is no PDF")
	ErrTruncated = errors.New("the PDF is not whole")
	ErrEncrypted = errors.New("the PDF is locked by a password")
	ErrActive    = errors.New("the PDF carries a program")
)

var (
	startOfTable = regexp.MustCompile(`startxref\s+(\d+)\s+%%EOF`)
	objectHead   = regexp.MustCompile(`^\s*\d+\s+\d+\s+obj\b`)
	encrypted    = regexp.MustCompile(`/Encrypt\s+(\d+\s+\d+\s+R|<<)`)
	active       = regexp.MustCompile(`/(JavaScript|JS|Launch|EmbeddedFile)\b`)
)

// Check looks whether data is a PDF that a reader opens without a password and
// that does nothing but show its pages. It looks at the frame of the file, from
// the header to the table that its last line points to, as scanners, office
// programs and electronic signatures write them; it does not draw the pages.
func Check(data []byte) error {
	head := data[:min(len(data), 1024)]
	at := bytes.Index(head, []byte("%PDF-"))
	if at < 0 {
		return ErrNotPDF
	}
	// A signature appends a part with a table of its own: the last one counts.
	tail := data[max(0, len(data)-2048):]
	marks := startOfTable.FindAllSubmatch(tail, -1)
	if len(marks) == 0 {
		return ErrTruncated
	}
	offset, err := strconv.Atoi(string(marks[len(marks)-1][1]))
	if err != nil || offset <= 0 || offset+at >= len(data) {
		return fmt.Errorf("%w: its table is not where the end says", ErrTruncated)
	}
	// Some writers count from the header, some from the start of the file.
	if !tableAt(data[offset:]) && !tableAt(data[offset+at:]) {
		return fmt.Errorf("%w: its table is not where the end says", ErrTruncated)
	}
	switch {
	case encrypted.Match(data):
		return ErrEncrypted
	case active.Match(data):
		return ErrActive
	case !bytes.Contains(data, []byte("/Root")):
		return fmt.Errorf("%w: no catalogue", ErrTruncated)
	}
	return nil
}

func tableAt(data []byte) bool {
	data = bytes.TrimLeft(data[:min(len(data), 64)], " \t\r\n\x00")
	return bytes.HasPrefix(data, []byte("xref")) || objectHead.Match(data)
}
