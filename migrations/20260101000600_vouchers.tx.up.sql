-- A file of vouchers that an officer imported; its vouchers count from the
-- moment it is confirmed.
CREATE TABLE voucher_batches (
    municipality_id int    NOT NULL REFERENCES municipalities,
    id              uuid   NOT NULL,
    file_name       text   NOT NULL,
    sha256          text   NOT NULL,
    imported_by     uuid   NOT NULL,
    imported_at     timestamptz NOT NULL,
    confirmed_at    timestamptz,
    vouchers        int    NOT NULL CHECK (vouchers > 0),
    total_cents     bigint NOT NULL CHECK (total_cents > 0),
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT voucher_batches_officer FOREIGN KEY (municipality_id, imported_by) REFERENCES users
);
-- The next import of an officer replaces the one that was not confirmed.
CREATE UNIQUE INDEX voucher_batches_one_open ON voucher_batches (municipality_id, imported_by) WHERE confirmed_at IS NULL;

-- The call (bando) that grants vouchers, by its code in the files; there from the
-- first file of it that is confirmed.
CREATE TABLE voucher_calls (
    municipality_id int  NOT NULL REFERENCES municipalities,
    id              uuid NOT NULL,
    code            text NOT NULL CHECK (code <> ''),
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT voucher_calls_code UNIQUE (municipality_id, code)
);

-- Where vouchers of a call may pay: every offer of a category, or one offer.
CREATE TABLE category_calls (
    municipality_id int  NOT NULL,
    category_id     text NOT NULL,
    call_id         uuid NOT NULL,
    PRIMARY KEY (municipality_id, category_id, call_id),
    CONSTRAINT category_calls_category FOREIGN KEY (municipality_id, category_id) REFERENCES categories,
    CONSTRAINT category_calls_call FOREIGN KEY (municipality_id, call_id) REFERENCES voucher_calls
);
CREATE TABLE offer_calls (
    municipality_id int  NOT NULL,
    offer_id        uuid NOT NULL,
    call_id         uuid NOT NULL,
    PRIMARY KEY (municipality_id, offer_id, call_id),
    CONSTRAINT offer_calls_offer FOREIGN KEY (municipality_id, offer_id) REFERENCES offers,
    CONSTRAINT offer_calls_call FOREIGN KEY (municipality_id, call_id) REFERENCES voucher_calls
);

-- used_cents is what registered and accounted uses sum to: the first lock
-- against overspending is the guarded UPDATE, the second this CHECK.
CREATE TABLE vouchers (
    municipality_id int    NOT NULL,
    id              uuid   NOT NULL,
    batch_id        uuid   NOT NULL,
    line            int    NOT NULL CHECK (line > 0),
    code            text   NOT NULL CHECK (code <> ''),
    call_code       text   NOT NULL CHECK (call_code <> ''),
    valid_from      date,
    valid_to        date,
    given_name      text   NOT NULL,
    family_name     text   NOT NULL,
    holder          text   NOT NULL CHECK (holder <> ''),
    data_kind       text   NOT NULL,
    minor           text   NOT NULL,
    amount_cents    bigint NOT NULL CHECK (amount_cents BETWEEN 1 AND 1000000000),
    used_cents      bigint NOT NULL DEFAULT 0,
    email           text   NOT NULL,
    phone           text   NOT NULL,
    state           text   NOT NULL CHECK (state IN ('imported', 'active', 'annulled')),
    state_at        timestamptz NOT NULL,
    state_by        uuid   NOT NULL,
    state_reason    text   NOT NULL DEFAULT '',
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT vouchers_never_overspent CHECK (used_cents BETWEEN 0 AND amount_cents),
    CONSTRAINT vouchers_period CHECK (valid_to >= valid_from),
    CONSTRAINT vouchers_minor CHECK ((minor = '') = (data_kind = '')),
    CONSTRAINT vouchers_code_once_a_file UNIQUE (municipality_id, batch_id, code),
    CONSTRAINT vouchers_batch FOREIGN KEY (municipality_id, batch_id) REFERENCES voucher_batches
);
CREATE UNIQUE INDEX vouchers_code ON vouchers (municipality_id, code) WHERE state <> 'imported';
CREATE INDEX vouchers_by_holder ON vouchers (municipality_id, holder) WHERE state <> 'imported';
CREATE INDEX vouchers_by_call ON vouchers (municipality_id, call_code);

-- In which order a household's vouchers pay for its place in a pool.
CREATE TABLE voucher_orders (
    municipality_id int    NOT NULL,
    pool_id         uuid   NOT NULL,
    household_id    uuid   NOT NULL,
    vouchers        uuid[] NOT NULL,
    declared_by     uuid   NOT NULL,
    declared_at     timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, pool_id, household_id),
    CONSTRAINT voucher_orders_pool FOREIGN KEY (municipality_id, pool_id) REFERENCES pools,
    CONSTRAINT voucher_orders_household FOREIGN KEY (municipality_id, household_id) REFERENCES households,
    CONSTRAINT voucher_orders_user FOREIGN KEY (municipality_id, declared_by) REFERENCES users
);

-- The uses that the Comune accounted together. The key is that of the form that
-- asked, so that a form sent twice makes one statement.
CREATE TABLE voucher_statements (
    municipality_id int    NOT NULL REFERENCES municipalities,
    id              uuid   NOT NULL,
    number          text   NOT NULL,
    request_key     text   NOT NULL,
    made_by         uuid   NOT NULL,
    made_at         timestamptz NOT NULL,
    uses            int    NOT NULL CHECK (uses > 0),
    total_cents     bigint NOT NULL CHECK (total_cents > 0),
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT voucher_statements_number UNIQUE (municipality_id, number),
    CONSTRAINT voucher_statements_key UNIQUE (municipality_id, request_key)
);

-- Whom a statement reimburses, with the account as it was on that day.
CREATE TABLE voucher_statement_providers (
    municipality_id int    NOT NULL,
    statement_id    uuid   NOT NULL,
    provider_id     uuid   NOT NULL,
    name            text   NOT NULL,
    tax_code        text   NOT NULL,
    iban            text   NOT NULL,
    uses            int    NOT NULL CHECK (uses > 0),
    total_cents     bigint NOT NULL CHECK (total_cents > 0),
    PRIMARY KEY (municipality_id, statement_id, provider_id),
    CONSTRAINT voucher_statement_providers_statement FOREIGN KEY (municipality_id, statement_id) REFERENCES voucher_statements,
    CONSTRAINT voucher_statement_providers_provider FOREIGN KEY (municipality_id, provider_id) REFERENCES providers
);

CREATE TABLE voucher_uses (
    municipality_id int    NOT NULL,
    id              uuid   NOT NULL,
    voucher_id      uuid   NOT NULL,
    charge_id       uuid   NOT NULL,
    amount_cents    bigint NOT NULL CHECK (amount_cents > 0),
    state           text   NOT NULL CHECK (state IN ('registered', 'reversed', 'accounted', 'payment_error')),
    used_at         timestamptz NOT NULL,
    used_by         uuid   NOT NULL,
    ended_at        timestamptz,
    ended_by        uuid,
    reason          text   NOT NULL DEFAULT '',
    statement_id    uuid,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT voucher_uses_ended CHECK ((state = 'registered') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)),
    CONSTRAINT voucher_uses_accounted CHECK ((state = 'accounted') = (statement_id IS NOT NULL)),
    CONSTRAINT voucher_uses_voucher FOREIGN KEY (municipality_id, voucher_id) REFERENCES vouchers,
    CONSTRAINT voucher_uses_charge FOREIGN KEY (municipality_id, charge_id) REFERENCES charges,
    CONSTRAINT voucher_uses_statement FOREIGN KEY (municipality_id, statement_id) REFERENCES voucher_statements
);
CREATE INDEX voucher_uses_by_voucher ON voucher_uses (municipality_id, voucher_id);
CREATE INDEX voucher_uses_by_charge ON voucher_uses (municipality_id, charge_id);
CREATE INDEX voucher_uses_by_statement ON voucher_uses (municipality_id, statement_id) WHERE statement_id IS NOT NULL;
CREATE INDEX voucher_uses_registered ON voucher_uses (municipality_id, used_at) WHERE state = 'registered';

-- What vouchers pay of a charge, and of it what its receipts say.
ALTER TABLE charges
    ADD COLUMN voucher_cents bigint NOT NULL DEFAULT 0,
    ADD CONSTRAINT charges_voucher CHECK (voucher_cents BETWEEN 0 AND net_cents);
ALTER TABLE payments ADD COLUMN voucher_cents bigint NOT NULL DEFAULT 0 CHECK (voucher_cents >= 0);
