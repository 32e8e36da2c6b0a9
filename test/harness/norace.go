//go:build !race

package harness

// Race says that the suite runs under the race detector. The binary is then
// built with it too, and both are several times slower and larger.
const Race = false
