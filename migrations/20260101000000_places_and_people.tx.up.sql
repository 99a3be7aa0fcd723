CREATE TABLE municipalities (
    id    int  PRIMARY KEY,
    name  text NOT NULL
);

CREATE TABLE categories (
    municipality_id int  NOT NULL REFERENCES municipalities,
    id              text NOT NULL,
    parent_id       text,
    name            text NOT NULL,
    unit            text NOT NULL,
    position        int  NOT NULL,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT categories_parent FOREIGN KEY (municipality_id, parent_id) REFERENCES categories
);

CREATE TABLE communities (
    municipality_id int    NOT NULL REFERENCES municipalities,
    id              uuid   NOT NULL,
    kind            text   NOT NULL CHECK (kind IN ('condominium', 'school', 'neighbourhood')),
    name            text   NOT NULL CHECK (name <> ''),
    address         text   NOT NULL,
    district_id     int    NOT NULL,
    quarter_id      int    NOT NULL,
    x_m             bigint NOT NULL CHECK (abs(x_m) <= 100000000),
    y_m             bigint NOT NULL CHECK (abs(y_m) <= 100000000),
    parent_id       uuid,
    code            text   NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT communities_code UNIQUE (municipality_id, code),
    CONSTRAINT communities_name UNIQUE (municipality_id, name, address),
    CONSTRAINT communities_parent FOREIGN KEY (municipality_id, parent_id) REFERENCES communities
);

CREATE TABLE households (
    municipality_id int  NOT NULL REFERENCES municipalities,
    id              uuid NOT NULL,
    name            text NOT NULL CHECK (name <> ''),
    odd_cents       int  NOT NULL DEFAULT 0 CHECK (odd_cents >= 0),
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, id)
);

CREATE TABLE persons (
    municipality_id int  NOT NULL,
    id              uuid NOT NULL,
    household_id    uuid NOT NULL,
    given_name      text NOT NULL,
    family_name     text NOT NULL,
    tax_code        text NOT NULL,
    email           text NOT NULL,
    phone           text NOT NULL,
    role            text NOT NULL CHECK (role IN ('holder', 'adult', 'child', 'cared')),
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT persons_household FOREIGN KEY (municipality_id, household_id) REFERENCES households
);
CREATE INDEX persons_by_household ON persons (municipality_id, household_id);

CREATE TABLE memberships (
    municipality_id   int  NOT NULL,
    community_id      uuid NOT NULL,
    household_id      uuid NOT NULL,
    unit_key          text NOT NULL,
    unit_label        text NOT NULL,
    staircase         text NOT NULL,
    floor             text NOT NULL,
    millesimi         numeric(8, 4) CHECK (millesimi > 0 AND millesimi <= 1000),
    residents         int  NOT NULL CHECK (residents >= 0),
    joined_at         timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, community_id, household_id, unit_key),
    CONSTRAINT memberships_unit_once UNIQUE (municipality_id, community_id, unit_key),
    CONSTRAINT memberships_community FOREIGN KEY (municipality_id, community_id) REFERENCES communities,
    CONSTRAINT memberships_household FOREIGN KEY (municipality_id, household_id) REFERENCES households
);
CREATE INDEX memberships_by_household ON memberships (municipality_id, household_id);

CREATE TABLE imports (
    municipality_id int  NOT NULL,
    id              uuid NOT NULL,
    community_id    uuid NOT NULL,
    file_name       text NOT NULL,
    sha256          text NOT NULL,
    actor_id        uuid,
    created_rows    int  NOT NULL,
    updated_rows    int  NOT NULL,
    imported_at     timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT imports_community FOREIGN KEY (municipality_id, community_id) REFERENCES communities
);

CREATE TABLE users (
    municipality_id int  NOT NULL REFERENCES municipalities,
    id              uuid NOT NULL,
    email           text NOT NULL CHECK (email = lower(email)),
    name            text NOT NULL,
    household_id    uuid,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT users_email UNIQUE (municipality_id, email),
    CONSTRAINT users_household FOREIGN KEY (municipality_id, household_id) REFERENCES households
);

CREATE TABLE grants (
    municipality_id int  NOT NULL,
    id              uuid NOT NULL,
    user_id         uuid NOT NULL,
    role            text NOT NULL CHECK (role IN ('delegate', 'provider', 'officer', 'operator')),
    community_id    uuid,
    provider_id     uuid,
    valid_from      timestamptz NOT NULL,
    valid_to        timestamptz,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT grants_period CHECK (valid_to IS NULL OR valid_to > valid_from),
    CONSTRAINT grants_user FOREIGN KEY (municipality_id, user_id) REFERENCES users,
    CONSTRAINT grants_community FOREIGN KEY (municipality_id, community_id) REFERENCES communities
);
CREATE INDEX grants_by_user ON grants (municipality_id, user_id);
CREATE INDEX grants_by_community ON grants (municipality_id, community_id) WHERE community_id IS NOT NULL;

CREATE TABLE login_links (
    municipality_id int   NOT NULL,
    token_sha256    bytea NOT NULL,
    user_id         uuid  NOT NULL,
    next_path       text  NOT NULL,
    expires_at      timestamptz NOT NULL,
    used_at         timestamptz,
    PRIMARY KEY (municipality_id, token_sha256),
    CONSTRAINT login_links_user FOREIGN KEY (municipality_id, user_id) REFERENCES users
);

CREATE TABLE sessions (
    token      text  PRIMARY KEY,
    data       bytea NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE messages (
    municipality_id int  NOT NULL REFERENCES municipalities,
    id              uuid NOT NULL,
    recipient       text NOT NULL,
    subject         text NOT NULL,
    body            text NOT NULL,
    created_at      timestamptz NOT NULL,
    sent_at         timestamptz,
    PRIMARY KEY (municipality_id, id)
);
CREATE INDEX messages_latest ON messages (municipality_id, created_at DESC);

CREATE TABLE audit (
    municipality_id int  NOT NULL REFERENCES municipalities,
    id              uuid NOT NULL,
    at              timestamptz NOT NULL,
    user_id         uuid,
    act             text NOT NULL,
    subject         text NOT NULL,
    detail          jsonb NOT NULL,
    PRIMARY KEY (municipality_id, id)
);

-- The audit log and the ledger are written once.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append_only: % is never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END;
$$;

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
