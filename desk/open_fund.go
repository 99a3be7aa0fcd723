package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"colletta/communities"
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
	// ErrFundOver says that the last day of a fund is over. Args: fund.
	ErrFundOver = refusal.New(refusal.KindConflict, "fund_over")
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
		measures := make([]*subsidies.Measure, len(f.Measures))
		for i, id := range f.Measures {
			if measures[i], err = measureInForce(ctx, tx, id); err != nil {
				return err
			}
		}
		if f.Policy.Mode == "" {
			if f.Policy = usualPolicy(); measures[0].Fund != nil {
				f.Policy = *measures[0].Fund
			}
		}
		if err := servable(f.Policy, measures); err != nil {
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
func servable(p subsidies.FundPolicy, measures []*subsidies.Measure) error {
	if p.Mode != subsidies.FundRanking && (len(p.Reserve) > 0 || p.ProRata) {
		return ErrFundReserve.At("mode")
	}
	for _, o := range p.Order {
		if !rankable(o.By, measures) {
			return ErrFundOrder.With("key", o.By).At("order")
		}
	}
	for _, r := range p.Reserve {
		if !rankable(r.If, measures) {
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
