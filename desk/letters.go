package desk

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"colletta/money"
	"colletta/postgres"
)

//go:embed letters/*.txt
var letterFiles embed.FS

// A letter is a message's text in Italian: its first line is the subject. The
// words are in letters/, one file each.
type letter string

const (
	letterLogin    letter = "login.txt"
	letterPledged  letter = "pledged.txt"
	letterServed   letter = "served.txt"
	letterUnserved letter = "unserved.txt"
	letterPaid     letter = "paid.txt"
	letterISEE     letter = "isee.txt"
	letterReversed letter = "voucher_reversed.txt"

	letterTakenBack letter = "payment_taken_back.txt"

	letterAwarded       letter = "award.txt"
	letterWaiting       letter = "award_waiting.txt"
	letterAwardEnded    letter = "award_ended.txt"
	letterAwardReturned letter = "award_returned.txt"
)

type loginLetter struct {
	Name, Link string
	Minutes    int
}

type pledgeLetter struct {
	Name, Round, Category, Link string
	MaxPrice                    money.Amount
	ClosesAt                    time.Time
}

type servedLetter struct {
	Name, Round, Offer, Provider, Number, Link string
	Members                                    int
	Share, Subsidy, Net                        money.Amount
	DueOn                                      time.Time
}

type unservedLetter struct {
	Name, Round, Link string
	Reason            []string // sentences
}

type iseeLetter struct {
	Name, Link string
	Verified   bool
}

type paidLetter struct {
	Name, Description, Number, Link string
	Amount                          money.Amount
}

type reversedLetter struct {
	Name, Code, Description, Number, Link string
	Amount, Due                           money.Amount
	DueOn                                 time.Time
}

// takenBackLetter tells that a payment does not count any more: the bank took it
// back, or with Credit, the credit that it came from is gone.
type takenBackLetter struct {
	Name, Description, Number, Link string
	Amount, Due                     money.Amount
	DueOn                           time.Time
	Credit                          bool
}

// fundLetter is what letters about funds say.
type fundLetter struct {
	Name, Measure, Description, Number, Link, Reason string
	Amount, Due                                      money.Amount
	DueOn                                            time.Time
	Before                                           int  // who waits before
	Waits                                            bool // for the rest
}

var letterTemplates = template.Must(template.New("").Option("missingkey=error").Funcs(template.FuncMap{
	"euro":  money.Amount.Italian,
	"day":   func(t time.Time) string { return italianDay(t) },
	"clock": func(t time.Time) string { return t.Format("15:04") },
}).ParseFS(letterFiles, "letters/*.txt"))

// send promises a message in the act's own transaction.
func (d *Desk) send(ctx context.Context, tx *postgres.Tx, to string, l letter, values any) error {
	if to == "" {
		return nil
	}
	var b bytes.Buffer
	if err := letterTemplates.ExecuteTemplate(&b, string(l), values); err != nil {
		return fmt.Errorf("letter %s: %w", l, err)
	}
	subject, body, _ := strings.Cut(b.String(), "\n")
	m := postgres.Message{ID: postgres.NewID(), Recipient: to, Subject: strings.TrimSpace(subject), Body: strings.TrimSpace(body) + "\n", CreatedAt: d.clock.Now()}
	if err := tx.AddMessage(ctx, m); err != nil {
		return err
	}
	if d.mailer == nil {
		return nil
	}
	return tx.Enqueue(ctx, SendMessage{Message: m.ID}, nil)
}

var italianMonths = [...]string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"}

// italianDay writes a date as "23 novembre 2026".
func italianDay(t time.Time) string {
	return fmt.Sprintf("%d %s %d", t.Day(), italianMonths[t.Month()-1], t.Year())
}
