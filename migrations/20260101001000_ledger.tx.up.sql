-- The ledger at full strength: accounts with a currency, a cached balance and a
-- floor; entries numbered without gaps in a chain of hashes for each municipality.
--
-- side says where a balance must stay: 1 never below zero (what is owed to us), -1
-- never above (what we owe), 0 where others decide (banks, fees). The balance is the
-- sum of the postings of chained entries; ledger_link alone changes it.
ALTER TABLE ledger_accounts
    ADD COLUMN currency text NOT NULL DEFAULT 'EUR',
    ADD COLUMN side smallint NOT NULL DEFAULT 0,
    ADD COLUMN balance_cents bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT ledger_accounts_currency CHECK (currency = 'EUR'),
    ADD CONSTRAINT ledger_accounts_side CHECK (side IN (-1, 0, 1)),
    SET (fillfactor = 70);
UPDATE ledger_accounts SET side = CASE
    WHEN kind IN ('household_credit', 'provider_payable', 'fund_available', 'fund_reserved', 'fund_committed') THEN -1
    WHEN kind IN ('household_receivable', 'fund', 'fund_appropriation', 'voucher_registered', 'voucher_accounted') THEN 1
    ELSE 0 END;
ALTER TABLE ledger_accounts ADD CONSTRAINT ledger_accounts_floor CHECK (side * balance_cents >= 0);
CREATE TRIGGER ledger_accounts_stay BEFORE UPDATE OF municipality_id, id, kind, subject, currency, side OR DELETE OR TRUNCATE ON ledger_accounts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE INDEX ledger_transactions_by_time ON ledger_transactions (municipality_id, at);

-- The chain: each entry has the next number of its municipality, and the SHA-256 of
-- the hash before it followed by its own bytes. It begins with 32 bytes of zero.
CREATE TABLE ledger_chain (
    municipality_id int    NOT NULL,
    number          bigint NOT NULL CHECK (number > 0),
    transaction_id  uuid   NOT NULL,
    hash            bytea  NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (municipality_id, number),
    CONSTRAINT ledger_chain_once UNIQUE (municipality_id, transaction_id),
    CONSTRAINT ledger_chain_transaction FOREIGN KEY (municipality_id, transaction_id) REFERENCES ledger_transactions
);
CREATE TRIGGER ledger_chain_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_chain
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The bytes of an entry, as billing/ledger writes them too: fields, each as its length
-- in bytes, a colon, itself and a comma.
CREATE FUNCTION ledger_bytes(town int, place bigint, entry uuid) RETURNS bytea LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT convert_to((SELECT string_agg(octet_length(f.value) || ':' || f.value || ',', '' ORDER BY f.nth)
            FROM unnest(ARRAY['colletta-ledger-1', town::text, place::text, t.id::text, t.kind, t.source_id, coalesce(t.reverses_id::text, ''),
                (extract(epoch FROM t.at) * 1000000)::bigint::text, t.description]) WITH ORDINALITY f (value, nth))
        || coalesce((SELECT string_agg(octet_length(a.kind) || ':' || a.kind || ',' || octet_length(a.subject) || ':' || a.subject || ','
                || octet_length(a.currency) || ':' || a.currency || ',' || octet_length(p.amount_cents::text) || ':' || p.amount_cents || ',', '' ORDER BY p.line)
            FROM ledger_postings p JOIN ledger_accounts a ON a.municipality_id = p.municipality_id AND a.id = p.account_id
            WHERE p.municipality_id = t.municipality_id AND p.transaction_id = t.id), ''), 'UTF8')
        FROM ledger_transactions t WHERE t.municipality_id = town AND t.id = entry);
END $$;

-- Chains entries, the last act of the transaction that made them: takes their numbers
-- (the counter is the lock that one chaining at a time holds until it commits), moves
-- the balances, and chains the entries in their order. An account that would pass its
-- floor is returned with what it holds, and nothing may be committed.
CREATE FUNCTION ledger_link(town int, entries uuid[]) RETURNS TABLE (kind text, subject text, balance_cents bigint, change_cents bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    head     bigint;
    link     bytea;
    entry    uuid;
    moved    record;
BEGIN
    INSERT INTO counters AS c (municipality_id, name, year, last) VALUES (town, 'ledger', 0, cardinality(entries))
    ON CONFLICT (municipality_id, name, year) DO UPDATE SET last = c.last + EXCLUDED.last RETURNING last - cardinality(entries) INTO head;
    -- One by one, by the key: no statistics, or none yet, lead the planner astray.
    FOR moved IN SELECT p.account_id, sum(p.amount_cents)::bigint AS cents FROM ledger_postings p
        WHERE p.municipality_id = town AND p.transaction_id = ANY (entries) GROUP BY p.account_id HAVING sum(p.amount_cents) <> 0
    LOOP
        UPDATE ledger_accounts SET balance_cents = balance_cents + moved.cents
        WHERE municipality_id = town AND id = moved.account_id AND side * (balance_cents + moved.cents) >= 0;
        IF NOT FOUND THEN
            RETURN QUERY SELECT a.kind, a.subject, a.balance_cents, moved.cents FROM ledger_accounts a WHERE a.municipality_id = town AND a.id = moved.account_id;
            RETURN;
        END IF;
    END LOOP;
    IF head = 0 THEN
        link := decode(repeat('00', 32), 'hex');
    ELSE
        SELECT hash INTO STRICT link FROM ledger_chain WHERE municipality_id = town AND number = head;
    END IF;
    FOREACH entry IN ARRAY entries LOOP
        head := head + 1;
        link := sha256(link || ledger_bytes(town, head, entry));
        INSERT INTO ledger_chain (municipality_id, number, transaction_id, hash) VALUES (town, head, entry, link);
    END LOOP;
END $$;

-- What is stored already is chained in the order of time.
DO $$
DECLARE
    town   int;
    broken record;
BEGIN
    FOR town IN SELECT DISTINCT municipality_id FROM ledger_transactions ORDER BY 1 LOOP
        FOR broken IN SELECT s.* FROM ledger_link(town, (SELECT array_agg(id ORDER BY at, id) FROM ledger_transactions WHERE municipality_id = town)) s LOOP
            RAISE EXCEPTION 'the account % of % holds % cents, beyond its floor: correct it with the earlier program first', broken.kind, broken.subject, broken.change_cents;
        END LOOP;
    END LOOP;
END $$;

-- At the end of the database transaction every entry is chained, and has at least two
-- postings that sum to zero in each currency.
DROP TRIGGER ledger_postings_balanced ON ledger_postings;
CREATE OR REPLACE FUNCTION ledger_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found_rows bigint;
    found_off  text;
BEGIN
    SELECT coalesce(sum(s.lines), 0), string_agg(s.cents || ' ' || s.currency, ', ' ORDER BY s.currency) FILTER (WHERE s.cents <> 0)
    INTO found_rows, found_off
    FROM (SELECT a.currency, count(*) AS lines, sum(p.amount_cents) AS cents
        FROM ledger_postings p JOIN ledger_accounts a ON a.municipality_id = p.municipality_id AND a.id = p.account_id
        WHERE p.municipality_id = NEW.municipality_id AND p.transaction_id = NEW.id GROUP BY a.currency) s;
    IF found_off IS NOT NULL OR found_rows < 2 THEN
        RAISE EXCEPTION 'ledger_unbalanced: entry % has % postings that are off by % cents', NEW.id, found_rows, coalesce(found_off, '0')
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM ledger_chain WHERE municipality_id = NEW.municipality_id AND transaction_id = NEW.id) THEN
        RAISE EXCEPTION 'ledger_unchained: entry % is not in the chain', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

-- Nothing is added to an entry that is chained.
CREATE FUNCTION ledger_chained_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM added p JOIN ledger_chain c ON c.municipality_id = p.municipality_id AND c.transaction_id = p.transaction_id) THEN
        RAISE EXCEPTION 'append_only: a posting is added to an entry that is chained' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_postings_before_chaining AFTER INSERT ON ledger_postings
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_chained_stays();
