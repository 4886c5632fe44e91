// Package replypage serves the pages behind the links of mails: one on which a
// guest answers an invitation, and one on which they end all mails.
//
// Opening a page changes nothing, since mail scanners follow every link; only a
// POST does. There is no log-in: a link is signed and good for one person and
// one event (package replylink), and a page shows nothing about anybody but how
// that guest is greeted and what they answered. The pages need no script.
package replypage
