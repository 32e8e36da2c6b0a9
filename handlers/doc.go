// Package handlers is Homeroom's HTTP: the routes, authentication, limits, REST calls and streams.
//
// Start with routes.go, which has the whole route tree on one screen. A handler is a method that returns an error;
// problem.go turns every error into an application/problem+json answer, in one place. Everything that may be done is
// decided in package storage, and everything live is in package events: a handler reads a request, calls one of them
// and writes the answer.
package handlers
