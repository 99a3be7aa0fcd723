-- posting.sql with neither cached balances nor a chain: what both cost.
\set household random(1, 1000)
BEGIN;
WITH opened AS (
    INSERT INTO ledger_accounts (municipality_id, id, kind, subject, side)
    SELECT 1, n.id, n.kind, n.subject, n.side FROM unnest(ARRAY[gen_random_uuid(), gen_random_uuid()], ARRAY['bank_clearing', 'household_credit'],
        ARRAY['', 'h' || :household], ARRAY[0, -1]::smallint[]) n (id, kind, subject, side)
    WHERE NOT EXISTS (SELECT 1 FROM ledger_accounts a WHERE a.municipality_id = 1 AND a.kind = n.kind AND a.subject = n.subject)
    ORDER BY n.kind, n.subject ON CONFLICT (municipality_id, kind, subject) DO NOTHING)
INSERT INTO ledger_transactions (municipality_id, id, kind, source_id, reverses_id, description, at)
SELECT 1, n.id, n.kind, n.source, nullif(n.reverses, '')::uuid, n.description, n.at
FROM unnest(ARRAY[gen_random_uuid()], ARRAY['payment_received'], ARRAY[gen_random_uuid()::text], ARRAY[''], ARRAY['Payment of a charge'], ARRAY[now()]) n (id, kind, source, reverses, description, at)
ON CONFLICT (municipality_id, kind, source_id) DO NOTHING RETURNING id \gset
INSERT INTO ledger_postings (municipality_id, transaction_id, line, account_id, amount_cents)
SELECT 1, n.id, n.line, a.id, n.cents
FROM unnest(ARRAY[':id', ':id']::uuid[], ARRAY[1, 2], ARRAY['bank_clearing', 'household_credit'], ARRAY['', 'h' || :household], ARRAY[4800, -4800]::bigint[]) n (id, line, kind, subject, cents)
LEFT JOIN ledger_accounts a ON a.municipality_id = 1 AND a.kind = n.kind AND a.subject = n.subject;
SET CONSTRAINTS ALL IMMEDIATE;
COMMIT;
