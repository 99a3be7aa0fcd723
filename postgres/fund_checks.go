package postgres

import (
	"context"
	"time"
)

// fundChecks are the invariants of funds: counters, rows, movements and ledger
// say the same.
var fundChecks = []soundCheck{
	{"S2", "fund whose reserved money is not that of its open holds", `
		SELECT f.id::text FROM funds f WHERE f.municipality_id = ?0 AND f.reserved_cents <> (SELECT coalesce(sum(h.amount_cents), 0) FROM fund_holds h
			WHERE h.municipality_id = f.municipality_id AND h.fund_id = f.id AND h.state = 'reserved')`},
	{"S2", "fund whose committed and paid money is not that of its awards", `
		SELECT f.id::text FROM funds f CROSS JOIN LATERAL (SELECT coalesce(sum(a.amount_cents), 0) AS awarded, coalesce(sum(a.paid_cents), 0) AS paid FROM awards a
			WHERE a.municipality_id = f.municipality_id AND a.fund_id = f.id) a
		WHERE f.municipality_id = ?0 AND (f.paid_cents <> a.paid OR f.committed_cents <> a.awarded - a.paid)`},
	{"S2", "fund whose counters are not what its movements sum to", `
		SELECT f.id::text FROM funds f CROSS JOIN LATERAL (
			SELECT count(*) AS number, coalesce(max(m.number), 0) AS last,
				coalesce(sum(m.amount_cents) FILTER (WHERE kind = 'allocate'), 0) AS allocated,
				coalesce(sum(CASE kind WHEN 'reserve' THEN amount_cents WHEN 'commit' THEN -amount_cents WHEN 'release' THEN -amount_cents
					WHEN 'expire' THEN -amount_cents END), 0) AS reserved,
				coalesce(sum(CASE kind WHEN 'commit' THEN amount_cents WHEN 'pay' THEN -amount_cents WHEN 'return' THEN -amount_cents END), 0) AS committed,
				coalesce(sum(m.amount_cents) FILTER (WHERE kind = 'pay'), 0) AS paid
			FROM fund_movements m WHERE m.municipality_id = f.municipality_id AND m.fund_id = f.id) m
		WHERE f.municipality_id = ?0 AND (f.movements, f.movements, f.allocated_cents, f.reserved_cents, f.committed_cents, f.paid_cents)
			IS DISTINCT FROM (m.number, m.last, m.allocated, m.reserved, m.committed, m.paid)`},
	{"S2", "movement after which the counters are not those before it and its amount", `
		SELECT w.fund_id || '/' || w.number FROM (
			SELECT fund_id, number, allocated_cents, reserved_cents, committed_cents, paid_cents,
				sum(CASE kind WHEN 'allocate' THEN amount_cents ELSE 0 END) OVER w AS allocated,
				sum(CASE kind WHEN 'reserve' THEN amount_cents WHEN 'commit' THEN -amount_cents WHEN 'release' THEN -amount_cents
					WHEN 'expire' THEN -amount_cents ELSE 0 END) OVER w AS reserved,
				sum(CASE kind WHEN 'commit' THEN amount_cents WHEN 'pay' THEN -amount_cents WHEN 'return' THEN -amount_cents ELSE 0 END) OVER w AS committed,
				sum(CASE kind WHEN 'pay' THEN amount_cents ELSE 0 END) OVER w AS paid
			FROM fund_movements WHERE municipality_id = ?0 WINDOW w AS (PARTITION BY fund_id ORDER BY number)) w
		WHERE (allocated_cents, reserved_cents, committed_cents, paid_cents) IS DISTINCT FROM (allocated, reserved, committed, paid)`},
	{"S2", "account of a fund that is not its counter", `
		SELECT f.id || ' ' || k.kind FROM funds f CROSS JOIN LATERAL (VALUES
			('fund_appropriation', f.allocated_cents - f.paid_cents), ('fund_available', f.reserved_cents + f.committed_cents + f.paid_cents - f.allocated_cents),
			('fund_reserved', -f.reserved_cents), ('fund_committed', -f.committed_cents), ('fund', f.committed_cents)) k (kind, cents)
		WHERE f.municipality_id = ?0 AND k.cents <> (SELECT coalesce(sum(p.amount_cents), 0) FROM ledger_accounts a
			JOIN ledger_postings p ON p.municipality_id = a.municipality_id AND p.account_id = a.id
			WHERE a.municipality_id = f.municipality_id AND a.kind = k.kind AND a.subject = f.id::text)`},
	{"S3", "hold that did not resolve once, into what was committed and what became free", `
		SELECT h.id::text FROM fund_holds h CROSS JOIN LATERAL (
			SELECT coalesce(sum(CASE kind WHEN 'reserve' THEN amount_cents WHEN 'return' THEN 0 ELSE -amount_cents END), 0) AS held,
				coalesce(sum(m.amount_cents) FILTER (WHERE kind = 'commit'), 0) AS committed
			FROM fund_movements m WHERE m.municipality_id = h.municipality_id AND m.hold_id = h.id) m
		WHERE h.municipality_id = ?0 AND (m.held, m.committed) IS DISTINCT FROM (CASE h.state WHEN 'reserved' THEN h.amount_cents ELSE 0 END, h.committed_cents)`},
	{"S3", "round whose passes grant more of a measure than it holds or committed of the fund", `
		SELECT DISTINCT g.round_id::text FROM (SELECT p.municipality_id, p.round_id, m.measure_id, sum(m.subsidy_cents) AS granted FROM pools p
			JOIN pool_members m ON m.municipality_id = p.municipality_id AND m.pool_id = p.id
			WHERE p.municipality_id = ?0 AND m.subsidy_cents > 0 GROUP BY 1, 2, 3) g
		WHERE g.granted > (SELECT coalesce(sum(CASE WHEN h.state = 'reserved' THEN h.amount_cents ELSE h.committed_cents END), 0) FROM fund_holds h
			WHERE h.municipality_id = g.municipality_id AND h.round_id = g.round_id AND h.measure_id = g.measure_id)
			AND NOT EXISTS (SELECT 1 FROM fund_holds h WHERE h.municipality_id = g.municipality_id AND h.round_id = g.round_id
				AND h.measure_id = g.measure_id AND h.state = 'expired')`},
	{"S3", "round that was charged and still holds money", `
		SELECT h.round_id::text FROM fund_holds h JOIN rounds o ON o.municipality_id = h.municipality_id AND o.id = h.round_id
		WHERE h.municipality_id = ?0 AND h.state = 'reserved' AND o.state IN ('charged', 'settled')`},
	{"S4", "charge whose later awards are not those of its applications", `
		SELECT c.id::text FROM charges c WHERE c.municipality_id = ?0 AND c.later_cents <> (SELECT coalesce(sum(p.granted_cents), 0) FROM fund_applications p
			WHERE p.municipality_id = c.municipality_id AND p.charge_id = c.id)`},
	{"S4", "charge whose subsidy is not the sum of its awards", `
		SELECT c.id::text FROM charges c WHERE c.municipality_id = ?0 AND c.subsidy_cents <> (SELECT coalesce(sum(a.amount_cents), 0) FROM awards a
			WHERE a.municipality_id = c.municipality_id AND a.demand_id = c.demand_id)`},
	{"S4", "application whose state is not what it was granted", `
		SELECT p.id::text FROM fund_applications p WHERE p.municipality_id = ?0 AND CASE p.state WHEN 'waiting' THEN p.granted_cents <> 0
			WHEN 'partly' THEN p.granted_cents NOT BETWEEN 1 AND p.asked_cents - 1 WHEN 'granted' THEN p.granted_cents = 0 ELSE p.granted_cents <> 0 END`},
	{"S7", "hold that outlived its term", `
		SELECT h.id::text FROM fund_holds h WHERE h.municipality_id = ?0 AND h.state = 'reserved' AND h.expires_at < ?1::timestamptz - interval '1 hour'`},
	{"S9", "measure with two funds on one day", `
		SELECT a.measure_id FROM fund_measures a JOIN fund_measures b ON b.municipality_id = a.municipality_id AND b.measure_id = a.measure_id
			AND b.fund_id > a.fund_id AND b.valid_from <= a.valid_to AND a.valid_from <= b.valid_to WHERE a.municipality_id = ?0`},
	{"S9", "measure of a fund whose days are not the fund's", `
		SELECT m.measure_id FROM fund_measures m JOIN funds f ON f.municipality_id = m.municipality_id AND f.id = m.fund_id
		WHERE m.municipality_id = ?0 AND (m.valid_from, m.valid_to) IS DISTINCT FROM (f.valid_from, f.valid_to)`},
}

// UnsoundFunds lists what breaks an invariant of funds, in words; empty when all
// hold. Nothing sealed is opened.
func (db *DB) UnsoundFunds(ctx context.Context, at time.Time) ([]string, error) {
	found, err := db.examine(ctx, fundChecks, at)
	return brokenLines(found), err
}
