package whatsapp

import (
	"context"
	"fmt"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/store/sqlstore/upgrades"
)

// sqliteConns is how many connections the device store may open: readers wait
// for nobody, writers for each other.
const sqliteConns = 4

// OpenSQLite opens whatsmeow's own device store in an SQLite database, such as
// the embedded one; source must ask for foreign keys and immediate
// transactions. Close it before the database. Its keys are not encrypted: who
// can read the file can speak as the office's account.
func OpenSQLite(ctx context.Context, driver, source string, log zerolog.Logger) (*sqlstore.Container, error) {
	db, err := dbutil.NewWithDialect(source, driver)
	if err != nil {
		return nil, fmt.Errorf("whatsapp: open the device store: %w", err)
	}
	db.RawDB.SetMaxOpenConns(sqliteConns)
	db.UpgradeTable, db.VersionTable = upgrades.Table, "whatsmeow_version"
	c := sqlstore.NewWithWrappedDB(db, logger{log})
	if err := c.Upgrade(ctx); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("whatsapp: prepare the device store: %w", err)
	}
	return c, nil
}
