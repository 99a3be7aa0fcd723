CREATE TABLE series (
    municipality_id int    NOT NULL REFERENCES municipalities,
    id              uuid   NOT NULL,
    name            text   NOT NULL CHECK (name <> ''),
    opens_on        text   NOT NULL,
    closes_on       text   NOT NULL,
    period          text   NOT NULL,
    categories      text[] NOT NULL,
    offers          text[] NOT NULL,
    community_id    uuid,
    starts_at       timestamptz NOT NULL,
    ends_at         timestamptz,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT series_community FOREIGN KEY (municipality_id, community_id) REFERENCES communities
);

CREATE TABLE rounds (
    municipality_id int   NOT NULL,
    id              uuid  NOT NULL,
    series_id       uuid  NOT NULL,
    name            text  NOT NULL,
    state           text  NOT NULL CHECK (state IN ('scheduled', 'open', 'closed', 'formed', 'charged', 'settled', 'void')),
    void_reason     text  NOT NULL DEFAULT '',
    community_id    uuid,
    opens_at        timestamptz NOT NULL,
    closes_at       timestamptz NOT NULL,
    pledge_version  bigint NOT NULL DEFAULT 0,
    snapshot        bytea,
    snapshot_sha256 text,
    formation       bytea,
    form_steps      int    NOT NULL DEFAULT 0,
    closed_at       timestamptz,
    formed_at       timestamptz,
    charged_at      timestamptz,
    settled_at      timestamptz,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT rounds_once_a_period UNIQUE (municipality_id, series_id, opens_at),
    CONSTRAINT rounds_open_before_close CHECK (opens_at < closes_at),
    CONSTRAINT rounds_frozen CHECK ((state IN ('scheduled', 'open', 'void')) OR (snapshot IS NOT NULL AND snapshot_sha256 IS NOT NULL)),
    CONSTRAINT rounds_series FOREIGN KEY (municipality_id, series_id) REFERENCES series,
    CONSTRAINT rounds_community FOREIGN KEY (municipality_id, community_id) REFERENCES communities
);
CREATE INDEX rounds_by_state ON rounds (municipality_id, state, closes_at);

-- Each step of a round happens once, whoever tries.
CREATE TABLE round_steps (
    municipality_id int  NOT NULL,
    round_id        uuid NOT NULL,
    step            text NOT NULL,
    done_at         timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, round_id, step),
    CONSTRAINT round_steps_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds
);

-- The terms of an offer as they were when the round opened.
CREATE TABLE round_offers (
    municipality_id int   NOT NULL,
    round_id        uuid  NOT NULL,
    offer_id        uuid  NOT NULL,
    terms           jsonb NOT NULL,
    PRIMARY KEY (municipality_id, round_id, offer_id),
    CONSTRAINT round_offers_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds,
    CONSTRAINT round_offers_offer FOREIGN KEY (municipality_id, offer_id) REFERENCES offers
);

CREATE TABLE demands (
    municipality_id int    NOT NULL,
    id              uuid   NOT NULL,
    round_id        uuid,
    household_id    uuid   NOT NULL,
    community_id    uuid   NOT NULL,
    category_id     text   NOT NULL,
    state           text   NOT NULL CHECK (state IN ('declared', 'pledged', 'withdrawn')),
    units           int    NOT NULL CHECK (units BETWEEN 1 AND 1000),
    weight          int    NOT NULL CHECK (weight BETWEEN 1 AND 1000000),
    slots           text[] NOT NULL,
    max_price_cents bigint CHECK (max_price_cents BETWEEN 1 AND 1000000000),
    max_distance_m  int    NOT NULL CHECK (max_distance_m BETWEEN 0 AND 1000000),
    method          text   NOT NULL,
    posted_at       timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT demands_pledge_is_whole CHECK (state = 'declared' OR (round_id IS NOT NULL AND max_price_cents IS NOT NULL AND cardinality(slots) > 0)),
    CONSTRAINT demands_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds,
    CONSTRAINT demands_household FOREIGN KEY (municipality_id, household_id) REFERENCES households,
    CONSTRAINT demands_community FOREIGN KEY (municipality_id, community_id) REFERENCES communities,
    CONSTRAINT demands_category FOREIGN KEY (municipality_id, category_id) REFERENCES categories
);
CREATE UNIQUE INDEX demands_pledged_once ON demands (municipality_id, round_id, household_id, community_id, category_id) WHERE state = 'pledged';
CREATE UNIQUE INDEX demands_declared_once ON demands (municipality_id, household_id, community_id, category_id) WHERE state = 'declared';
CREATE INDEX demands_by_round ON demands (municipality_id, round_id) WHERE state = 'pledged';
CREATE INDEX demands_by_household ON demands (municipality_id, household_id);

CREATE TABLE pools (
    municipality_id int    NOT NULL,
    id              uuid   NOT NULL,
    round_id        uuid   NOT NULL,
    name            text   NOT NULL,
    offer_id        uuid   NOT NULL,
    provider_id     uuid   NOT NULL,
    slot            text   NOT NULL,
    host_id         uuid   NOT NULL,
    size            int    NOT NULL CHECK (size > 0),
    cost_cents      bigint NOT NULL CHECK (cost_cents >= 0),
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT pools_name UNIQUE (municipality_id, round_id, name),
    CONSTRAINT pools_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds,
    CONSTRAINT pools_offer FOREIGN KEY (municipality_id, offer_id) REFERENCES offers,
    CONSTRAINT pools_host FOREIGN KEY (municipality_id, host_id) REFERENCES communities
);

CREATE INDEX pools_by_provider ON pools (municipality_id, provider_id);

CREATE TABLE pool_members (
    municipality_id int    NOT NULL,
    pool_id         uuid   NOT NULL,
    demand_id       uuid   NOT NULL,
    household_id    uuid   NOT NULL,
    units           int    NOT NULL,
    slots           text[] NOT NULL,
    share_cents     bigint NOT NULL CHECK (share_cents >= 0),
    subsidy_cents   bigint NOT NULL CHECK (subsidy_cents >= 0 AND subsidy_cents <= share_cents),
    measure_id      text,
    odd_cent        boolean NOT NULL,
    PRIMARY KEY (municipality_id, pool_id, demand_id),
    CONSTRAINT pool_members_one_pool UNIQUE (municipality_id, demand_id),
    CONSTRAINT pool_members_pool FOREIGN KEY (municipality_id, pool_id) REFERENCES pools,
    CONSTRAINT pool_members_demand FOREIGN KEY (municipality_id, demand_id) REFERENCES demands,
    CONSTRAINT pool_members_household FOREIGN KEY (municipality_id, household_id) REFERENCES households
);

-- Why each demand of a round is in its pool, or in none.
CREATE TABLE outcomes (
    municipality_id int   NOT NULL,
    round_id        uuid  NOT NULL,
    demand_id       uuid  NOT NULL,
    code            text  NOT NULL,
    outcome         jsonb NOT NULL,
    PRIMARY KEY (municipality_id, round_id, demand_id),
    CONSTRAINT outcomes_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds,
    CONSTRAINT outcomes_demand FOREIGN KEY (municipality_id, demand_id) REFERENCES demands
);

-- What of a fund is promised to a closing round, until charges are issued.
CREATE TABLE reservations (
    municipality_id int    NOT NULL,
    fund_id         uuid   NOT NULL,
    round_id        uuid   NOT NULL,
    amount_cents    bigint NOT NULL CHECK (amount_cents >= 0),
    spent_cents     bigint CHECK (spent_cents BETWEEN 0 AND amount_cents),
    resolved_at     timestamptz,
    PRIMARY KEY (municipality_id, fund_id, round_id),
    CONSTRAINT reservations_resolved CHECK ((spent_cents IS NULL) = (resolved_at IS NULL)),
    CONSTRAINT reservations_fund FOREIGN KEY (municipality_id, fund_id) REFERENCES funds,
    CONSTRAINT reservations_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds
);
