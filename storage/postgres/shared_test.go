package postgres

import (
	"testing"

	"homeroom/storage/storagetest"
)

func TestShared(t *testing.T) { storagetest.RunShared(t, fresh) }
