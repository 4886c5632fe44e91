package main

import (
	"fmt"
	"io"
	"os"

	"github.com/diskopukm/emileku/bot/understand"
)

type repliesCmd struct {
	File   string `arg:"" help:"Labelled replies: a heading, then one LABEL<tab>TEXT a line. - reads standard input."`
	Folds  int    `placeholder:"N" help:"Print the accuracy of each of N folds, too, each read by what was learned without it."`
	Rules  bool   `help:"Read by the rules alone, without what was learned from the examples."`
	Format string `default:"text" enum:"text,tsv" help:"text: accuracy, confusion matrix and each miss. tsv: label, reading, people, text of every line."`
}

// Run implements the subcommand: how well replies to an invitation are read.
func (c *repliesCmd) Run() error {
	in := io.Reader(os.Stdin)
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return fmt.Errorf("replies: %w", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	replies, err := understand.ReadLabelled(in)
	if err != nil {
		return fmt.Errorf("replies: %s: %w", c.File, err)
	}
	if len(replies) == 0 {
		return fmt.Errorf("replies: %s has no replies; after a heading, each line is LABEL<tab>TEXT, such as: yes<tab>hadir berdua", c.File)
	}
	score := understand.ScoreReplies(replies)
	if c.Rules {
		score = understand.ScoreRules(replies)
	}
	if c.Format == "tsv" {
		return score.WriteTSV(os.Stdout)
	}
	if c.Folds > 0 {
		if err := understand.WriteFolds(os.Stdout, understand.CrossCheck(replies, c.Folds)); err != nil {
			return err
		}
	}
	_, err = score.WriteTo(os.Stdout)
	return err
}
