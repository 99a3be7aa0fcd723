package postgres

// ledgerChecks are the invariants of money, M1 to M10.
var ledgerChecks = []soundCheck{
	{"M1", "entry with fewer than two postings, or that does not sum to zero in a currency", `
		SELECT t.id::text FROM ledger_transactions t WHERE t.municipality_id = ?0 AND
			(SELECT count(*) FROM ledger_postings p WHERE p.municipality_id = t.municipality_id AND p.transaction_id = t.id) < 2
		UNION
		SELECT p.transaction_id::text FROM ledger_postings p JOIN ledger_accounts a ON a.municipality_id = p.municipality_id AND a.id = p.account_id
		WHERE p.municipality_id = ?0 GROUP BY p.transaction_id, a.currency HAVING sum(p.amount_cents) <> 0`},
	{"M2", "account whose cached balance is not the sum of its postings", `
		SELECT a.kind || ' ' || a.subject FROM ledger_accounts a LEFT JOIN (SELECT account_id, sum(amount_cents) AS cents FROM ledger_postings
			WHERE municipality_id = ?0 GROUP BY account_id) p ON p.account_id = a.id
		WHERE a.municipality_id = ?0 AND a.balance_cents <> coalesce(p.cents, 0)`},
	{"M3", "amount that is not whole cents of an euro within bounds", `
		SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT LIKE 'river%' AND data_type IN ('real', 'double precision', 'money')
		UNION ALL
		SELECT transaction_id || '/' || line FROM ledger_postings WHERE municipality_id = ?0 AND (amount_cents = 0 OR abs(amount_cents) > 100000000000)
		UNION ALL
		SELECT kind || ' ' || subject FROM ledger_accounts WHERE municipality_id = ?0 AND currency <> 'EUR'`},
	{"M4", "trigger that keeps the books append-only and balanced and is not there, or sleeps", `
		SELECT w.name FROM (VALUES ('ledger_transactions_append_only'), ('ledger_postings_append_only'), ('ledger_chain_append_only'), ('ledger_accounts_stay'),
			('ledger_transactions_balanced'), ('ledger_postings_before_chaining'), ('fund_movements_append_only'), ('audit_append_only')) w (name)
		WHERE NOT EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgname = w.name AND g.tgenabled IN ('O', 'A'))`},
	{"M4", "reversal that is not the exact opposite of one entry", `
		SELECT r.id::text FROM ledger_transactions r WHERE r.municipality_id = ?0 AND (r.kind = 'reversal') <> (r.reverses_id IS NOT NULL)
		UNION ALL
		SELECT reverses_id::text FROM ledger_transactions WHERE municipality_id = ?0 AND reverses_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1
		UNION ALL
		SELECT r.id::text FROM ledger_transactions r WHERE r.municipality_id = ?0 AND r.reverses_id IS NOT NULL AND EXISTS (
			SELECT 1 FROM ledger_postings p WHERE p.municipality_id = r.municipality_id AND p.transaction_id IN (r.id, r.reverses_id)
			GROUP BY p.account_id HAVING sum(p.amount_cents) <> 0)`},
	{"M5", "pool whose shares do not sum to its cost", `
		SELECT p.id::text FROM pools p WHERE p.municipality_id = ?0 AND p.cost_cents <> (SELECT sum(m.share_cents) FROM pool_members m
			WHERE m.municipality_id = p.municipality_id AND m.pool_id = p.id)`},
	{"M6", "account below its floor, or that does not keep the one of its kind", `
		SELECT a.kind || ' ' || a.subject FROM ledger_accounts a
		CROSS JOIN LATERAL (SELECT CASE WHEN a.kind = ANY (?2::text[]) THEN 1 WHEN a.kind = ANY (?3::text[]) THEN -1 ELSE 0 END AS side) k
		WHERE a.municipality_id = ?0 AND (a.side <> k.side OR k.side * (SELECT coalesce(sum(p.amount_cents), 0) FROM ledger_postings p
			WHERE p.municipality_id = a.municipality_id AND p.account_id = a.id) < 0)`},
	{"M7", "business event that was posted twice", `
		SELECT kind || ' ' || source_id FROM ledger_transactions WHERE municipality_id = ?0 GROUP BY kind, source_id HAVING count(*) > 1`},
	{"M7", "payment received without its entry", `
		SELECT y.id::text FROM payments y WHERE y.municipality_id = ?0 AND y.state = 'succeeded' AND NOT EXISTS (SELECT 1 FROM ledger_transactions t
			WHERE t.municipality_id = y.municipality_id AND t.kind = 'payment_received' AND t.source_id = y.id::text)`},
	{"M8", "posting on an account, or of an entry, of another municipality", `
		SELECT p.transaction_id || '/' || p.line FROM ledger_postings p
		LEFT JOIN ledger_accounts a ON a.municipality_id = p.municipality_id AND a.id = p.account_id
		LEFT JOIN ledger_transactions t ON t.municipality_id = p.municipality_id AND t.id = p.transaction_id
		WHERE p.municipality_id = ?0 AND (a.id IS NULL OR t.id IS NULL)`},
	{"M9", "payment of which the account that its money came to holds other than what came", `
		SELECT y.id::text FROM payments y
		LEFT JOIN (SELECT t.source_id, a.kind, sum(p.amount_cents) AS cents FROM ledger_transactions t
			LEFT JOIN ledger_transactions r ON r.municipality_id = t.municipality_id AND r.reverses_id = t.id
			JOIN ledger_postings p ON p.municipality_id = t.municipality_id AND p.transaction_id IN (t.id, r.id)
			JOIN ledger_accounts a ON a.municipality_id = p.municipality_id AND a.id = p.account_id
			WHERE t.municipality_id = ?0 AND t.kind IN ('payment_received', 'payment_taken_back', 'transfer_recognised')
				AND a.kind IN ('stripe_clearing', 'bank_clearing', 'unallocated', 'till') GROUP BY 1, 2) g
			ON g.source_id = y.id::text AND g.kind = CASE WHEN y.method = 'card' THEN 'stripe_clearing' WHEN y.method IN ('cash', 'pos') THEN 'till'
			WHEN y.entry_id IS NOT NULL THEN 'unallocated' ELSE 'bank_clearing' END
		WHERE y.municipality_id = ?0 AND y.method <> 'credit' AND coalesce(g.cents, 0) <> CASE y.state WHEN 'succeeded' THEN y.amount_cents ELSE 0 END`},
	{"M10", "movement of a fund after which the account held other than what was written down", `
		SELECT w.subject || '/' || w.number FROM (
			SELECT a.subject, m.number, m.reserved_cents + m.committed_cents + m.paid_cents - m.allocated_cents AS stored,
				sum(p.amount_cents) OVER (PARTITION BY a.id ORDER BY c.number) AS computed
			FROM ledger_accounts a JOIN ledger_postings p ON p.municipality_id = a.municipality_id AND p.account_id = a.id
			JOIN ledger_chain c ON c.municipality_id = p.municipality_id AND c.transaction_id = p.transaction_id
			LEFT JOIN (SELECT DISTINCT ON (transaction_id) * FROM fund_movements WHERE municipality_id = ?0 ORDER BY transaction_id, number DESC) m
				ON m.transaction_id = p.transaction_id
			WHERE a.municipality_id = ?0 AND a.kind = 'fund_available') w
		WHERE w.number IS NOT NULL AND w.stored <> w.computed`},
}
