//go:build race

package storagetest

// followRuns is how many histories are tried. Under the race detector each takes many times as long; the suite size of
// test/run tries them all.
const followRuns = 100
