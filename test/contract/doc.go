// Package contract holds what the server says against openapi.yaml.
//
// The contract is not generated from the code, so it is only as true as it is
// tested. Every suite that talks to a server passes what it received through here: responses
// with [Contract.CheckResponse], or all of them at once with
// [Contract.Transport]; frames of a stream with [Contract.CheckFrame]. The
// routes are compared both ways with [Contract.Operations].
//
// kin-openapi loads and validates the document. The schemas are compiled from
// the same document by the JSON Schema 2020-12 validator that kin-openapi brings
// along, once at load: kin-openapi itself compiles at each validation, and goes
// back to its OpenAPI 3.0 rules without a word for schemas with references that
// use no keyword of 2020-12 (there, string lengths count UTF-16 units).
package contract
