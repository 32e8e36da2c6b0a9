// Package dependencies holds what others wrote and Homeroom uses to two rules: its licence is one that we may live
// with, and docs/dependencies.md says what it is for. It needs the go command and the module cache, and no network.
package dependencies
