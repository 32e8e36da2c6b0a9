package postgres

import (
	"context"
	"testing"

	"homeroom/storage"
	"homeroom/storage/storagetest"
	"homeroom/test/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// fresh is an empty database.
func fresh(tb testing.TB) storagetest.Open {
	url := pgtest.URL(tb)
	return func(ctx context.Context) (storage.Driver, error) { return open(ctx, url) }
}

func TestStore(t *testing.T) { storagetest.Run(t, fresh) }

func BenchmarkPost(b *testing.B) { storagetest.BenchmarkPost(b, fresh) }

func BenchmarkRead(b *testing.B) { storagetest.BenchmarkRead(b, fresh) }
