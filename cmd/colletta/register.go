package main

import (
	"context"
	"errors"
	"fmt"

	"colletta/desk"
	"colletta/subsidies"
	"colletta/subsidies/inps"
)

// iseeProvider is the register in which officers look certificates up: INPS, a
// file of the Comune, or none.
func iseeProvider(c config) desk.ISEEProvider {
	switch {
	case c.INPS.URL != "":
		return inpsRegister{inps.New(inps.Config{
			URL: c.INPS.URL, Organisation: c.INPS.Organisation, Office: c.INPS.Office, Benefit: c.INPS.Benefit,
			Token: func(context.Context) (string, error) { return c.INPS.Token, nil },
		})}
	case c.ISEERegister != "":
		return desk.ISEEFile{Path: c.ISEERegister}
	}
	return nil
}

// inpsRegister is INPS as a register of the desk.
type inpsRegister struct{ client *inps.Client }

// Lookup asks INPS.
func (r inpsRegister) Lookup(ctx context.Context, q desk.ISEELookup) (subsidies.ISEECertificate, error) {
	c, err := r.client.Ask(ctx, inps.Question(q))
	switch {
	case errors.Is(err, inps.ErrNotFound):
		return c, desk.ErrISEENotFound
	case err != nil:
		return c, fmt.Errorf("%w: %w", desk.ErrISEEUnavailable, err)
	}
	return c, nil
}
