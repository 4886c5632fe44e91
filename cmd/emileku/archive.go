package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive"
	"github.com/diskopukm/emileku/storage/sqlite"
)

// withStore opens the configured database for a subcommand. The embedded one
// must not be in use by a running bot.
func (d database) withStore(ctx context.Context, exclusive bool, f func(storage.Store) error) error {
	if err := d.check(); err != nil {
		return err
	}
	if d.MongoURI == "" && exclusive {
		unlock, err := lockDataDir(d.DataDir)
		if err != nil {
			return err
		}
		defer unlock()
	}
	store, err := d.open(ctx, zerolog.New(os.Stderr).Level(zerolog.WarnLevel), nil)
	if err != nil {
		return err
	}
	return errors.Join(f(store), store.Close())
}

func source() archive.Source {
	return archive.Source{Program: version(), At: time.Now().UTC()}
}

// orReplace adds to the refusal of a target that is not empty how to go on.
func orReplace(err error) error {
	if errors.Is(err, archive.ErrNotEmpty) {
		return fmt.Errorf("%w; to delete what it holds first, add --replace", err)
	}
	return err
}

func report(w io.Writer, what string, m archive.Manifest) {
	total := 0
	for _, c := range m.Collections {
		total += c.Count
	}
	fmt.Fprintf(w, "%s: %d documents in %d collections, SHA-256 %s\n", what, total, len(m.Collections), m.SHA256)
}

type backupCmd struct {
	database
	File string `arg:"" help:"File to write, such as emileku-2027-01-14.zip."`
}

// Run implements the subcommand. It may run beside the bot.
func (c *backupCmd) Run(ctx context.Context) error {
	return c.withStore(ctx, false, func(s storage.Store) error {
		m, err := archive.WriteFile(ctx, s, c.File, source())
		if err != nil {
			return err
		}
		report(os.Stdout, "written to "+c.File, m)
		return nil
	})
}

type exportCmd struct{ backupCmd }

type restoreCmd struct {
	database
	File    string `arg:"" type:"existingfile" help:"File that backup or export wrote."`
	Replace bool   `help:"Delete what the database holds first."`
}

// Run implements the subcommand.
func (c *restoreCmd) Run(ctx context.Context) error {
	return c.withStore(ctx, true, func(s storage.Store) error {
		m, err := archive.ReadFile(ctx, s, c.File, archive.Options{Replace: c.Replace})
		if err != nil {
			return orReplace(err)
		}
		report(os.Stdout, "restored", m)
		return nil
	})
}

type importCmd struct {
	Everything importEverythingCmd `cmd:"" help:"Move everything into MONGODB_URI (or DATA_DIR) from a folder's embedded database or an exported file."`
	Guests     importGuestsCmd     `cmd:"" help:"Check a list of guests (CSV or XLSX), and with --yes put them on the list of an event."`
}

type importEverythingCmd struct {
	database
	From    string `arg:"" type:"path" help:"A DATA_DIR with an embedded database, or a file that export wrote."`
	Replace bool   `help:"Delete what the target holds first."`
}

// Run implements the subcommand: counts and hash are compared at the end.
func (c *importEverythingCmd) Run(ctx context.Context) error {
	info, err := os.Stat(c.From)
	if err != nil {
		return fmt.Errorf("import from: %w", err)
	}
	if !info.IsDir() {
		return (&restoreCmd{database: c.database, File: c.From, Replace: c.Replace}).Run(ctx)
	}
	if c.MongoURI == "" && sameDir(c.From, c.DataDir) {
		return errors.New("that is the configured database itself; set MONGODB_URI, or another DATA_DIR, to say where everything should go")
	}
	unlock, err := lockDataDir(c.From)
	if err != nil {
		return err
	}
	defer unlock()
	path := filepath.Join(c.From, databaseFile)
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("%s holds no embedded database: %w", c.From, err)
	}
	from, err := sqlite.Open(ctx, sqlite.Options{Path: path})
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	if err := from.Migrate(ctx); err != nil {
		return err
	}
	return c.withStore(ctx, true, func(to storage.Store) error {
		m, err := archive.Copy(ctx, from, to, archive.Options{Replace: c.Replace})
		if err != nil {
			return orReplace(err)
		}
		report(os.Stdout, "moved to "+to.Describe()+", counts and hash agree", m)
		return nil
	})
}

func sameDir(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
