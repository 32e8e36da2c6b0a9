// Package harness runs the real homeroom binary for the black-box suites and
// speaks to it as its users do: over HTTP, and through the command line.
//
// A suite starts with [Main], so that the binary is built once for the whole
// test process, and then [Start]s as many servers as its stories need:
//
//	func TestMain(m *testing.M) { os.Exit(harness.Main(m)) }
//
//	func TestGreeting(t *testing.T) {
//		harness.EachDatabase(t, func(t *testing.T, db string) {
//			srv := harness.Start(t, harness.Options{Database: db})
//			anna := srv.As(t, harness.Teacher("anna"))
//			class := anna.CreateClass("Biology")
//			stream := anna.Stream(class.ID)
//			anna.Post(class.ID, "good morning")
//			stream.WaitFor("the greeting", harness.Created("good morning"))
//		})
//	}
//
// Nothing here knows how the server works inside. Every response and every
// frame that passes through is held against openapi.yaml, so that each suite
// is a test of the contract too.
package harness
