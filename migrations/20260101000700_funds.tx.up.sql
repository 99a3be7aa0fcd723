-- A fund is the money of one measure or of several, for some days. What it
-- holds is kept four times: in the counters here, in the rows of holds and awards,
-- in the movements, and in the ledger. The first lock against overspending is the
-- guarded UPDATE, the second this CHECK.
ALTER TABLE funds
    ADD COLUMN name text,
    ADD COLUMN valid_from date,
    ADD COLUMN valid_to date,
    ADD COLUMN policy jsonb,
    ADD COLUMN paid_cents bigint NOT NULL DEFAULT 0 CHECK (paid_cents >= 0),
    ADD COLUMN movements bigint NOT NULL DEFAULT 0,
    ADD COLUMN ended_at timestamptz;
ALTER TABLE funds RENAME COLUMN cap_cents TO allocated_cents;
ALTER TABLE funds RENAME COLUMN spent_cents TO committed_cents;
ALTER TABLE funds RENAME CONSTRAINT funds_cap_cents_check TO funds_allocated_cents_check;
ALTER TABLE funds RENAME CONSTRAINT funds_spent_cents_check TO funds_committed_cents_check;
UPDATE funds f SET name = m.name || CASE WHEN strpos(m.name, f.year::text) > 0 THEN '' ELSE ' ' || f.year END, valid_from = make_date(f.year, 1, 1), valid_to = make_date(f.year, 12, 31),
    policy = '{"mode": "first_come", "order": [{"by": "applied_at"}], "partial": true}'
FROM measures m WHERE m.municipality_id = f.municipality_id AND m.id = f.measure_id;
ALTER TABLE funds
    ALTER COLUMN name SET NOT NULL,
    ALTER COLUMN valid_from SET NOT NULL,
    ALTER COLUMN valid_to SET NOT NULL,
    ALTER COLUMN policy SET NOT NULL,
    DROP CONSTRAINT funds_never_overspent,
    ADD CONSTRAINT funds_never_overspent CHECK (reserved_cents + committed_cents + paid_cents <= allocated_cents),
    ADD CONSTRAINT funds_name CHECK (name <> ''),
    ADD CONSTRAINT funds_period CHECK (valid_from <= valid_to),
    ADD CONSTRAINT funds_municipality FOREIGN KEY (municipality_id) REFERENCES municipalities;

-- The measures that a fund pays for; the days are those of the fund.
CREATE TABLE fund_measures (
    municipality_id int  NOT NULL,
    fund_id         uuid NOT NULL,
    measure_id      text NOT NULL,
    valid_from      date NOT NULL,
    valid_to        date NOT NULL,
    PRIMARY KEY (municipality_id, fund_id, measure_id),
    CONSTRAINT fund_measures_fund FOREIGN KEY (municipality_id, fund_id) REFERENCES funds,
    CONSTRAINT fund_measures_measure FOREIGN KEY (municipality_id, measure_id) REFERENCES measures
);
CREATE INDEX fund_measures_by_measure ON fund_measures (municipality_id, measure_id, valid_from);
INSERT INTO fund_measures SELECT municipality_id, id, measure_id, valid_from, valid_to FROM funds;

-- A measure has one fund on a day. The measure is locked, so that two funds that
-- are opened at once do not miss each other.
CREATE FUNCTION fund_measures_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM measures WHERE municipality_id = NEW.municipality_id AND id = NEW.measure_id FOR UPDATE;
    IF EXISTS (SELECT 1 FROM fund_measures o WHERE o.municipality_id = NEW.municipality_id AND o.measure_id = NEW.measure_id
        AND o.fund_id <> NEW.fund_id AND o.valid_from <= NEW.valid_to AND NEW.valid_from <= o.valid_to) THEN
        RAISE EXCEPTION 'the measure has another fund on some of these days' USING CONSTRAINT = 'fund_measures_apart', ERRCODE = '23P01';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fund_measures_apart BEFORE INSERT OR UPDATE ON fund_measures FOR EACH ROW EXECUTE FUNCTION fund_measures_apart();

-- A time in which families apply to a fund that is divided by a ranking.
CREATE TABLE fund_calls (
    municipality_id int    NOT NULL,
    id              uuid   NOT NULL,
    fund_id         uuid   NOT NULL,
    closes_on       date   NOT NULL,
    opened_by       uuid   NOT NULL,
    opened_at       timestamptz NOT NULL,
    decided_by      uuid,
    decided_at      timestamptz,
    budget_cents    bigint CHECK (budget_cents >= 0),
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT fund_calls_decided CHECK ((decided_at IS NULL) = (budget_cents IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT fund_calls_fund FOREIGN KEY (municipality_id, fund_id) REFERENCES funds
);
CREATE UNIQUE INDEX fund_calls_one_open ON fund_calls (municipality_id, fund_id) WHERE decided_at IS NULL;

-- A household asks a measure to pay some of a charge. What it is ranked by is
-- sealed: ISEE follows from it. place is where it stands among those who wait:
-- in the order of time, or of the ranking; decided is what the ranking granted.
CREATE TABLE fund_applications (
    municipality_id int    NOT NULL,
    id              uuid   NOT NULL,
    fund_id         uuid   NOT NULL,
    measure_id      text   NOT NULL,
    household_id    uuid   NOT NULL,
    charge_id       uuid   NOT NULL,
    call_id         uuid,
    asked_cents     bigint NOT NULL CHECK (asked_cents > 0),
    granted_cents   bigint NOT NULL DEFAULT 0,
    decided_cents   bigint,
    state           text   NOT NULL CHECK (state IN ('waiting', 'granted', 'partly', 'refused', 'withdrawn')),
    reason          text   NOT NULL DEFAULT '',
    place           bigint,
    key_version     int    NOT NULL,
    sealed          bytea  NOT NULL,
    applied_by      uuid   NOT NULL,
    applied_at      timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT fund_applications_granted CHECK (granted_cents BETWEEN 0 AND asked_cents AND decided_cents BETWEEN 0 AND asked_cents),
    CONSTRAINT fund_applications_fund FOREIGN KEY (municipality_id, fund_id, measure_id) REFERENCES fund_measures,
    CONSTRAINT fund_applications_household FOREIGN KEY (municipality_id, household_id) REFERENCES households,
    CONSTRAINT fund_applications_charge FOREIGN KEY (municipality_id, charge_id) REFERENCES charges,
    CONSTRAINT fund_applications_call FOREIGN KEY (municipality_id, call_id) REFERENCES fund_calls,
    CONSTRAINT fund_applications_key FOREIGN KEY (municipality_id, key_version) REFERENCES data_keys
);
CREATE UNIQUE INDEX fund_applications_once ON fund_applications (municipality_id, charge_id, measure_id) WHERE state IN ('waiting', 'granted', 'partly');
CREATE UNIQUE INDEX fund_applications_place ON fund_applications (municipality_id, fund_id, place) WHERE state IN ('waiting', 'partly');
CREATE INDEX fund_applications_by_fund ON fund_applications (municipality_id, fund_id, applied_at, id);
CREATE INDEX fund_applications_by_household ON fund_applications (municipality_id, household_id);
CREATE INDEX fund_applications_by_key ON fund_applications (municipality_id, key_version, id);

-- What of a fund is kept for a round or an application. It resolves once.
CREATE TABLE fund_holds (
    municipality_id int    NOT NULL,
    id              uuid   NOT NULL,
    fund_id         uuid   NOT NULL,
    measure_id      text   NOT NULL,
    round_id        uuid,
    application_id  uuid,
    household_id    uuid,
    amount_cents    bigint NOT NULL CHECK (amount_cents >= 0),
    committed_cents bigint NOT NULL DEFAULT 0,
    state           text   NOT NULL CHECK (state IN ('reserved', 'committed', 'released', 'expired')),
    made_at         timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    resolved_at     timestamptz,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT fund_holds_for CHECK ((round_id IS NULL) <> (application_id IS NULL) AND (application_id IS NULL) = (household_id IS NULL)),
    CONSTRAINT fund_holds_committed CHECK (committed_cents BETWEEN 0 AND amount_cents AND (state = 'committed') = (committed_cents > 0)),
    CONSTRAINT fund_holds_resolved CHECK ((state = 'reserved') = (resolved_at IS NULL)),
    CONSTRAINT fund_holds_fund FOREIGN KEY (municipality_id, fund_id, measure_id) REFERENCES fund_measures,
    CONSTRAINT fund_holds_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds,
    CONSTRAINT fund_holds_application FOREIGN KEY (municipality_id, application_id) REFERENCES fund_applications,
    CONSTRAINT fund_holds_household FOREIGN KEY (municipality_id, household_id) REFERENCES households
);
CREATE UNIQUE INDEX fund_holds_one_a_round ON fund_holds (municipality_id, round_id, measure_id) WHERE state = 'reserved' AND round_id IS NOT NULL;
CREATE UNIQUE INDEX fund_holds_one_an_application ON fund_holds (municipality_id, application_id) WHERE state = 'reserved' AND application_id IS NOT NULL;
CREATE INDEX fund_holds_by_round ON fund_holds (municipality_id, round_id) WHERE round_id IS NOT NULL;
CREATE INDEX fund_holds_by_application ON fund_holds (municipality_id, application_id) WHERE application_id IS NOT NULL;
CREATE INDEX fund_holds_open ON fund_holds (municipality_id, expires_at) WHERE state = 'reserved';

-- Every movement of a fund, numbered, with what its counters were after it.
CREATE TABLE fund_movements (
    municipality_id int    NOT NULL,
    fund_id         uuid   NOT NULL,
    number          bigint NOT NULL CHECK (number > 0),
    kind            text   NOT NULL CHECK (kind IN ('allocate', 'reserve', 'commit', 'pay', 'release', 'expire', 'return')),
    amount_cents    bigint NOT NULL CHECK (amount_cents > 0 OR kind = 'allocate' AND amount_cents < 0),
    hold_id         uuid,
    household_id    uuid,
    allocated_cents bigint NOT NULL,
    reserved_cents  bigint NOT NULL CHECK (reserved_cents >= 0),
    committed_cents bigint NOT NULL CHECK (committed_cents >= 0),
    paid_cents      bigint NOT NULL CHECK (paid_cents >= 0),
    transaction_id  uuid   NOT NULL,
    moved_by        uuid,
    moved_at        timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, fund_id, number),
    CONSTRAINT fund_movements_never_over CHECK (reserved_cents + committed_cents + paid_cents <= allocated_cents),
    CONSTRAINT fund_movements_fund FOREIGN KEY (municipality_id, fund_id) REFERENCES funds,
    CONSTRAINT fund_movements_hold FOREIGN KEY (municipality_id, hold_id) REFERENCES fund_holds,
    CONSTRAINT fund_movements_household FOREIGN KEY (municipality_id, household_id) REFERENCES households,
    CONSTRAINT fund_movements_transaction FOREIGN KEY (municipality_id, transaction_id) REFERENCES ledger_transactions
);
CREATE INDEX fund_movements_by_hold ON fund_movements (municipality_id, hold_id) WHERE hold_id IS NOT NULL;
CREATE TRIGGER fund_movements_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON fund_movements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An award is of a measure; of it the fund has paid some.
ALTER TABLE awards
    ADD COLUMN measure_id text,
    ADD COLUMN paid_cents bigint NOT NULL DEFAULT 0;
UPDATE awards a SET measure_id = f.measure_id FROM funds f WHERE f.municipality_id = a.municipality_id AND f.id = a.fund_id;
ALTER TABLE awards
    ALTER COLUMN measure_id SET NOT NULL,
    DROP CONSTRAINT awards_pkey,
    ADD PRIMARY KEY (municipality_id, demand_id, fund_id, measure_id),
    ADD CONSTRAINT awards_paid CHECK (paid_cents BETWEEN 0 AND amount_cents),
    ADD CONSTRAINT awards_measure FOREIGN KEY (municipality_id, fund_id, measure_id) REFERENCES fund_measures;
CREATE INDEX awards_by_fund ON awards (municipality_id, fund_id);

-- Of the subsidy of a charge, what was awarded after the round.
ALTER TABLE charges
    ADD COLUMN later_cents bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT charges_later CHECK (later_cents BETWEEN 0 AND subsidy_cents);

-- A receipt says what it said, whatever is awarded or taken back later.
ALTER TABLE payments ADD COLUMN subsidy_cents bigint NOT NULL DEFAULT 0 CHECK (subsidy_cents >= 0);
UPDATE payments y SET subsidy_cents = c.subsidy_cents FROM charges c
WHERE c.municipality_id = y.municipality_id AND c.id = y.charge_id AND y.receipt_number IS NOT NULL;

-- What rounds had reserved becomes their holds; every fund gets the movements that
-- led to its counters, and one entry in the ledger for all of them.
INSERT INTO fund_holds (municipality_id, id, fund_id, measure_id, round_id, amount_cents, committed_cents, state, made_at, expires_at, resolved_at)
SELECT r.municipality_id, gen_random_uuid(), r.fund_id, f.measure_id, r.round_id, r.amount_cents, coalesce(r.spent_cents, 0),
    CASE WHEN r.resolved_at IS NULL THEN 'reserved' WHEN r.spent_cents > 0 THEN 'committed' ELSE 'released' END,
    coalesce(o.closed_at, o.closes_at), greatest(o.closes_at, now()) + interval '60 days', r.resolved_at
FROM reservations r
JOIN funds f ON f.municipality_id = r.municipality_id AND f.id = r.fund_id
JOIN rounds o ON o.municipality_id = r.municipality_id AND o.id = r.round_id;
INSERT INTO ledger_accounts (municipality_id, id, kind, subject)
SELECT f.municipality_id, gen_random_uuid(), k.kind, f.id::text
FROM funds f CROSS JOIN (VALUES ('fund_appropriation'), ('fund_available'), ('fund_reserved'), ('fund_committed')) k (kind) WHERE f.allocated_cents > 0;
INSERT INTO ledger_transactions (municipality_id, id, kind, source_id, description, at)
SELECT f.municipality_id, gen_random_uuid(), 'fund_opening', f.id::text, 'Fund as it was before its movements were kept', m.published_at
FROM funds f JOIN measures m ON m.municipality_id = f.municipality_id AND m.id = f.measure_id WHERE f.allocated_cents > 0;
INSERT INTO ledger_postings (municipality_id, transaction_id, line, account_id, amount_cents)
SELECT f.municipality_id, t.id, row_number() OVER (PARTITION BY f.municipality_id, f.id ORDER BY k.kind), a.id, k.amount
FROM funds f
JOIN ledger_transactions t ON t.municipality_id = f.municipality_id AND t.kind = 'fund_opening' AND t.source_id = f.id::text
CROSS JOIN LATERAL (VALUES ('fund_appropriation', f.allocated_cents), ('fund_available', f.reserved_cents + f.committed_cents - f.allocated_cents),
    ('fund_reserved', -f.reserved_cents), ('fund_committed', -f.committed_cents)) k (kind, amount)
JOIN ledger_accounts a ON a.municipality_id = f.municipality_id AND a.kind = k.kind AND a.subject = f.id::text
WHERE k.amount <> 0;
INSERT INTO fund_movements (municipality_id, fund_id, number, kind, amount_cents, hold_id, household_id, allocated_cents, reserved_cents, committed_cents,
    paid_cents, transaction_id, moved_at)
SELECT e.municipality_id, e.fund_id, row_number() OVER w, e.kind, e.amount, e.hold_id, e.household_id,
    sum(CASE WHEN e.kind = 'allocate' THEN e.amount ELSE 0 END) OVER w,
    sum(CASE e.kind WHEN 'reserve' THEN e.amount WHEN 'allocate' THEN 0 ELSE -e.amount END) OVER w,
    sum(CASE WHEN e.kind = 'commit' THEN e.amount ELSE 0 END) OVER w, 0, t.id, e.at
FROM (
    SELECT f.municipality_id, f.id AS fund_id, 'allocate' AS kind, f.allocated_cents AS amount, NULL::uuid AS hold_id, NULL::uuid AS household_id,
        m.published_at AS at, 0 AS part, NULL::uuid AS demand_id
    FROM funds f JOIN measures m ON m.municipality_id = f.municipality_id AND m.id = f.measure_id
    UNION ALL
    SELECT h.municipality_id, h.fund_id, 'reserve', h.amount_cents, h.id, NULL, coalesce(h.resolved_at, h.made_at), 1, NULL FROM fund_holds h
    UNION ALL
    SELECT h.municipality_id, h.fund_id, 'commit', a.amount_cents, h.id, a.household_id, h.resolved_at, 2, a.demand_id
    FROM fund_holds h JOIN awards a ON a.municipality_id = h.municipality_id AND a.fund_id = h.fund_id AND a.round_id = h.round_id
    WHERE h.resolved_at IS NOT NULL
    UNION ALL
    SELECT h.municipality_id, h.fund_id, 'release', h.amount_cents - h.committed_cents, h.id, NULL, h.resolved_at, 3, NULL
    FROM fund_holds h WHERE h.resolved_at IS NOT NULL
) e
JOIN ledger_transactions t ON t.municipality_id = e.municipality_id AND t.kind = 'fund_opening' AND t.source_id = e.fund_id::text
LEFT JOIN fund_holds h ON h.municipality_id = e.municipality_id AND h.id = e.hold_id
WHERE e.amount <> 0
WINDOW w AS (PARTITION BY e.municipality_id, e.fund_id
    ORDER BY (e.hold_id IS NOT NULL), coalesce(h.resolved_at, 'infinity'), e.hold_id, e.part, e.demand_id ROWS UNBOUNDED PRECEDING);
UPDATE funds f SET movements = (SELECT count(*) FROM fund_movements m WHERE m.municipality_id = f.municipality_id AND m.fund_id = f.id);

DROP TABLE reservations;
ALTER TABLE funds DROP CONSTRAINT funds_one_a_year, DROP CONSTRAINT funds_measure, DROP COLUMN measure_id, DROP COLUMN year;
