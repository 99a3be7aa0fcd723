package desk

import (
	"context"

	"colletta/communities"
	"colletta/postgres"
)

// RotateKey seals everything again under a new data key and retires the old one
// (officer, at the command line). Cut short, it goes on where it was when it is
// called again. progress is told how many rows are done.
func (d *Desk) RotateKey(ctx context.Context, a communities.Actor, progress func(done int)) error {
	if err := a.May(communities.PermVerifyISEE, communities.Scope{}, d.clock.Now()); err != nil {
		return err
	}
	return d.db.RotateKey(ctx, a.User, d.clock.Now(), progress)
}

// RotateMaster wraps the data keys under a new master key (officer, at the
// command line).
func (d *Desk) RotateMaster(ctx context.Context, a communities.Actor, m postgres.Master) error {
	if err := a.May(communities.PermVerifyISEE, communities.Scope{}, d.clock.Now()); err != nil {
		return err
	}
	return d.db.RewrapKeys(ctx, m, a.User, d.clock.Now())
}
