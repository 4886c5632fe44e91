package archive

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive/document"
)

const (
	manifestName = "manifest.json"
	extension    = ".jsonl"
)

// Write writes an archive of a database, which may be in use: the archive is
// then as of one moment where the engine can read so (SQLite); elsewhere
// collections are read one after the other, in an order that the bot's replay
// at start makes whole. After an error what was written is no archive.
func Write(ctx context.Context, s storage.Store, w io.Writer, src Source) (Manifest, error) {
	at := document.Time(src.At)
	z := zip.NewWriter(w)
	var lines *bufio.Writer
	finish := func() error {
		if lines == nil {
			return nil
		}
		return lines.Flush()
	}
	entry := func(name string, method uint16) (io.Writer, error) {
		return z.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: at})
	}
	m, err := walk(ctx, s, archived,
		func(collection string) error {
			if err := finish(); err != nil {
				return err
			}
			f, err := entry(collection+extension, zip.Deflate)
			lines = bufio.NewWriterSize(f, 64<<10)
			return err
		},
		func(_, _ string, doc json.RawMessage) error {
			if _, err := lines.Write(doc); err != nil {
				return err
			}
			return lines.WriteByte('\n')
		})
	m.Program, m.TakenAt = src.Program, &at
	if err == nil {
		err = finish()
	}
	if err == nil {
		err = writeManifest(entry, m)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return m, fmt.Errorf("back up %s: %w", s.Describe(), err)
	}
	return m, nil
}

func writeManifest(entry func(string, uint16) (io.Writer, error), m Manifest) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	f, err := entry(manifestName, zip.Store)
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return err
}

// WriteFile is Write to a file, readable by its owner alone. The file is there
// as a whole or not at all; one of that name is replaced.
func WriteFile(ctx context.Context, s storage.Store, path string, src Source) (m Manifest, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if err != nil {
		return m, fmt.Errorf("back up %s: %w", s.Describe(), err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreClosed(f.Close()), os.Remove(f.Name()))
		}
	}()
	if m, err = Write(ctx, s, f, src); err != nil {
		return m, err
	}
	if err = f.Sync(); err == nil {
		err = f.Close()
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return m, fmt.Errorf("back up to %s: %w", path, err)
	}
	return m, syncDir(filepath.Dir(path))
}

func ignoreClosed(err error) error {
	if errors.Is(err, os.ErrClosed) {
		return nil
	}
	return err
}

// syncDir makes a rename survive a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("back up: sync %s: %w", dir, err)
	}
	return nil
}
