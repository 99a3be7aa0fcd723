-- What the bank says about the collecting account, a statement each time.
CREATE TABLE bank_statements (
    municipality_id int    NOT NULL REFERENCES municipalities,
    id              uuid   NOT NULL,
    account         text   NOT NULL CHECK (account <> ''),
    statement       text   NOT NULL CHECK (statement <> ''),
    number          text   NOT NULL,
    made_at         timestamptz NOT NULL,
    opening_on      date   NOT NULL,
    opening_cents   bigint NOT NULL,
    closing_on      date   NOT NULL,
    closing_cents   bigint NOT NULL,
    entries         int    NOT NULL CHECK (entries >= 0),
    file_name       text   NOT NULL,
    imported_by     uuid   NOT NULL,
    imported_at     timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT bank_statements_once UNIQUE (municipality_id, account, statement, closing_on),
    CONSTRAINT bank_statements_user FOREIGN KEY (municipality_id, imported_by) REFERENCES users
);

-- Each booked movement once, however many files hold it: entry_key is the same in
-- all of them. The payer's account is kept masked only.
CREATE TABLE bank_entries (
    municipality_id int    NOT NULL,
    id              uuid   NOT NULL,
    statement_id    uuid   NOT NULL,
    account         text   NOT NULL,
    entry_key       text   NOT NULL,
    amount_cents    bigint NOT NULL CHECK (amount_cents <> 0 AND abs(amount_cents) <= 100000000000),
    reversal        boolean NOT NULL,
    fee             boolean NOT NULL,
    booked_on       date   NOT NULL,
    value_on        date,
    bank_reference  text   NOT NULL,
    end_to_end      text   NOT NULL,
    creditor_references text[] NOT NULL,
    remittance      text   NOT NULL,
    name            text   NOT NULL,
    iban_masked     text   NOT NULL CHECK (length(iban_masked) <= 14),
    state           text   NOT NULL CHECK (state IN ('booked', 'matched', 'returned', 'set_aside')),
    reverses_id     uuid,
    note            text   NOT NULL DEFAULT '',
    decided_by      uuid,
    decided_at      timestamptz,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT bank_entries_once UNIQUE (municipality_id, account, entry_key),
    CONSTRAINT bank_entries_reversed_once UNIQUE (municipality_id, reverses_id),
    CONSTRAINT bank_entries_decided CHECK ((state = 'booked') = (decided_at IS NULL)),
    CONSTRAINT bank_entries_statement FOREIGN KEY (municipality_id, statement_id) REFERENCES bank_statements,
    CONSTRAINT bank_entries_reverses FOREIGN KEY (municipality_id, reverses_id) REFERENCES bank_entries,
    CONSTRAINT bank_entries_user FOREIGN KEY (municipality_id, decided_by) REFERENCES users
);
CREATE INDEX bank_entries_by_statement ON bank_entries (municipality_id, statement_id);
CREATE INDEX bank_entries_booked ON bank_entries (municipality_id, booked_on) WHERE state = 'booked';
CREATE INDEX bank_entries_by_amount ON bank_entries (municipality_id, amount_cents);

-- Which movement brought the money of a payment; none for what a person recorded.
ALTER TABLE payments
    ADD COLUMN entry_id uuid,
    ADD CONSTRAINT payments_entry FOREIGN KEY (municipality_id, entry_id) REFERENCES bank_entries;
CREATE INDEX payments_by_entry ON payments (municipality_id, entry_id) WHERE entry_id IS NOT NULL;

-- A household's credit may pay a charge: that is a payment, too.
ALTER TABLE payments
    DROP CONSTRAINT payments_method_check,
    ADD CONSTRAINT payments_method_check CHECK (method IN ('card', 'transfer', 'credit', 'cash', 'pos')),
    ADD COLUMN space_id text,
    ADD COLUMN till_number text,
    ADD CONSTRAINT payments_till UNIQUE (municipality_id, space_id, till_number),
    ADD CONSTRAINT payments_at_space CHECK ((method IN ('cash', 'pos')) = (space_id IS NOT NULL) AND (space_id IS NULL) = (till_number IS NULL));
CREATE INDEX payments_by_credit ON payments (municipality_id, household_id) WHERE method = 'credit';
