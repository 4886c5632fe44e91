package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

// console does what is typed and shows what people receive.
type console struct {
	ctx     context.Context
	srv     *wafake.Server
	account *wafake.Account
	feeds   sync.WaitGroup

	mu      sync.Mutex
	out     io.Writer
	crowd   []*wafake.Person // in the order of their numbers
	groups  []*wafake.Group
	started time.Time
}

func newConsole(ctx context.Context, srv *wafake.Server, out io.Writer, office string) *console {
	return &console{ctx: ctx, srv: srv, account: srv.NewAccount(office), out: out, started: time.Now()}
}

func (c *console) printf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintf(c.out, format, args...)
}

// wait ends with the feeds of all people, after ctx has ended.
func (c *console) wait() { c.feeds.Wait() }

// shownLive is how many people's messages are shown as they come; of a larger
// crowd only the first are.
const shownLive = 20

// join adds a person.
func (c *console) join(phone, name string) *wafake.Person {
	p := c.srv.AddPerson(phone, name)
	c.mu.Lock()
	if slices.Contains(c.crowd, p) {
		c.mu.Unlock()
		return p
	}
	c.crowd = append(c.crowd, p)
	number := len(c.crowd)
	c.mu.Unlock()
	if number <= shownLive {
		c.feeds.Go(func() { c.feed(number, p) })
	}
	return p
}

// feed shows what a person receives.
func (c *console) feed(number int, p *wafake.Person) {
	for {
		m, err := p.WaitMessage(c.ctx)
		if err != nil {
			return
		}
		c.printf("%s", describe(number, p, m))
	}
}

func describe(number int, p *wafake.Person, m wafake.Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%d %s] <", number, p.Name())
	if m.Media != nil {
		fmt.Fprintf(&b, " (%s %s, %d bytes)", m.Media.Kind, cmp.Or(m.Media.Name, m.Media.MIME), len(m.Media.Data))
	}
	if m.Poll != nil {
		fmt.Fprintf(&b, " (poll) %s", m.Poll.Question)
		for i, choice := range m.Poll.Choices {
			fmt.Fprintf(&b, "\n      %d) %s", i+1, choice)
		}
	}
	if m.Text != "" {
		b.WriteString(" " + strings.ReplaceAll(m.Text, "\n", "\n      "))
	}
	switch {
	case m.Deleted:
		b.WriteString(" (deleted)")
	case m.Edited:
		b.WriteString(" (edited)")
	}
	if m.Copies > 1 {
		fmt.Fprintf(&b, " (came %d times)", m.Copies)
	}
	return b.String() + "\n"
}

// read does one command a line.
func (c *console) read(in io.Reader) {
	lines := bufio.NewScanner(in)
	for lines.Scan() && c.ctx.Err() == nil {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := c.do(line); err != nil {
			c.printf("! %v\n", err)
		}
	}
}

// command is something that can be typed.
type command struct {
	usage, help string
	do          func(c *console, args []string) error
}

// do runs one line: a command, or the number of a person and what they write.
func (c *console) do(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	if p, err := c.person(word); err == nil {
		return c.write(p, strings.TrimSpace(rest))
	}
	name := strings.ToLower(word)
	if name == "help" {
		c.help()
		return nil
	}
	do, ok := commands[name]
	if !ok {
		return fmt.Errorf("%q is neither a command nor the number of a person; type help", word)
	}
	if err := do.do(c, strings.Fields(rest)); err != nil {
		return fmt.Errorf("%w (%s)", err, do.usage)
	}
	return nil
}

func (c *console) write(p *wafake.Person, text string) error {
	if text == "" {
		return errors.New("nothing to write; give a text, such as: 1 daftar")
	}
	p.Send(c.account, text)
	return nil
}

// person finds a person by the number in the list.
func (c *console) person(word string) (*wafake.Person, error) {
	n, err := strconv.Atoi(word)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil || n < 1 || n > len(c.crowd) {
		return nil, fmt.Errorf("%q is not the number of a person (1 to %d)", word, len(c.crowd))
	}
	return c.crowd[n-1], nil
}

func (c *console) help() {
	var b strings.Builder
	b.WriteString("N TEXT                     person N writes to the office, such as: 1 daftar\n")
	for _, name := range commandNames() {
		fmt.Fprintf(&b, "%-26s %s\n", commands[name].usage, commands[name].help)
	}
	c.printf("%s", b.String())
}

// people lists the first of them.
func (c *console) people([]string) {
	c.mu.Lock()
	crowd := slices.Clone(c.crowd)
	c.mu.Unlock()
	for i, p := range crowd {
		if i == shownLive {
			c.printf("     and %d more\n", len(crowd)-i)
			return
		}
		c.printf("%4d %-20s +%s, %d messages\n", i+1, p.Name(), p.Phone(), len(p.Inbox()))
	}
}
