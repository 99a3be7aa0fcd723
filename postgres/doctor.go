package postgres

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun/dialect/pgdialect"

	"colletta/billing/ledger"
	"colletta/communities"
)

// soundCheck is an invariant of the books: what would break it, and the query
// that lists it. ?0 is the municipality, ?1 the time, ?2 and ?3 the kinds of
// accounts that stay above and below zero.
type soundCheck struct{ number, what, query string }

// Invariant is one that was looked at. The numbers are those of docs/ledger.md.
type Invariant struct {
	Number string   `json:"number"`
	Broken string   `json:"broken"` // what would break it
	Found  []string `json:"found"`  // what breaks it; empty when it holds
}

// Doctor looks at every invariant of the books. What was frozen of each round is
// opened, which by is on record for.
func (db *DB) Doctor(ctx context.Context, by communities.UserID, at time.Time) ([]Invariant, error) {
	all, err := db.examine(ctx, slices.Concat(ledgerChecks, billingChecks, bankChecks, fundChecks), at)
	if err != nil {
		return nil, err
	}
	chain := Invariant{"A2", "entry of the ledger that is not what was chained", []string{}}
	var broken *ChainBreak
	switch _, err := db.VerifyChain(ctx, ChainHead{}); {
	case errors.As(err, &broken):
		chain.Found = append(chain.Found, broken.Error())
	case err != nil:
		return nil, err
	}
	frozen, err := db.unsoundFrozen(ctx, Reading{Purpose: PurposeProve, By: by, At: at})
	if err != nil {
		return nil, err
	}
	all = append(all, chain, Invariant{"R4", "frozen snapshot or formation whose bytes are not those that were stored", frozen})
	slices.SortStableFunc(all, func(a, b Invariant) int { return orderOf(a.Number) - orderOf(b.Number) })
	return all, nil
}

// orderOf puts M10 after M9, and the letters in the order of the alphabet.
func orderOf(number string) int {
	order := 0
	for _, digit := range number[1:] {
		order = 10*order + int(digit-'0')
	}
	return 100*int(number[0]) + order
}

// Unsound lists what breaks an invariant of the books, in words; empty when all
// hold: [DB.Doctor] in short.
func (db *DB) Unsound(ctx context.Context, by communities.UserID, at time.Time) ([]string, error) {
	all, err := db.Doctor(ctx, by, at)
	return brokenLines(all), err
}

// examine runs checks.
func (db *DB) examine(ctx context.Context, checks []soundCheck, at time.Time) ([]Invariant, error) {
	above, below := []string{}, []string{}
	for _, k := range ledger.AccountKinds() {
		switch k.Side() {
		case 1:
			above = append(above, string(k))
		case -1:
			below = append(below, string(k))
		}
	}
	all := make([]Invariant, len(checks))
	for i, c := range checks {
		found, err := list[string](ctx, db.reader, c.what, c.query, db.municipality, at, pgdialect.Array(above), pgdialect.Array(below))
		if err != nil {
			return nil, err
		}
		all[i] = Invariant{c.number, c.what, found}
	}
	return all, nil
}

func brokenLines(all []Invariant) []string {
	lines := []string{}
	for _, i := range all {
		for _, found := range i.Found {
			lines = append(lines, i.Number+": "+i.Broken+": "+found)
		}
	}
	return lines
}

// billingChecks are the invariants of charges, payments, vouchers and rounds.
var billingChecks = []soundCheck{
	{"B1", "charge that differs from its share", `
		SELECT c.id::text FROM charges c JOIN pool_members m ON m.municipality_id = c.municipality_id AND m.demand_id = c.demand_id
		WHERE c.municipality_id = ?0 AND (m.share_cents <> c.share_cents OR m.subsidy_cents <> c.subsidy_cents - c.later_cents)`},
	{"B2", "charge above the maximum that its household stated", `
		SELECT c.id::text FROM charges c JOIN demands d ON d.municipality_id = c.municipality_id AND d.id = c.demand_id
		WHERE c.municipality_id = ?0 AND c.net_cents > d.max_price_cents`},
	{"B3", "paid charge that is not fully paid", `
		SELECT c.id::text FROM charges c WHERE c.municipality_id = ?0 AND c.state = 'paid' AND c.net_cents - c.voucher_cents > (SELECT coalesce(sum(y.amount_cents), 0)
			FROM payments y WHERE y.municipality_id = c.municipality_id AND y.charge_id = c.id AND y.state = 'succeeded')`},
	{"B4", "receivable of a household that is not what its open charges ask", `
		SELECT a.subject FROM ledger_accounts a WHERE a.municipality_id = ?0 AND a.kind = 'household_receivable' AND
			(SELECT coalesce(sum(p.amount_cents), 0) FROM ledger_postings p WHERE p.municipality_id = a.municipality_id AND p.account_id = a.id) <>
			(SELECT coalesce(sum(c.net_cents - c.voucher_cents - least(c.net_cents - c.voucher_cents, (SELECT coalesce(sum(y.amount_cents), 0) FROM payments y
				WHERE y.municipality_id = c.municipality_id AND y.charge_id = c.id AND y.state = 'succeeded'))), 0)
			FROM charges c WHERE c.municipality_id = a.municipality_id AND c.household_id::text = a.subject AND c.state IN ('open', 'paid'))`},
	{"V1", "voucher of which other is used than its registered and accounted uses say", `
		SELECT v.code FROM vouchers v WHERE v.municipality_id = ?0 AND v.used_cents <> (SELECT coalesce(sum(u.amount_cents), 0) FROM voucher_uses u
			WHERE u.municipality_id = v.municipality_id AND u.voucher_id = v.id AND u.state IN ('registered', 'accounted'))`},
	{"V2", "charge of which vouchers pay other than their uses say", `
		SELECT c.id::text FROM charges c WHERE c.municipality_id = ?0 AND c.voucher_cents <> (SELECT coalesce(sum(u.amount_cents), 0) FROM voucher_uses u
			WHERE u.municipality_id = c.municipality_id AND u.charge_id = c.id AND u.state IN ('registered', 'accounted'))`},
	{"V3", "call whose accounts are not what its vouchers' uses sum to", `
		SELECT vc.code FROM voucher_calls vc CROSS JOIN (VALUES ('voucher_registered', 'registered'), ('voucher_accounted', 'accounted')) k (account, use_state)
		WHERE vc.municipality_id = ?0 AND (SELECT coalesce(sum(p.amount_cents), 0) FROM ledger_accounts a
			JOIN ledger_postings p ON p.municipality_id = a.municipality_id AND p.account_id = a.id
			WHERE a.municipality_id = vc.municipality_id AND a.kind = k.account AND a.subject = vc.id::text) <>
			(SELECT coalesce(sum(u.amount_cents), 0) FROM vouchers v JOIN voucher_uses u ON u.municipality_id = v.municipality_id AND u.voucher_id = v.id
			WHERE v.municipality_id = vc.municipality_id AND v.call_code = vc.code AND u.state = k.use_state)`},
	{"V4", "statement that does not sum to its uses and to its providers", `
		SELECT s.number FROM voucher_statements s WHERE s.municipality_id = ?0 AND (s.total_cents <> (SELECT coalesce(sum(u.amount_cents), 0) FROM voucher_uses u
			WHERE u.municipality_id = s.municipality_id AND u.statement_id = s.id) OR s.total_cents <> (SELECT coalesce(sum(p.total_cents), 0)
			FROM voucher_statement_providers p WHERE p.municipality_id = s.municipality_id AND p.statement_id = s.id))`},
	{"R5", "formed round without its first pass, or pass of a round that is not formed", `
		SELECT r.id::text FROM rounds r WHERE r.municipality_id = ?0 AND r.state <> 'void' AND (r.state IN ('formed', 'charged', 'settled')) <>
			EXISTS (SELECT 1 FROM round_passes p WHERE p.municipality_id = r.municipality_id AND p.round_id = r.id AND p.pass = 1)`},
	{"R5", "pass that serves other demands than are in its pools", `
		SELECT p.round_id::text FROM round_passes p WHERE p.municipality_id = ?0 AND p.served <> (SELECT count(*) FROM pools o
			JOIN pool_members m ON m.municipality_id = o.municipality_id AND m.pool_id = o.id
			WHERE o.municipality_id = p.municipality_id AND o.round_id = p.round_id AND o.pass = p.pass)`},
	{"K1", "value sealed by a data key that is gone", `
		SELECT s.what FROM (SELECT municipality_id, key_version, 'certificate ' || id AS what FROM isee_certificates
			UNION ALL SELECT municipality_id, snapshot_key, 'round ' || id FROM rounds WHERE snapshot IS NOT NULL
			UNION ALL SELECT municipality_id, key_version, 'pass of round ' || round_id FROM round_passes
			UNION ALL SELECT municipality_id, key_version, 'outcome of demand ' || demand_id FROM outcomes
			UNION ALL SELECT municipality_id, key_version, 'application ' || id FROM fund_applications) s
		LEFT JOIN data_keys k ON k.municipality_id = s.municipality_id AND k.version = s.key_version AND k.state <> 'retired'
		WHERE s.municipality_id = ?0 AND k.version IS NULL`},
}
