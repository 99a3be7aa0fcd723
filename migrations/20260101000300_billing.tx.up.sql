-- Numbers without gaps: the row is locked by the transaction that takes one.
CREATE TABLE counters (
    municipality_id int    NOT NULL REFERENCES municipalities,
    name            text   NOT NULL,
    year            int    NOT NULL,
    last            bigint NOT NULL,
    PRIMARY KEY (municipality_id, name, year)
);

CREATE TABLE charges (
    municipality_id int    NOT NULL,
    id              uuid   NOT NULL,
    number          text   NOT NULL,
    round_id        uuid   NOT NULL,
    pool_id         uuid   NOT NULL,
    demand_id       uuid   NOT NULL,
    household_id    uuid   NOT NULL,
    provider_id     uuid   NOT NULL,
    description     text   NOT NULL,
    share_cents     bigint NOT NULL CHECK (share_cents >= 0),
    subsidy_cents   bigint NOT NULL CHECK (subsidy_cents >= 0),
    net_cents       bigint NOT NULL CHECK (net_cents >= 0),
    state           text   NOT NULL CHECK (state IN ('open', 'paid', 'void', 'written_off')),
    reference       text   NOT NULL,
    issued_at       timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    paid_at         timestamptz,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT charges_number UNIQUE (municipality_id, number),
    CONSTRAINT charges_reference UNIQUE (municipality_id, reference),
    CONSTRAINT charges_one_per_demand UNIQUE (municipality_id, demand_id),
    CONSTRAINT charges_net CHECK (share_cents - subsidy_cents = net_cents),
    CONSTRAINT charges_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds,
    CONSTRAINT charges_member FOREIGN KEY (municipality_id, pool_id, demand_id) REFERENCES pool_members,
    CONSTRAINT charges_household FOREIGN KEY (municipality_id, household_id) REFERENCES households,
    CONSTRAINT charges_provider FOREIGN KEY (municipality_id, provider_id) REFERENCES providers
);
CREATE INDEX charges_by_household ON charges (municipality_id, household_id);
CREATE INDEX charges_by_round ON charges (municipality_id, round_id);
CREATE INDEX charges_by_pool ON charges (municipality_id, pool_id);
CREATE INDEX charges_open ON charges (municipality_id, issued_at) WHERE state = 'open';

CREATE TABLE awards (
    municipality_id int    NOT NULL,
    demand_id       uuid   NOT NULL,
    fund_id         uuid   NOT NULL,
    round_id        uuid   NOT NULL,
    household_id    uuid   NOT NULL,
    amount_cents    bigint NOT NULL CHECK (amount_cents > 0),
    awarded_at      timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, demand_id, fund_id),
    CONSTRAINT awards_demand FOREIGN KEY (municipality_id, demand_id) REFERENCES demands,
    CONSTRAINT awards_fund FOREIGN KEY (municipality_id, fund_id) REFERENCES funds,
    CONSTRAINT awards_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds
);

-- A card payment is a row, with the key of its call to Stripe, before the call.
CREATE TABLE payments (
    municipality_id int    NOT NULL,
    id              uuid   NOT NULL,
    charge_id       uuid   NOT NULL,
    household_id    uuid   NOT NULL,
    method          text   NOT NULL CHECK (method IN ('card', 'transfer')),
    amount_cents    bigint NOT NULL CHECK (amount_cents > 0),
    state           text   NOT NULL CHECK (state IN ('pending', 'unknown', 'failed', 'succeeded', 'reversed')),
    session_id      text,
    checkout_url    text   NOT NULL,
    intent_id       text   NOT NULL,
    note            text   NOT NULL,
    recorded_by     uuid,
    created_at      timestamptz NOT NULL,
    received_at     timestamptz,
    receipt_number  text,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT payments_receipt UNIQUE (municipality_id, receipt_number),
    CONSTRAINT payments_session UNIQUE (municipality_id, session_id),
    CONSTRAINT payments_received CHECK ((state IN ('succeeded', 'reversed')) = (received_at IS NOT NULL)),
    CONSTRAINT payments_charge FOREIGN KEY (municipality_id, charge_id) REFERENCES charges,
    CONSTRAINT payments_household FOREIGN KEY (municipality_id, household_id) REFERENCES households
);
CREATE UNIQUE INDEX payments_one_card_at_a_time ON payments (municipality_id, charge_id) WHERE state IN ('pending', 'unknown');
CREATE INDEX payments_by_charge ON payments (municipality_id, charge_id);

-- Signed events of Stripe, raw, each once.
CREATE TABLE stripe_events (
    municipality_id int   NOT NULL REFERENCES municipalities,
    id              text  NOT NULL,
    type            text  NOT NULL,
    payload         bytea NOT NULL,
    received_at     timestamptz NOT NULL,
    worked_at       timestamptz,
    effect          text  NOT NULL DEFAULT '',
    PRIMARY KEY (municipality_id, id)
);

CREATE TABLE ledger_accounts (
    municipality_id int  NOT NULL REFERENCES municipalities,
    id              uuid NOT NULL,
    kind            text NOT NULL,
    subject         text NOT NULL,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT ledger_accounts_once UNIQUE (municipality_id, kind, subject)
);

CREATE TABLE ledger_transactions (
    municipality_id int  NOT NULL REFERENCES municipalities,
    id              uuid NOT NULL,
    kind            text NOT NULL,
    source_id       text NOT NULL,
    reverses_id     uuid,
    description     text NOT NULL,
    at              timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT ledger_source_once UNIQUE (municipality_id, kind, source_id),
    CONSTRAINT ledger_reversed_once UNIQUE (municipality_id, reverses_id),
    CONSTRAINT ledger_reverses FOREIGN KEY (municipality_id, reverses_id) REFERENCES ledger_transactions
);

-- Debits are positive, credits negative.
CREATE TABLE ledger_postings (
    municipality_id int    NOT NULL,
    transaction_id  uuid   NOT NULL,
    line            int    NOT NULL,
    account_id      uuid   NOT NULL,
    amount_cents    bigint NOT NULL CHECK (amount_cents <> 0 AND abs(amount_cents) <= 100000000000),
    PRIMARY KEY (municipality_id, transaction_id, line),
    CONSTRAINT ledger_postings_transaction FOREIGN KEY (municipality_id, transaction_id) REFERENCES ledger_transactions,
    CONSTRAINT ledger_postings_account FOREIGN KEY (municipality_id, account_id) REFERENCES ledger_accounts
);
CREATE INDEX ledger_postings_by_account ON ledger_postings (municipality_id, account_id);

-- A second lock behind billing/ledger: at the end of the database transaction
-- every ledger transaction has at least two postings that sum to zero.
CREATE FUNCTION ledger_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found_sum  bigint;
    found_rows int;
    wanted     uuid := CASE TG_TABLE_NAME WHEN 'ledger_postings' THEN (to_jsonb(NEW) ->> 'transaction_id')::uuid ELSE (to_jsonb(NEW) ->> 'id')::uuid END;
BEGIN
    SELECT coalesce(sum(amount_cents), 0), count(*) INTO found_sum, found_rows
    FROM ledger_postings WHERE municipality_id = NEW.municipality_id AND transaction_id = wanted;
    IF found_sum <> 0 OR found_rows < 2 THEN
        RAISE EXCEPTION 'ledger_unbalanced: transaction % has % postings that sum to % cents', wanted, found_rows, found_sum
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END;
$$;

CREATE CONSTRAINT TRIGGER ledger_postings_balanced AFTER INSERT ON ledger_postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_sums_to_zero();
CREATE CONSTRAINT TRIGGER ledger_transactions_balanced AFTER INSERT ON ledger_transactions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_sums_to_zero();
CREATE TRIGGER ledger_postings_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_postings
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_transactions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transactions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
