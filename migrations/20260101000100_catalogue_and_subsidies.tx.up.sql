CREATE TABLE providers (
    municipality_id int   NOT NULL REFERENCES municipalities,
    id              uuid  NOT NULL,
    name            text  NOT NULL CHECK (name <> ''),
    tax_code        text  NOT NULL,
    vat_number      text  NOT NULL,
    iban            text  NOT NULL,
    email           text  NOT NULL,
    address         text  NOT NULL,
    stamp_exempt    boolean NOT NULL,
    staff           jsonb NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT providers_tax_code UNIQUE (municipality_id, tax_code)
);
ALTER TABLE grants ADD CONSTRAINT grants_provider
    FOREIGN KEY (municipality_id, provider_id) REFERENCES providers;

CREATE TABLE qualifications (
    municipality_id int  NOT NULL,
    provider_id     uuid NOT NULL,
    category_id     text NOT NULL,
    decided_on      date NOT NULL,
    PRIMARY KEY (municipality_id, provider_id, category_id),
    CONSTRAINT qualifications_provider FOREIGN KEY (municipality_id, provider_id) REFERENCES providers,
    CONSTRAINT qualifications_category FOREIGN KEY (municipality_id, category_id) REFERENCES categories
);

CREATE TABLE offers (
    municipality_id int   NOT NULL,
    id              uuid  NOT NULL,
    provider_id     uuid  NOT NULL,
    category_id     text  NOT NULL,
    title           text  NOT NULL,
    description     text  NOT NULL,
    period          text  NOT NULL,
    meetings        int   NOT NULL,
    terms           jsonb NOT NULL,
    published_at    timestamptz NOT NULL,
    withdrawn_at    timestamptz,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT offers_provider FOREIGN KEY (municipality_id, provider_id) REFERENCES providers,
    CONSTRAINT offers_category FOREIGN KEY (municipality_id, category_id) REFERENCES categories,
    CONSTRAINT offers_qualified FOREIGN KEY (municipality_id, provider_id, category_id) REFERENCES qualifications
);

CREATE TABLE measures (
    municipality_id int  NOT NULL REFERENCES municipalities,
    id              text NOT NULL,
    name            text NOT NULL,
    yaml            text NOT NULL,
    published_at    timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, id)
);

-- cap, reserved and spent: reserved money is promised to a round that is
-- closing, spent money is awarded to households.
CREATE TABLE funds (
    municipality_id int    NOT NULL,
    id              uuid   NOT NULL,
    measure_id      text   NOT NULL,
    year            int    NOT NULL,
    cap_cents       bigint NOT NULL CHECK (cap_cents >= 0),
    reserved_cents  bigint NOT NULL DEFAULT 0 CHECK (reserved_cents >= 0),
    spent_cents     bigint NOT NULL DEFAULT 0 CHECK (spent_cents >= 0),
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT funds_one_a_year UNIQUE (municipality_id, measure_id, year),
    CONSTRAINT funds_never_overspent CHECK (reserved_cents + spent_cents <= cap_cents),
    CONSTRAINT funds_measure FOREIGN KEY (municipality_id, measure_id) REFERENCES measures
);

CREATE TABLE isee_certificates (
    municipality_id int    NOT NULL,
    id              uuid   NOT NULL,
    household_id    uuid   NOT NULL,
    kind            text   NOT NULL,
    value_cents     bigint NOT NULL CHECK (value_cents >= 0),
    protocol        text   NOT NULL,
    valid_from      date   NOT NULL,
    valid_to        date   NOT NULL,
    recorded_at     timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT isee_period CHECK (valid_to >= valid_from),
    CONSTRAINT isee_protocol UNIQUE (municipality_id, protocol),
    CONSTRAINT isee_household FOREIGN KEY (municipality_id, household_id) REFERENCES households
);
CREATE INDEX isee_by_household ON isee_certificates (municipality_id, household_id);
