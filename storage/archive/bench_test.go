package archive_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/archive"
	"github.com/diskopukm/emileku/storage/archive/document"
	"github.com/diskopukm/emileku/storage/sqlite"
)

func benchStore(b *testing.B, people, photos int) storage.Store {
	b.Helper()
	check := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	s, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(b.TempDir(), "x.db")})
	check(err)
	b.Cleanup(func() { _ = s.Close() })
	check(s.Migrate(b.Context()))
	ids, docs := make([]string, people), make([]json.RawMessage, people)
	for i := range ids {
		ids[i] = fmt.Sprintf("telegram:%09d", i)
		docs[i] = json.RawMessage(fmt.Sprintf(`{"id":%q,"version":1,"name":"Bu Eti","phone":"+62812%08d","accounts":[{"key":%q,"chat":%q}],"createdAt":"2027-01-01T00:00:00Z","seenAt":"2027-01-01T00:00:00Z"}`, ids[i], i, ids[i], ids[i]))
	}
	if people > 0 {
		check(s.Raw().(document.Batch).PutAll(b.Context(), document.People, ids, docs))
	}
	for i := range photos {
		check(s.Media().Put(b.Context(), storage.Blob{ID: fmt.Sprint("foto/", i)}, make([]byte, 2<<20)))
	}
	return s
}

// BenchmarkArchive backs up and restores 50,000 people and 40 photos, and
// tells the most memory that it held at the end of a batch.
func BenchmarkArchive(b *testing.B) {
	const people, photos = 50_000, 40
	from := benchStore(b, people, photos)
	path := filepath.Join(b.TempDir(), "b.zip")
	if _, err := archive.WriteFile(b.Context(), from, path, source()); err != nil {
		b.Fatal(err)
	}
	b.Run("Write", func(b *testing.B) {
		for b.Loop() {
			if _, err := archive.WriteFile(b.Context(), from, path, source()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*(people+photos)/b.Elapsed().Seconds(), "documents/s")
	})
	b.Run("Read", func(b *testing.B) {
		to := benchStore(b, 0, 0)
		var most uint64
		for b.Loop() {
			_, err := archive.ReadFile(b.Context(), to, path, archive.Options{Replace: true, Progress: func(int) {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)*(people+photos)/b.Elapsed().Seconds(), "documents/s")
		b.ReportMetric(float64(most)/(1<<20), "MB-heap")
	})
}
