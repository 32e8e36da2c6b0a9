package sqlite

import (
	"context"
	"testing"

	"homeroom/storage"
	"homeroom/storage/storagetest"
)

// fresh is an empty folder for a database.
func fresh(tb testing.TB) storagetest.Open {
	folder := tb.TempDir()
	return func(ctx context.Context) (storage.Driver, error) { return open(ctx, folder) }
}

func TestStore(t *testing.T) { storagetest.Run(t, fresh) }

func BenchmarkPost(b *testing.B) { storagetest.BenchmarkPost(b, fresh) }

func BenchmarkRead(b *testing.B) { storagetest.BenchmarkRead(b, fresh) }
