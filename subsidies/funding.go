package subsidies

import (
	"cmp"
	"slices"
	"strings"

	"colletta/money"
	"colletta/refusal"
)

// FundMode says who is reached by a fund.
type FundMode string

// The modes.
const (
	FundEntitlement FundMode = "entitlement" // everybody who is eligible, whatever the fund holds
	FundFirstCome   FundMode = "first_come"  // a sportello: by the time of application
	FundRanking     FundMode = "ranking"     // a graduatoria: by the keys of the order
)

// FundPolicy says how a fund is divided among those who applied.
type FundPolicy struct {
	Mode    FundMode
	Order   []OrderKey // the first that differs decides; between alike ones the ID
	Partial bool       // the first who does not fit gets what is left
	Skip    bool       // who does not fit is skipped and the next is tried; otherwise nobody after
	ProRata bool       // if the fund does not do for all, everybody is cut alike
	Reserve []FundReserve
	Note    string
}

// OrderKey is one key of a ranking: the name of what applicants carry.
type OrderKey struct {
	By         string
	Descending bool
}

// FundReserve keeps a part of the budget for applicants who have a mark. They are
// served from it first; what it does not use goes to all. Who finds no room in the
// reserve is ranked with all.
type FundReserve struct {
	Share Number // of the budget, from 0 to 1
	If    string // the name of the mark
}

// Key is what an applicant is ranked by: a number (yes is 1, a day or an instant
// too are numbers) or a text, which is compared letter by letter, so that
// 2024-03-18T09:00 sorts by time. A missing one comes last, whatever the direction.
type Key struct {
	Known  bool
	Number Number
	Text   string
}

// Applicant is somebody who asks for a sum of a fund.
type Applicant struct {
	ID     string
	Amount money.Amount // what the measure grants, at least zero
	Keys   map[string]Key
}

// Funding is how a fund is divided.
type Funding struct {
	Ranking []string       // the applicants in order
	Granted []money.Amount // in the order of Ranking
	Left    money.Amount   // of the budget; below zero only for an entitlement
}

// ErrFunding says that a fund cannot be divided: an amount or the budget is below
// zero or too large, an ID is there twice, or a key is a number for some and a text
// for others. Args: applicant, detail (English).
var ErrFunding = refusal.New(refusal.KindInvalid, "measure_funding")

// Divide ranks applicants and grants what the budget allows. The result depends
// on its arguments alone, not on the order of the applicants. It returns
// [ErrFunding].
func (p FundPolicy) Divide(budget money.Amount, applicants []Applicant) (Funding, error) {
	if err := p.check(budget, applicants); err != nil {
		return Funding{}, err
	}
	ranked := slices.Clone(applicants)
	slices.SortFunc(ranked, p.compare)
	f := Funding{Granted: make([]money.Amount, len(ranked))}
	total := money.Amount(0)
	for _, a := range ranked {
		f.Ranking = append(f.Ranking, a.ID)
		total += a.Amount
	}
	switch {
	case p.Mode == FundEntitlement || total <= budget:
		for i, a := range ranked {
			f.Granted[i] = a.Amount
		}
		f.Left = budget - total
		return f, nil
	case p.ProRata:
		return f, p.cutAlike(&f, budget, ranked)
	}
	f.Left = p.serve(f.Granted, budget, ranked)
	return f, nil
}

// cutAlike divides the budget by what everybody asked: by largest remainder, the
// odd cents to those who rank higher.
func (p FundPolicy) cutAlike(f *Funding, budget money.Amount, ranked []Applicant) error {
	weights := make([]int64, len(ranked))
	for i, a := range ranked {
		weights[i] = a.Amount.Cents()
	}
	var err error
	f.Granted, err = money.Split(budget, weights)
	return err
}

// serve grants in order, first from the reserves, and returns what is left.
func (p FundPolicy) serve(granted []money.Amount, budget money.Amount, ranked []Applicant) money.Amount {
	left, served := budget, make([]bool, len(ranked))
	for _, r := range p.Reserve {
		// A share of a budget for one purpose is not divided among parties: the part
		// of a cent stays with all.
		part, _ := Rounding{Fraction(1, 100), RoundDown}.Of(Euro(budget).Mul(r.Share)).Amount()
		kept := min(part, left)
		left -= kept
		for i, a := range ranked {
			if mark := a.Keys[r.If]; served[i] || !mark.Known || mark.Number.Sign() == 0 {
				continue
			}
			if a.Amount-granted[i] > kept {
				if p.Partial { // what is there; for the rest it is ranked with all
					granted[i], kept = granted[i]+kept, 0
				}
				if p.Skip {
					continue
				}
				break
			}
			kept -= a.Amount - granted[i]
			granted[i], served[i] = a.Amount, true
		}
		left += kept
	}
	for i, a := range ranked {
		if served[i] {
			continue
		}
		if rest := a.Amount - granted[i]; rest <= left {
			granted[i] = a.Amount
			left -= rest
			continue
		}
		if p.Partial {
			granted[i], left = granted[i]+left, 0
		}
		if !p.Skip {
			break
		}
	}
	return left
}

func (p FundPolicy) compare(a, b Applicant) int {
	for _, key := range p.Order {
		x, y := a.Keys[key.By], b.Keys[key.By]
		if x.Known != y.Known {
			if x.Known {
				return -1
			}
			return 1
		}
		c := cmp.Or(x.Number.Cmp(y.Number), strings.Compare(x.Text, y.Text))
		if key.Descending {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return strings.Compare(a.ID, b.ID)
}

// applicantsMax keeps the sum of what is asked within 64 bits.
const applicantsMax = 5_000_000

func (p FundPolicy) check(budget money.Amount, applicants []Applicant) error {
	wrong := func(id, detail string) error { return ErrFunding.With("applicant", id, "detail", phrase(detail)) }
	if budget < 0 || len(applicants) > applicantsMax {
		return wrong("", "the budget is below zero, or there are too many applicants")
	}
	seen := make(map[string]bool, len(applicants))
	texts := map[string]bool{}
	for i, a := range applicants {
		switch {
		case a.Amount < 0 || a.Amount > money.Max:
			return wrong(a.ID, "the amount is below zero or above "+money.Max.String())
		case a.ID == "" || seen[a.ID]:
			return wrong(a.ID, "the ID is empty or there twice")
		}
		seen[a.ID] = true
		for _, key := range p.Order {
			k := a.Keys[key.By]
			if !k.Known {
				continue
			}
			if text, ok := texts[key.By]; i > 0 && ok && text != (k.Text != "") {
				return wrong(a.ID, key.By+" is a number for some and a text for others")
			}
			texts[key.By] = k.Text != ""
		}
	}
	return nil
}
