package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types/events"

	"github.com/diskopukm/emileku/bot/channel/whatsapp/wafake"
)

// commands are those of the console by name.
var commands = map[string]command{
	"people": {"people", "who is there", func(c *console, args []string) error {
		c.people(args)
		return nil
	}},
	"add":   {"add PHONE NAME", "put somebody on WhatsApp", (*console).add},
	"crowd": {"crowd N [PERCENT]", "add N people, of whom so many percent have left WhatsApp", (*console).addCrowd},
	"inbox": {"inbox N", "all that person N sees", (*console).inbox},
	"read":  {"read N", "person N reads all", (*console).markRead},
	"vote":  {"vote N CHOICE", "person N votes in the last poll, by the choice's number", (*console).vote},
	"react": {"react N EMOJI", "person N reacts to the last message", (*console).react},
	"offline": {"offline N", "person N is without a network", func(c *console, args []string) error {
		return c.online(args, false)
	}},
	"online": {"online N", "person N is back", func(c *console, args []string) error {
		return c.online(args, true)
	}},
	"group": {"group SUBJECT N…", "a group of the office and people", (*console).group},
	"say":   {"say GROUP N TEXT", "person N writes in a group", (*console).say},
	"scan":  {"scan CODE", "scan the QR code of a bot: the text that it shows", (*console).scan},
	"code":  {"code ABCD-EFGH", "type a bot's pairing code into the office's phone", (*console).code},
	"wait":  {"wait DURATION|linked", "go on later, or when the bot is connected (for lists of commands)", (*console).pause},
	"sent":  {"sent [N]", "what the bot has sent: sums, and the last N messages", (*console).sent},

	"reachout":      {"reachout N DURATION", "error 463 after N more cold messages, for so long (12 24h)", (*console).reachout},
	"ban":           {"ban DURATION", "ban the account for so long", (*console).ban},
	"logout":        {"logout", "unlink the bot in the phone's menu", fault(func(c *console) { c.srv.Faults().LogOut(c.account) })},
	"replace":       {"replace", "another client takes the bot's place", fault(func(c *console) { c.srv.Faults().Replace() })},
	"drop":          {"drop", "cut the connection once", fault(func(c *console) { c.srv.Faults().Drop() })},
	"outdated":      {"outdated on|off", "refuse the client's version", (*console).outdated},
	"flaky":         {"flaky PERCENT", "lose so many percent of the bot's messages, and of their acknowledgements", (*console).flaky},
	"slow":          {"slow DURATION", "delay each delivery to the bot (500ms)", (*console).slow},
	"duplicate":     {"duplicate N", "deliver the next N messages twice", counted((*wafake.Faults).Duplicate)},
	"undecryptable": {"undecryptable N", "damage the next N messages to the bot", counted((*wafake.Faults).Undecryptable)},
	"deaf":          {"deaf N", "people's phones cannot read the next N messages", counted((*wafake.Faults).Deaf)},
	"heal":          {"heal", "end all of these", (*console).heal},
}

func commandNames() []string { return slices.Sorted(maps.Keys(commands)) }

var errArguments = errors.New("some argument is missing or wrong")

func fault(do func(c *console)) func(*console, []string) error {
	return func(c *console, _ []string) error {
		do(c)
		return nil
	}
}

func counted(set func(*wafake.Faults, int)) func(*console, []string) error {
	return func(c *console, args []string) error {
		n, err := number(args, 0)
		if err != nil {
			return err
		}
		set(c.srv.Faults(), n)
		return nil
	}
}

func number(args []string, i int) (int, error) {
	if len(args) <= i {
		return 0, errArguments
	}
	n, err := strconv.Atoi(args[i])
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is no number", args[i])
	}
	return n, nil
}

func duration(args []string, i int) (time.Duration, error) {
	if len(args) <= i {
		return 0, errArguments
	}
	d, err := time.ParseDuration(args[i])
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no duration such as 90m or 24h", args[i])
	}
	return d, nil
}

func (c *console) add(args []string) error {
	if len(args) < 2 || len(strings.Trim(args[0], "+0123456789")) > 0 {
		return errArguments
	}
	p := c.join(args[0], strings.Join(args[1:], " "))
	c.printf("%s is on WhatsApp with +%s\n", p.Name(), p.Phone())
	return nil
}

// maxCrowd keeps a slip of the finger from filling the memory.
const maxCrowd = 20_000

func (c *console) addCrowd(args []string) error {
	n, err := number(args, 0)
	if err != nil {
		return err
	}
	percent := 0
	if len(args) > 1 {
		if percent, err = number(args, 1); err != nil {
			return err
		}
	}
	c.mu.Lock()
	from := len(c.crowd)
	c.mu.Unlock()
	if from+n > maxCrowd || percent > 100 {
		return fmt.Errorf("at most %d people, and 100 percent", maxCrowd)
	}
	gone := 0
	for i := range n {
		p := c.join(phoneOf(from+i), nameOf(from+i))
		if (i+1)*percent/100 > i*percent/100 {
			c.srv.Absent(p.Phone())
			gone++
		}
	}
	c.printf("%d people: +%s to +%s; %d of them have left WhatsApp\n", n, phoneOf(from), phoneOf(from+n-1), gone)
	return nil
}

// one is the person that the first argument names.
func (c *console) one(args []string) (*wafake.Person, error) {
	if len(args) == 0 {
		return nil, errArguments
	}
	return c.person(args[0])
}

func (c *console) inbox(args []string) error {
	p, err := c.one(args)
	if err != nil {
		return err
	}
	n, _ := strconv.Atoi(args[0])
	for _, m := range p.Inbox() {
		c.printf("%s", describe(n, p, m))
	}
	return nil
}

func (c *console) markRead(args []string) error {
	p, err := c.one(args)
	if err != nil {
		return err
	}
	p.Read(p.Inbox()...)
	return nil
}

func (c *console) vote(args []string) error {
	p, err := c.one(args)
	if err != nil {
		return err
	}
	choice, err := number(args, 1)
	if err != nil {
		return err
	}
	inbox := p.Inbox()
	for _, m := range slices.Backward(inbox) {
		if m.Poll == nil {
			continue
		}
		if choice < 1 || choice > len(m.Poll.Choices) {
			return fmt.Errorf("the poll has %d choices", len(m.Poll.Choices))
		}
		_, err := p.Vote(m, c.chat(m), m.Poll.Choices[choice-1])
		return err
	}
	return fmt.Errorf("%s has got no poll", p.Name())
}

// chat is where a message was written.
func (c *console) chat(m wafake.Message) wafake.Recipient {
	if m.Group != nil {
		return m.Group
	}
	return c.account
}

func (c *console) react(args []string) error {
	p, err := c.one(args)
	if err != nil {
		return err
	}
	inbox := p.Inbox()
	if len(args) < 2 || len(inbox) == 0 {
		return errArguments
	}
	last := inbox[len(inbox)-1]
	p.React(last, c.chat(last), args[1])
	return nil
}

func (c *console) online(args []string, online bool) error {
	p, err := c.one(args)
	if err != nil {
		return err
	}
	p.SetOnline(online)
	return nil
}

func (c *console) group(args []string) error {
	if len(args) < 2 {
		return errArguments
	}
	members := []wafake.Member{}
	for _, word := range args[1:] {
		p, err := c.person(word)
		if err != nil {
			return err
		}
		members = append(members, p)
	}
	g := c.srv.NewGroup(args[0], append(members, c.account)...)
	c.mu.Lock()
	c.groups = append(c.groups, g)
	n := len(c.groups)
	c.mu.Unlock()
	c.printf("Group %d is %q, %s\n", n, args[0], g.JID())
	return nil
}

func (c *console) say(args []string) error {
	n, err := number(args, 0)
	if err != nil {
		return err
	}
	if len(args) < 3 {
		return errArguments
	}
	p, err := c.person(args[1])
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if n < 1 || n > len(c.groups) {
		return fmt.Errorf("there are %d groups", len(c.groups))
	}
	p.Send(c.groups[n-1], strings.Join(args[2:], " "))
	return nil
}

func (c *console) scan(args []string) error {
	if len(args) != 1 {
		return errArguments
	}
	if err := c.account.ScanQR(args[0]); err != nil {
		return err
	}
	c.printf("The office's phone has agreed.\n")
	return nil
}

func (c *console) code(args []string) error {
	if len(args) != 1 {
		return errArguments
	}
	return c.account.EnterCode(args[0])
}

func (c *console) pause(args []string) error {
	if len(args) == 1 && args[0] == "linked" {
		return c.account.Connected(c.ctx)
	}
	d, err := duration(args, 0)
	if err != nil {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.ctx.Done():
	}
	return nil
}

func (c *console) reachout(args []string) error {
	n, err := number(args, 0)
	if err != nil {
		return err
	}
	lasting, err := duration(args, 1)
	if err != nil {
		return err
	}
	c.srv.Faults().Reachout(n, lasting, true)
	return nil
}

func (c *console) ban(args []string) error {
	lasting, err := duration(args, 0)
	if err != nil {
		return err
	}
	c.srv.Faults().TemporaryBan(int(events.TempBanSentToTooManyPeople), lasting)
	return nil
}

func (c *console) outdated(args []string) error {
	if len(args) != 1 || args[0] != "on" && args[0] != "off" {
		return errArguments
	}
	c.srv.Faults().Outdated(args[0] == "on")
	return nil
}

func (c *console) flaky(args []string) error {
	percent, err := number(args, 0)
	if err != nil {
		return err
	}
	c.srv.Faults().Flaky(float64(percent)/100, uint64(c.started.UnixNano()))
	return nil
}

func (c *console) slow(args []string) error {
	d, err := duration(args, 0)
	if err != nil {
		return err
	}
	c.srv.Faults().Slow(d)
	return nil
}

func (c *console) heal([]string) error {
	f := c.srv.Faults()
	f.NoReachout()
	f.NoBan()
	f.Outdated(false)
	f.Flaky(0, 0)
	f.Slow(0)
	f.Duplicate(0)
	f.Undecryptable(0)
	f.Deaf(0)
	return nil
}

// sent sums up what the bot has sent.
func (c *console) sent(args []string) error {
	last := 0
	if len(args) > 0 {
		var err error
		if last, err = number(args, 0); err != nil {
			return err
		}
	}
	log := c.srv.Sent()
	var messages, cold, refused, lost, retries int
	for _, e := range log {
		switch {
		case e.Peer:
			continue
		case e.Retry:
			retries++
			continue
		case e.Error != 0:
			refused++
		}
		messages++
		if e.Cold {
			cold++
		}
		if e.Lost {
			lost++
		}
	}
	c.printf("%d messages, %d of them cold; %d refused; %d acknowledgements lost; %d sent again on request; %d numbers checked\n",
		messages, cold, refused, lost, retries, len(c.srv.Checked()))
	for _, e := range log[max(0, len(log)-last):] {
		c.printf("  %s %s to %s%s%s\n", e.At.Format(time.TimeOnly), e.Type, e.To, mark(e.Cold, ", cold"), mark(e.Error != 0, fmt.Sprintf(", error %d", e.Error)))
	}
	return nil
}

func mark(on bool, text string) string {
	if on {
		return text
	}
	return ""
}
