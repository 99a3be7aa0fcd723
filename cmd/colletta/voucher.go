package main

import (
	"fmt"
	"io"
	"os"

	"colletta/subsidies/vouchers"
	"colletta/web"
)

type voucherCmd struct {
	Check voucherCheckCmd `cmd:"" help:"Check a file of vouchers (WeMi's 12 columns) and sum it, without a database."`
}

// voucherCheckCmd is "colletta voucher check FILE": what the preview of the pages
// says, without looking at the vouchers that there are.
type voucherCheckCmd struct {
	File string `arg:"" type:"existingfile" help:"CSV of vouchers."`
	Lang string `enum:"it,en" default:"it" help:"Language of the errors: it or en."`
}

// Run prints the sums of a good file, or every error and then fails.
func (c *voucherCheckCmd) Run() error {
	data, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return c.check(os.Stdout, data)
}

func (c *voucherCheckCmd) check(w io.Writer, data []byte) error {
	say := web.Say
	if c.Lang == "en" {
		say = web.SayEnglish
	}
	file, errs := vouchers.ReadFile(data)
	for _, e := range errs {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", e.Row, e.Column, e.Value, say(e.Refusal()))
	}
	if len(errs) > 0 {
		return fmt.Errorf("%s: %d errors", c.File, len(errs))
	}
	fmt.Fprintf(w, "%d vouchers, %s, SHA-256 %s\n", len(file.Rows), file.Total(), file.SHA256)
	return nil
}
