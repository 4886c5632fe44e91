package mongo_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/diskopukm/emileku/storage/mongo/mongotest"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/storage/storagetest"
)

// TestSameJSONAsSQLite: what was done alike reads alike from either engine,
// and moves from one to the other unchanged.
func TestSameJSONAsSQLite(t *testing.T) {
	t.Parallel()
	small, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "emileku.db")})
	noError(t, err)
	t.Cleanup(func() { noError(t, small.Close()) })
	noError(t, small.Migrate(t.Context()))
	big := mongotest.Open(t)
	storagetest.Fill(t, small)
	storagetest.Fill(t, big)
	want := storagetest.Dump(t, small.Raw())
	if got := storagetest.Dump(t, big.Raw()); got != want {
		t.Fatalf("\n got %.3000s\nwant %.3000s", got, want)
	}
	noError(t, big.Raw().Clear(t.Context()))
	for _, c := range small.Raw().Collections() {
		noError(t, small.Raw().Each(t.Context(), c, func(id string, doc json.RawMessage) error {
			return big.Raw().Put(t.Context(), c, id, doc)
		}))
	}
	if got := storagetest.Dump(t, big.Raw()); got != want {
		t.Fatalf("moved:\n got %.3000s\nwant %.3000s", got, want)
	}
}
