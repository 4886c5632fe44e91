//go:build !unix

package main

// lockFile does nothing here: SQLite's own locks keep two writers apart, and
// running two bots on one machine is left to the operator's care.
func lockFile(string) (unlock func(), err error) { return func() {}, nil }
