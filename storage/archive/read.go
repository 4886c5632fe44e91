package archive

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

// maxLine bounds a document: a file of the largest size in base64, with room
// for all else. maxManifest bounds the manifest.
const (
	maxLine     = storage.MaxBlob*4/3 + 16<<20
	maxManifest = 1 << 20
)

// Check reads a whole archive of size bytes and compares it with its manifest.
func Check(ctx context.Context, r io.ReaderAt, size int64) (Manifest, error) {
	a, err := open(r, size)
	if err != nil {
		return Manifest{}, err
	}
	return a.manifest, a.check(ctx)
}

// Read restores an archive of size bytes into a database. The archive is
// checked from end to end before the target is touched, and the target
// against the archive afterwards. After an error in between the target is
// incomplete: restore again with Options.Replace.
func Read(ctx context.Context, s storage.Store, r io.ReaderAt, size int64, o Options) (Manifest, error) {
	a, err := open(r, size)
	if err != nil {
		return Manifest{}, err
	}
	if err := a.check(ctx); err != nil {
		return a.manifest, err
	}
	if err := a.restore(ctx, s, o); err != nil {
		return a.manifest, fmt.Errorf("restore to %s: %w", s.Describe(), err)
	}
	return a.manifest, nil
}

// ReadFile is Read from a file.
func ReadFile(ctx context.Context, s storage.Store, path string, o Options) (Manifest, error) {
	f, err := os.Open(path)
	if err != nil {
		return Manifest{}, fmt.Errorf("restore: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return Manifest{}, fmt.Errorf("restore: %w", err)
	}
	m, err := Read(ctx, s, f, info.Size(), o)
	if err != nil {
		return m, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// opened is an archive whose manifest was read.
type opened struct {
	manifest Manifest
	files    map[string]*zip.File
}

func open(r io.ReaderAt, size int64) (*opened, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	a := &opened{files: map[string]*zip.File{}}
	for _, f := range z.File {
		if a.files[f.Name] != nil {
			return nil, fmt.Errorf("%w: %s is in it twice", ErrDamaged, f.Name)
		}
		a.files[f.Name] = f
	}
	if err := a.readManifest(); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, c := range document.Collections() {
		known[c] = true
	}
	for _, c := range a.manifest.Collections {
		if !known[c.Name] || a.files[c.Name+extension] == nil {
			return nil, fmt.Errorf("%w: collection %q is unknown, missing or named twice", ErrDamaged, c.Name)
		}
		delete(known, c.Name)
	}
	// A collection that the program which made it did not have yet may lack.
	if len(a.files) != len(a.manifest.Collections)+1 {
		return nil, fmt.Errorf("%w: files that the manifest does not name", ErrDamaged)
	}
	return a, nil
}

func (a *opened) readManifest() error {
	f := a.files[manifestName]
	if f == nil {
		return fmt.Errorf("%w: no %s", ErrDamaged, manifestName)
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxManifest))
	if err == nil {
		err = json.Unmarshal(b, &a.manifest)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, manifestName, err)
	}
	if a.manifest.Documents > document.Version {
		return fmt.Errorf("%w: its documents are of version %d, this program knows up to %d", ErrNewer, a.manifest.Documents, document.Version)
	}
	if a.manifest.Documents < 1 || a.manifest.SHA256 != a.manifest.sum() {
		return fmt.Errorf("%w: %s was altered", ErrDamaged, manifestName)
	}
	return nil
}

// check reads all documents, and writes none.
func (a *opened) check(ctx context.Context) error {
	for _, c := range a.manifest.Collections {
		t := newTally(c.Name)
		err := a.each(ctx, c.Name, func(id string, doc json.RawMessage) error {
			typed, err := document.Decode(c.Name, id, doc)
			if err != nil {
				return err
			}
			canonical, err := document.Encode(typed)
			if err != nil {
				return err
			}
			if !bytes.Equal(canonical, doc) {
				return fmt.Errorf("%s %q is not in canonical form", c.Name, id)
			}
			if !archived(c.Name, id) {
				return fmt.Errorf("%s %q must not be in an archive", c.Name, id)
			}
			return t.add(id, doc)
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		if t.collection() != c {
			return fmt.Errorf("%w: %s has %d documents with hash %.12s, the manifest says %d with %.12s",
				ErrDamaged, c.Name, t.count, t.collection().SHA256, c.Count, c.SHA256)
		}
	}
	return nil
}

func (a *opened) restore(ctx context.Context, s storage.Store, o Options) error {
	if err := o.ready(ctx, s); err != nil {
		return err
	}
	w := newBatches(s.Raw(), o.Progress)
	for _, c := range a.manifest.Collections {
		if err := w.begin(ctx, c.Name); err != nil {
			return err
		}
		if err := a.each(ctx, c.Name, func(id string, doc json.RawMessage) error { return w.put(ctx, id, doc) }); err != nil {
			return err
		}
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	return matches(ctx, s, a.manifest)
}

// each reads the documents of a collection. fn may keep doc.
func (a *opened) each(ctx context.Context, collection string, fn func(id string, doc json.RawMessage) error) error {
	f, err := a.files[collection+extension].Open()
	if err != nil {
		return err
	}
	defer f.Close()
	for r := bufio.NewReaderSize(f, 64<<10); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		doc, err := readLine(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", collection, err)
		}
		var named struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(doc, &named); err != nil {
			return fmt.Errorf("%s: %w", collection, err)
		}
		if err := fn(named.ID, doc); err != nil {
			return err
		}
	}
}

// readLine reads a line, of which it gives all but the line feed. io.EOF is
// the end; a last line without line feed is io.ErrUnexpectedEOF.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], nil
		case len(line) > maxLine:
			return nil, fmt.Errorf("a document of more than %d bytes", maxLine)
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, io.ErrUnexpectedEOF
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}
