// Package pgtest gives tests a real PostgreSQL.
//
// [URL] is what most tests want: an empty database of the test's own, dropped
// when the test ends. It lies in the cluster that HOMEROOM_TEST_POSTGRES names
// or, without that, in a throwaway one that the first call starts and that
// [Main] stops. Tests that take the database down and up start a private one
// with [StartCluster].
//
// A throwaway cluster listens on a unix socket in its own temporary folder and
// nowhere else, so any number of them run side by side. It keeps fsync on: what
// these tests say about durability must mean something. And it is set up to
// differ from a developer's habits (it sorts as dictionaries do, not by bytes, and its
// time zone is a quarter of an hour off), so that a query leaning on either fails here first.
//
// No process outlives the test that started it: the kernel ends the server when
// the test process dies, however it dies. The folder of a killed run is
// removed by the next one.
package pgtest
