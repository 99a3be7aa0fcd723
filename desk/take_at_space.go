package desk

import (
	"context"
	"slices"
	"strings"

	"colletta/billing"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
)

var (
	// ErrSpaceUnknown says that a text names no space.
	ErrSpaceUnknown = refusal.New(refusal.KindInvalid, "space_unknown")
	// ErrSpaceMethod says that money at a space is neither cash nor by card.
	ErrSpaceMethod = refusal.New(refusal.KindInvalid, "space_method")
	// ErrSpaceAmount says that more is to be taken than is due. Args: due.
	ErrSpaceAmount = refusal.New(refusal.KindInvalid, "space_amount")
	// ErrCashMax says that the law forbids so much cash. Args: max.
	ErrCashMax = refusal.New(refusal.KindInvalid, "cash_max")
)

// AtSpaceRequest is money that an operator takes at a space.
type AtSpaceRequest struct {
	Number string // [number] of the charge
	Space  string // [space] id
	Method string // [method] cash or pos
	Amount string // [amount] Italian form, at most what is due
}

// AtSpaceView is a charge as an operator sees it, or what was taken for it.
type AtSpaceView struct {
	Charge ChargeView
	Spaces []communities.Space
	Taken  billing.PaymentID // empty before
	Till   string            // space and number of the till
	Amount money.Amount      // taken
	Method billing.Method
}

// AtSpace finds a charge by its number (operator, officer). It returns
// [ErrEntryCharge] in the field number.
func (d *Desk) AtSpace(ctx context.Context, a communities.Actor, number string) (AtSpaceView, error) {
	v := AtSpaceView{Spaces: communities.Milan().Spaces}
	if err := a.May(communities.PermTakeAtSpace, communities.Scope{}, d.clock.Now()); err != nil || number == "" {
		return v, err
	}
	id, err := d.db.ChargeByNumber(ctx, cutText(number))
	if err == nil {
		v.Charge, err = d.Charge(ctx, a, id)
		return v, err
	}
	return v, noSuchCharge(err, number)
}

// noSuchCharge says beside the field that a charge is not there.
func noSuchCharge(err error, number string) error {
	if refused := refusal.All(err); len(refused) > 0 && refused[0].Is(postgres.ErrNotFound) {
		return ErrEntryCharge.With("number", cutText(number)).At("number")
	}
	return err
}

// TakenAtSpace is what was taken at a space (operator, officer).
func (d *Desk) TakenAtSpace(ctx context.Context, a communities.Actor, id billing.PaymentID) (AtSpaceView, error) {
	if err := a.May(communities.PermTakeAtSpace, communities.Scope{}, d.clock.Now()); err != nil {
		return AtSpaceView{}, err
	}
	p, err := d.db.Payment(ctx, id)
	if err != nil {
		return AtSpaceView{}, err
	}
	if !p.Method.AtSpace() {
		return AtSpaceView{}, postgres.ErrNotFound.With("what", "payment")
	}
	v := AtSpaceView{Taken: p.ID, Till: tillWords(p.Payment), Amount: p.Amount, Method: p.Method}
	v.Charge, err = d.Charge(ctx, a, p.Charge)
	return v, err
}

// TakeAtSpace records cash, or a card, that an operator or officer took at a space
// for a charge: all that is due or a part of it. The till of the space gives it a
// number, without gaps in a year. Nothing is taken while a card is being charged.
func (d *Desk) TakeAtSpace(ctx context.Context, a communities.Actor, r AtSpaceRequest) (billing.PaymentID, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermTakeAtSpace, communities.Scope{}, now); err != nil {
		return "", err
	}
	f := &form{}
	amount := f.price("amount", r.Amount, 1)
	method := billing.Method(r.Method)
	if !method.AtSpace() {
		f.refuse("method", ErrSpaceMethod)
	}
	if method == billing.MethodCash && amount > billing.CashMax {
		f.refuse("amount", ErrCashMax.With("max", billing.CashMax))
	}
	if spaceOf(r.Space).ID == "" {
		f.refuse("space", ErrSpaceUnknown)
	}
	if err := f.refused.OrNil(); err != nil {
		return "", err
	}
	id, err := d.db.ChargeByNumber(ctx, cutText(strings.TrimSpace(r.Number)))
	if err != nil {
		return "", noSuchCharge(err, r.Number)
	}
	p := billing.Payment{
		ID: billing.PaymentID(postgres.NewID()), Charge: id, Method: method, Amount: amount, State: billing.PaymentSucceeded,
		ReceivedOn: d.today(now), Space: r.Space, CreatedAt: now,
	}
	return p.ID, d.db.InTx(ctx, func(tx *postgres.Tx) error {
		line, err := tx.ChargeForUpdate(ctx, id)
		if err != nil {
			return err
		}
		if err := mayUse(ctx, tx, line, UseVouchersRequest{}); err != nil {
			return err
		}
		if due := line.Due(line.PaidSum); amount > due {
			return ErrSpaceAmount.With("due", due).At("amount")
		}
		p.Household = line.Household
		if p.Till, err = tx.NextNumber(ctx, "till "+r.Space, d.today(now).Year()); err != nil {
			return err
		}
		if err := tx.AddPayment(ctx, p, a.User); err != nil {
			return err
		}
		if err := d.received(ctx, tx, line, p); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "take_at_space", "charge "+string(id), map[string]any{"payment": string(p.ID), "space": r.Space, "till": p.Till.String()})
	})
}

// spaceOf is the space with an id; an empty one when there is none.
func spaceOf(id string) communities.Space {
	spaces := communities.Milan().Spaces
	if i := slices.IndexFunc(spaces, func(s communities.Space) bool { return s.ID == id }); i >= 0 {
		return spaces[i]
	}
	return communities.Space{}
}

// tillWords name the till of a payment: its space and number. Empty elsewhere.
func tillWords(p billing.Payment) string {
	if !p.Method.AtSpace() {
		return ""
	}
	name := spaceOf(p.Space).Name
	if name == "" {
		name = p.Space
	}
	return name + ", n. " + p.Till.String()
}
