// Package channeltest holds what tests of and with chat channels need: Fake, a
// channel in memory for the tests of everything above the port, and Run, the
// suite that every adapter passes.
package channeltest
