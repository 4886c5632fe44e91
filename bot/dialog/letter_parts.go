package dialog

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

// signedPart is one signed file that came in.
type signedPart struct {
	name string
	data []byte
}

// partFault is a file that was not taken, and why.
type partFault struct {
	Name string
	Why  string
}

// Limits of a ZIP file of signed letters: a small one may unfold to gigabytes.
const (
	maxParts      = app.MaxGuestLetters + 20
	maxPartsBytes = 200 << 20
)

var errParts = errors.New("no ZIP file of letters")

// signedParts opens a ZIP file, or takes a PDF by itself.
func signedParts(name string, data []byte) ([]signedPart, error) {
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return []signedPart{{name, data}}, nil
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, errParts
	}
	var out []signedPart
	room := int64(maxPartsBytes)
	for _, f := range z.File {
		base := path.Base(strings.ReplaceAll(f.Name, `\`, "/"))
		if f.FileInfo().IsDir() || strings.HasPrefix(base, ".") || strings.Contains(f.Name, "__MACOSX") {
			continue
		}
		if len(out) == maxParts {
			return nil, errParts
		}
		part, err := readPart(f, min(MaxLetter, room))
		if err != nil {
			return nil, errParts
		}
		room -= int64(len(part))
		out = append(out, signedPart{base, part})
	}
	return out, nil
}

func readPart(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errParts
	}
	return data, err
}

// faultsNamed is how many files that were not taken are named.
const faultsNamed = 8

// takeSignedParts takes in the signed letters of guests. When the last one is
// there the whole may be sent.
func (d *Desk) takeSignedParts(ctx context.Context, t *Turn, _ letterState, l *storage.Letter, name string, data []byte) error {
	parts, err := signedParts(name, data)
	if err != nil {
		return t.Say("surat.bad.zip", templates.Data{"Most": maxParts})
	}
	var letters []*storage.Letter
	if err := d.app.EachLetter(ctx, storage.LetterQuery{Parent: &l.ID}, func(c *storage.Letter) error {
		letters = append(letters, c)
		return nil
	}); err != nil {
		return err
	}
	n := 0
	var faults []partFault
	for _, p := range parts {
		problem := signedFault(p.data)
		part := app.MatchSigned(letters, p.name)
		if problem == "" && part == nil {
			problem = "surat.bad.match"
		}
		if problem != "" {
			why, err := t.Render(problem, templates.Data{"MB": MaxLetter >> 20})
			if err != nil {
				return err
			}
			faults = append(faults, partFault{cutName(p.name), markup.Plain(string(why))})
			continue
		}
		if _, err := d.app.SignLetter(ctx, t.Actor(), part.ID, p.data); err != nil {
			return err
		}
		n++
	}
	sum, err := d.app.SigningOf(ctx, l.ID)
	if err != nil {
		return err
	}
	if sum.Signed == sum.All && sum.All > 0 {
		if l, err = d.app.ApproveGuestLetters(ctx, t.Actor(), l.ID); err != nil {
			return err
		}
	}
	note := templates.Data{"N": n, "Signed": sum.Signed, "Parts": sum.All, "Faults": faults[:min(len(faults), faultsNamed)]}
	if l.Status == storage.LetterSigned {
		return noteAgain(t, "surat.signedparts", note, func() error { return d.sayLetter(ctx, t, l) })
	}
	// Others may follow: the question stays.
	return t.Say("surat.signedparts", note, d.stopButton(t, tagHere(t, "sr")), t.commands(choice{t.Label("surat", "enough"), "/surat cukup " + l.ID}))
}
