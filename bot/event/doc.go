// Package event is the domain: the event and its timeline (the SOP's sixteen
// steps), who takes part, what they are asked, and which change of a
// registration is allowed. It is pure: standard library only, no storage, no
// channel, no clock of its own.
package event
