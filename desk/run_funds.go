package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

var (
	// ErrFundPeriod says that the last day of a fund is before its first, over
	// already, or more than ten years later. Args: none.
	ErrFundPeriod = refusal.New(refusal.KindInvalid, "fund_period")
	// ErrFundMeasures says that a fund names no measure in force. Args: none.
	ErrFundMeasures = refusal.New(refusal.KindInvalid, "fund_measures")
	// ErrFundMode says that a fund is divided in no way that there is. Args: none.
	ErrFundMode = refusal.New(refusal.KindInvalid, "fund_mode")
	// ErrFundOrder says that a ranking names a key that the register cannot know.
	// Args: key.
	ErrFundOrder = refusal.New(refusal.KindInvalid, "fund_order")
	// ErrFundReserve says that only a ranking keeps a part for some. Args: none.
	ErrFundReserve = refusal.New(refusal.KindInvalid, "fund_reserve")
	// ErrFundNotRanked says that a fund that serves who comes first has no calls.
	// Args: fund.
	ErrFundNotRanked = refusal.New(refusal.KindConflict, "fund_not_ranked")
	// ErrFundOver says that the last day of a fund is over. Args: fund.
	ErrFundOver = refusal.New(refusal.KindConflict, "fund_over")
	// ErrCallOpen says that a call still takes applications. Args: closes_on.
	ErrCallOpen = refusal.New(refusal.KindConflict, "fund_call_open")
	// ErrCallDecided says that a call was decided before. Args: none.
	ErrCallDecided = refusal.New(refusal.KindConflict, "fund_call_decided")
	// ErrCallDay says that the last day of a call is past, or after the fund's.
	// Args: to.
	ErrCallDay = refusal.New(refusal.KindInvalid, "fund_call_day")
	// ErrFundPayment says that an amount is not what the fund owes for a provider.
	// Args: due.
	ErrFundPayment = refusal.New(refusal.KindInvalid, "fund_payment_not_exact")
	// ErrAwardPaid says that the fund has paid an award: it cannot be taken back.
	// Args: none.
	ErrAwardPaid = refusal.New(refusal.KindConflict, "award_paid")
)

const (
	fundNameRunesMax = 120
	fundYearsMax     = 10
)

// FundForm is a fund as typed.
type FundForm struct {
	Name     string   // [name]
	From, To string   // [from] [to] days, 2026-01-31
	Amount   string   // [amount] euro in Italian form
	Measures []string // [measures] ids of measures in force
	Mode     string   // [mode] entitlement, first_come or ranking; empty: as the first measure says
	Order    string   // [order] of a ranking: "isee, applied_at"; "-" before a key turns it round
	Partial  bool     // the first who does not fit gets what is left
	Skip     bool     // who does not fit is skipped
	ProRata  bool     // everybody is cut alike
}

// OpenFund opens a fund (officer). It returns [postgres.ErrFundOverlaps] when one
// of its measures has another fund on some of the days.
func (d *Desk) OpenFund(ctx context.Context, a communities.Actor, r FundForm) (string, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermRunFunds, communities.Scope{}, now); err != nil {
		return "", err
	}
	f, err := d.readFund(r)
	if err != nil {
		return "", err
	}
	return f.ID, d.db.InTx(ctx, func(tx *postgres.Tx) error {
		var first *subsidies.Measure
		for _, id := range f.Measures {
			m, err := measureInForce(ctx, tx, id)
			if err != nil {
				return err
			}
			if first == nil {
				first = m
			}
		}
		if f.Policy.Mode == "" {
			if f.Policy = usualPolicy(); first.Fund != nil {
				f.Policy = *first.Fund
			}
		}
		if err := servable(f.Policy); err != nil {
			return err
		}
		return d.openFund(ctx, tx, a.User, f)
	})
}

// measureInForce is the text of a measure that counts now; [ErrFundMeasures].
func measureInForce(ctx context.Context, tx *postgres.Tx, id string) (*subsidies.Measure, error) {
	versions, err := tx.MeasureVersions(ctx, id)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(versions, postgres.MeasureVersion.InForce)
	if id == "" || at < 0 {
		return nil, ErrFundMeasures.At("measures")
	}
	return subsidies.LoadMeasure([]byte(versions[at].Yaml))
}

// readFund reads the fields of the form and refuses all that is wrong at once.
func (d *Desk) readFund(r FundForm) (postgres.NewFund, error) {
	f := &form{refused: texts(field{"name", r.Name, fundNameRunesMax})}
	n := postgres.NewFund{ID: postgres.NewID(), Name: strings.TrimSpace(r.Name), Measures: slices.Compact(slices.Sorted(slices.Values(r.Measures)))}
	day := func(name, text string) time.Time {
		t, err := subsidies.ParseDay(strings.TrimSpace(text))
		f.refused = append(f.refused, refusedAt(err, name)...)
		return t
	}
	n.ValidFrom, n.ValidTo = day("from", r.From), day("to", r.To)
	if len(f.refused) == 0 && (n.ValidTo.Before(n.ValidFrom) || n.ValidTo.After(n.ValidFrom.AddDate(fundYearsMax, 0, 0)) || n.ValidTo.Before(d.today(d.clock.Now()))) {
		f.refuse("to", ErrFundPeriod)
	}
	n.Amount = f.price("amount", r.Amount, 0)
	if len(n.Measures) == 0 {
		f.refuse("measures", ErrFundMeasures)
	}
	n.Policy = f.policy(r)
	return n, f.refused.OrNil()
}

// policy reads how a fund is divided; a mode of "" is as the first measure says.
func (f *form) policy(r FundForm) subsidies.FundPolicy {
	p := subsidies.FundPolicy{Mode: subsidies.FundMode(r.Mode), Partial: r.Partial, Skip: r.Skip}
	switch p.Mode {
	case "":
	case subsidies.FundEntitlement:
		p.Partial, p.Skip = false, false
	case subsidies.FundFirstCome:
		p.Order = []subsidies.OrderKey{{By: subsidies.AppliedAt}}
	case subsidies.FundRanking:
		if p.ProRata = r.ProRata; p.ProRata {
			p.Partial, p.Skip = false, false
		}
		for _, key := range strings.FieldsFunc(r.Order, func(c rune) bool { return c == ',' || c == ' ' }) {
			by, descending := strings.CutPrefix(key, "-")
			p.Order = append(p.Order, subsidies.OrderKey{By: by, Descending: descending})
		}
		if len(p.Order) == 0 {
			f.refuse("order", ErrRequired)
		}
	default:
		f.refuse("mode", ErrFundMode)
	}
	return p
}

// servable refuses a policy that the acts cannot follow: a key that the register
// does not know would rank everybody alike without anybody noticing.
func servable(p subsidies.FundPolicy) error {
	if p.Mode != subsidies.FundRanking && (len(p.Reserve) > 0 || p.ProRata) {
		return ErrFundReserve.At("mode")
	}
	for _, o := range p.Order {
		if !rankable(o.By) {
			return ErrFundOrder.With("key", o.By).At("order")
		}
	}
	for _, r := range p.Reserve {
		if !rankable(r.If) {
			return ErrFundOrder.With("key", r.If).At("order")
		}
	}
	return nil
}

// AllocateRequest sets more money aside for a fund, or takes some back.
type AllocateRequest struct {
	Fund   string
	Amount string // [amount] euro in Italian form
	Less   bool   // takes it back: at most what is available
}

// AllocateFund raises or lowers what is set aside for a fund (officer). What comes
// goes to who waits. It returns [postgres.ErrFundExhausted] when more is taken back
// than is available.
func (d *Desk) AllocateFund(ctx context.Context, a communities.Actor, r AllocateRequest) error {
	now := d.clock.Now()
	if err := a.May(communities.PermRunFunds, communities.Scope{}, now); err != nil {
		return err
	}
	f := &form{}
	amount := f.price("amount", r.Amount, 1)
	if err := f.refused.OrNil(); err != nil {
		return err
	}
	if r.Less {
		amount = -amount
	}
	err := d.db.InTx(ctx, func(tx *postgres.Tx) error {
		fund, err := tx.LockFund(ctx, r.Fund)
		if err != nil {
			return err
		}
		if !fund.EndedAt.IsZero() && amount > 0 {
			return ErrFundOver.With("fund", fund.Name)
		}
		if err := tx.Allocate(ctx, fund.ID, amount, a.User, now); err != nil {
			return atField("amount", err)
		}
		return tx.Audit(ctx, now, a.User, "allocate_fund", "fund "+fund.ID, map[string]any{"amount": amount.String()})
	})
	if err != nil {
		return err
	}
	return d.serveFund(ctx, r.Fund)
}

// OpenCall opens a time in which families apply to a fund that is divided by a
// ranking (officer). It returns [ErrFundNotRanked], [ErrCallDay], or
// [postgres.ErrExists] while the fund has another open call.
func (d *Desk) OpenCall(ctx context.Context, a communities.Actor, fund, closesOn string) (string, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermRunFunds, communities.Scope{}, now); err != nil {
		return "", err
	}
	last, err := subsidies.ParseDay(strings.TrimSpace(closesOn))
	if err != nil {
		return "", atField("closes_on", err)
	}
	id := postgres.NewID()
	return id, d.db.InTx(ctx, func(tx *postgres.Tx) error {
		f, err := tx.LockFund(ctx, fund)
		switch {
		case err != nil:
			return err
		case f.Policy.Mode != subsidies.FundRanking:
			return ErrFundNotRanked.With("fund", f.Name)
		case last.Before(d.today(now)) || !last.Before(f.ValidTo): // a day is left to decide
			return ErrCallDay.With("to", f.ValidTo).At("closes_on")
		}
		if err := tx.AddFundCall(ctx, postgres.FundCall{ID: id, FundID: f.ID, ClosesOn: last, OpenedAt: now}, a.User); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "open_call", "call "+id, map[string]any{"fund": f.ID, "closes_on": last.Format(time.DateOnly)})
	})
}

// DecideCall ranks those who applied to a call whose last day is over and divides
// among them what the fund has (officer), as its policy says. Who gets nothing, or
// less than asked, waits in the order of the ranking; where everybody is cut alike,
// the rest is not waited for. The ranking is kept and can be computed again. It
// returns [ErrCallOpen], [ErrCallDecided], [ErrFundOver].
func (d *Desk) DecideCall(ctx context.Context, a communities.Actor, call string) error {
	now := d.clock.Now()
	if err := a.May(communities.PermRunFunds, communities.Scope{}, now); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, errandTimeout) // thousands may have applied
	defer cancel()
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.LockChargesOfCall(ctx, call); err != nil {
			return err
		}
		k, err := tx.FundCallForUpdate(ctx, call)
		switch {
		case err != nil:
			return err
		case k.DecidedAt != nil:
			return ErrCallDecided
		case !d.today(now).After(k.ClosesOn):
			return ErrCallOpen.With("closes_on", k.ClosesOn)
		}
		fund, err := tx.LockFund(ctx, k.FundID)
		if err != nil {
			return err
		}
		if !fund.EndedAt.IsZero() {
			return ErrFundOver.With("fund", fund.Name)
		}
		// Who applied in the last moment before the fund was locked.
		if err := tx.LockChargesOfCall(ctx, call); err != nil {
			return err
		}
		return d.rank(ctx, tx, a, fund, k)
	})
}

// rank ranks the applications of a call and serves them.
func (d *Desk) rank(ctx context.Context, tx *postgres.Tx, a communities.Actor, fund postgres.Fund, k postgres.FundCall) error {
	now := d.clock.Now()
	all, err := tx.ApplicationsInCall(ctx, k.ID)
	if err != nil {
		return err
	}
	ranked := map[string]postgres.Application{}
	for _, p := range all {
		if p.State != subsidies.ApplicationWaiting {
			continue
		}
		if p.DueCents == 0 {
			if err := d.endApplication(ctx, tx, p, subsidies.EndNothingDue); err != nil {
				return err
			}
			continue
		}
		p.AskedCents = min(p.AskedCents, p.DueCents)
		ranked[p.ID] = p
	}
	keys, err := tx.ReadApplicationKeys(ctx, postgres.Reading{Purpose: postgres.PurposeRank, By: a.User, At: now}, k.ID)
	if err != nil {
		return err
	}
	divided, err := fund.Policy.Divide(fund.Available(), applicants(ranked, keys))
	if err != nil {
		return err
	}
	if err := tx.DecideFundCall(ctx, k.ID, fund.Available(), a.User, now); err != nil {
		return err
	}
	first, err := tx.NextPlace(ctx, fund.ID)
	if err != nil {
		return err
	}
	granted := 0
	for i, id := range divided.Ranking {
		p := ranked[id]
		p.Place, p.DecidedCents = first+int64(i), &divided.Granted[i]
		if err := tx.SetApplication(ctx, p, now); err != nil {
			return err
		}
		if divided.Granted[i] == 0 {
			if err := d.unserved(ctx, tx, fund, p); err != nil {
				return err
			}
			continue
		}
		granted++
		if err := d.award(ctx, tx, fund, p, divided.Granted[i], a.User); err != nil {
			return err
		}
	}
	return tx.Audit(ctx, now, a.User, "decide_call", "call "+k.ID, map[string]any{
		"fund": fund.ID, "budget": fund.Available().String(), "applications": len(ranked), "granted": granted})
}

// unserved lets an application wait, or ends it where everybody was cut alike.
func (d *Desk) unserved(ctx context.Context, tx *postgres.Tx, fund postgres.Fund, p postgres.Application) error {
	if !fund.Policy.ProRata {
		return d.tellWaiting(ctx, tx, p)
	}
	if err := d.endApplication(ctx, tx, p, subsidies.EndFundShort); err != nil {
		return err
	}
	return d.tell(ctx, tx, p, letterAwardEnded, fundLetter{Due: p.DueCents, Reason: string(subsidies.EndFundShort)})
}

// applicants are applications as a policy ranks them.
func applicants(of map[string]postgres.Application, keys map[string]map[string]string) []subsidies.Applicant {
	list := make([]subsidies.Applicant, 0, len(of))
	for id, p := range of { // the result of dividing does not depend on the order
		one := subsidies.Applicant{ID: id, Amount: p.AskedCents, Keys: map[string]subsidies.Key{}}
		for name, text := range keys[id] {
			one.Keys[name] = subsidies.ParseKey(text)
		}
		list = append(list, one)
	}
	return list
}

// RecomputeCall ranks a decided call again from what is sealed and compares places
// and amounts (officer). It returns the differences; none when all is the same.
func (d *Desk) RecomputeCall(ctx context.Context, a communities.Actor, call string) ([]string, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermRunFunds, communities.Scope{}, now); err != nil {
		return nil, err
	}
	var differences []string
	err := d.db.InTx(ctx, func(tx *postgres.Tx) error {
		differences = nil
		k, err := tx.FundCallForUpdate(ctx, call)
		if err != nil {
			return err
		}
		if k.BudgetCents == nil {
			return postgres.ErrNotFound.With("what", "ranking")
		}
		fund, err := tx.Fund(ctx, k.FundID)
		if err != nil {
			return err
		}
		all, err := tx.ApplicationsInCall(ctx, call)
		if err != nil {
			return err
		}
		ranked := map[string]postgres.Application{}
		var order []postgres.Application
		for _, p := range all {
			if p.DecidedCents != nil {
				ranked[p.ID], order = p, append(order, p)
			}
		}
		keys, err := tx.ReadApplicationKeys(ctx, postgres.Reading{Purpose: postgres.PurposeRank, By: a.User, At: now}, call)
		if err != nil {
			return err
		}
		divided, err := fund.Policy.Divide(*k.BudgetCents, applicants(ranked, keys))
		if err != nil {
			return err
		}
		for i, id := range divided.Ranking {
			if order[i].ID != id {
				differences = append(differences, fmt.Sprintf("place %d: application %s again, stored %s", i+1, id, order[i].ID))
			}
			if got := *ranked[id].DecidedCents; got != divided.Granted[i] {
				differences = append(differences, fmt.Sprintf("application %s: %s again, stored %s", id, divided.Granted[i], got))
			}
		}
		return nil
	})
	return differences, err
}

// ReturnAward takes back what an application was granted after its round
// (officer), for a reason [reason] that the family is told: the money goes to who
// waits, and the family owes it again, with time to pay. It returns
// [ErrApplicationOver] when nothing was granted, [ErrAwardPaid], and what
// [billing.Charge.ReturnAward] returns.
func (d *Desk) ReturnAward(ctx context.Context, a communities.Actor, id, reason string) error {
	now := d.clock.Now()
	if err := a.May(communities.PermRunFunds, communities.Scope{}, now); err != nil {
		return err
	}
	if err := texts(field{"reason", reason, noteRunesMax}).OrNil(); err != nil {
		return err
	}
	p, err := d.db.Application(ctx, id)
	if err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		line, err := tx.ChargeForUpdate(ctx, billing.ChargeID(p.ChargeID))
		if err != nil {
			return err
		}
		if _, err := tx.LockFund(ctx, p.FundID); err != nil {
			return err
		}
		p, err := tx.Application(ctx, id)
		if err != nil {
			return err
		}
		if p.GrantedCents == 0 || p.HeldCents > 0 {
			return ErrApplicationOver
		}
		return d.takeBack(ctx, tx, a, line, p, strings.TrimSpace(reason))
	})
}

// takeBack does what follows when the award of an application is taken back.
func (d *Desk) takeBack(ctx context.Context, tx *postgres.Tx, a communities.Actor, line postgres.ChargeLine, p postgres.Application, reason string) error {
	now := d.clock.Now()
	amount := p.GrantedCents
	after, excess, err := line.ReturnAward(amount, line.PaidSum)
	if err != nil {
		return err
	}
	there, err := tx.TakeAwardBack(ctx, postgres.Award{Demand: line.Demand, Fund: p.FundID, Measure: p.MeasureID, Household: line.Household, Amount: amount}, a.User, now)
	if err != nil {
		return err
	}
	if !there {
		return ErrAwardPaid
	}
	reopened := line.State == billing.ChargePaid && after.State == billing.ChargeOpen
	if again := d.today(now).AddDate(0, 0, daysToPay); after.State == billing.ChargeOpen && after.DueOn.Before(again) {
		after.DueOn = again
	}
	if err := tx.SetChargeAward(ctx, after, line.Later-amount, now); err != nil {
		return err
	}
	posted := func() billing.Posted { return billing.Posted{ID: ledger.TransactionID(postgres.NewID()), At: now} }
	t, err := billing.AwardReturned(posted(), line.Charge, p.ID, billing.FundID(p.FundID), amount)
	if err != nil {
		return err
	}
	if _, err := tx.Post(ctx, t); err != nil {
		return err
	}
	if excess > 0 { // what was paid too much before pays for it now
		if t, err = billing.CreditApplied(posted(), after, p.ID, excess); err != nil {
			return err
		}
		if _, err := tx.Post(ctx, t); err != nil {
			return err
		}
	}
	p.State, p.Reason, p.GrantedCents = subsidies.ApplicationWithdrawn, subsidies.EndTakenBack, 0
	if err := tx.SetApplication(ctx, p, now); err != nil {
		return err
	}
	if err := tx.Audit(ctx, now, a.User, "return_award", "application "+p.ID, map[string]any{"fund": p.FundID, "reason": reason}); err != nil {
		return err
	}
	if err := d.tell(ctx, tx, p, letterAwardReturned, fundLetter{Amount: amount, Due: after.Due(line.PaidSum), DueOn: after.DueOn, Reason: reason}); err != nil || !reopened {
		return err
	}
	if _, err := tx.RoundForUpdate(ctx, line.Round); err != nil {
		return err
	}
	return tx.ReopenRound(ctx, line.Round)
}

// FundPaymentRequest is money of a fund that arrived for a provider, by bank.
type FundPaymentRequest struct {
	Fund     string
	Provider string
	Amount   string // [amount] euro in Italian form: what the fund owes, exactly
}

// PayFund records that the Comune paid in what a fund awarded for a provider
// (officer): all of it, so that a form sent twice pays once. It returns
// [ErrFundPayment].
func (d *Desk) PayFund(ctx context.Context, a communities.Actor, r FundPaymentRequest) (money.Amount, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermRunFunds, communities.Scope{}, now); err != nil {
		return 0, err
	}
	f := &form{}
	amount := f.price("amount", r.Amount, 1)
	if err := f.refused.OrNil(); err != nil {
		return 0, err
	}
	return amount, d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if _, err := tx.LockFund(ctx, r.Fund); err != nil {
			return err
		}
		paid, err := tx.PayAwards(ctx, r.Fund, r.Provider, a.User, now)
		if err != nil {
			return err
		}
		if paid != amount {
			return ErrFundPayment.With("due", paid).At("amount")
		}
		t, err := billing.FundPaid(billing.Posted{ID: ledger.TransactionID(postgres.NewID()), At: now}, postgres.NewID(), billing.FundID(r.Fund), amount)
		if err != nil {
			return err
		}
		if _, err := tx.Post(ctx, t); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "pay_fund", "fund "+r.Fund, map[string]any{"provider": r.Provider})
	})
}
