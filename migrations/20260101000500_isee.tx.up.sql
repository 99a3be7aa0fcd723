-- The data keys of a municipality, each wrapped by a master key that is not in
-- the database. One is active; one may still be leaving; of those that left
-- nothing but the number stays.
CREATE TABLE data_keys (
    municipality_id int   NOT NULL REFERENCES municipalities,
    version         int   NOT NULL CHECK (version >= 1),
    state           text  NOT NULL CHECK (state IN ('active', 'leaving', 'retired')),
    master_id       text,
    wrapped         bytea,
    created_at      timestamptz NOT NULL,
    retired_at      timestamptz,
    PRIMARY KEY (municipality_id, version),
    CONSTRAINT data_keys_retired CHECK ((state = 'retired') = (retired_at IS NOT NULL)
        AND (state = 'retired') = (wrapped IS NULL) AND (state = 'retired') = (master_id IS NULL))
);
CREATE UNIQUE INDEX data_keys_one_active ON data_keys (municipality_id) WHERE state = 'active';
CREATE UNIQUE INDEX data_keys_one_leaving ON data_keys (municipality_id) WHERE state = 'leaving';

-- SQL cannot encrypt: certificates that were stored in clear wait here until the
-- program seals them when it next starts, and then the table goes.
ALTER TABLE isee_certificates RENAME TO isee_plain;
ALTER TABLE isee_plain RENAME CONSTRAINT isee_certificates_pkey TO isee_plain_pkey;
ALTER TABLE isee_plain DROP CONSTRAINT isee_protocol, DROP CONSTRAINT isee_period, DROP CONSTRAINT isee_household;
DROP INDEX isee_by_household;

-- What income follows from (value, protocol, people, scale, notes, reason of a
-- refusal) is sealed; the rest says whose it is and when it counts. protocol_mac
-- is a keyed hash: it keeps a protocol unique and tells nothing of it.
CREATE TABLE isee_certificates (
    municipality_id int    NOT NULL,
    id              uuid   NOT NULL,
    household_id    uuid   NOT NULL,
    kind            text   NOT NULL CHECK (kind IN ('ordinario', 'minorenni', 'sociosanitario', 'sociosanitario-residenze', 'universita', 'corrente')),
    supersedes      text[] NOT NULL,
    calculation     text   NOT NULL CHECK (calculation IN ('ordinario', 'prestazioni')),
    dsu_on          date   NOT NULL,
    valid_from      date   NOT NULL,
    valid_to        date   NOT NULL,
    source          text   NOT NULL CHECK (source IN ('family', 'officer', 'csv', 'inps')),
    state           text   NOT NULL CHECK (state IN ('declared', 'verified', 'refused')),
    request         text   NOT NULL,
    key_version     int    NOT NULL,
    sealed          bytea  NOT NULL,
    protocol_mac    bytea  NOT NULL,
    recorded_by     uuid,
    recorded_at     timestamptz NOT NULL,
    decided_by      uuid,
    decided_at      timestamptz,
    PRIMARY KEY (municipality_id, id),
    CONSTRAINT isee_period CHECK (valid_to >= valid_from),
    CONSTRAINT isee_base CHECK ((kind = 'corrente') = (cardinality(supersedes) > 0)),
    CONSTRAINT isee_household FOREIGN KEY (municipality_id, household_id) REFERENCES households,
    CONSTRAINT isee_key FOREIGN KEY (municipality_id, key_version) REFERENCES data_keys
);
CREATE INDEX isee_by_household ON isee_certificates (municipality_id, household_id);
CREATE INDEX isee_by_key ON isee_certificates (municipality_id, key_version, id);
CREATE INDEX isee_to_verify ON isee_certificates (municipality_id, recorded_at, id) WHERE state = 'declared';
-- A refused certificate does not keep its protocol from whom it belongs to.
CREATE UNIQUE INDEX isee_protocol ON isee_certificates (municipality_id, protocol_mac) WHERE state <> 'refused';

-- Snapshots, formations and reasons hold ISEE or what it follows from. A version
-- of NULL is a row in clear of before: the program seals it when it next starts,
-- and no new one can be stored.
ALTER TABLE rounds ADD COLUMN snapshot_key int,
    ADD CONSTRAINT rounds_snapshot_key FOREIGN KEY (municipality_id, snapshot_key) REFERENCES data_keys,
    ADD CONSTRAINT rounds_snapshot_sealed CHECK ((snapshot IS NULL) = (snapshot_key IS NULL)) NOT VALID;
ALTER TABLE round_passes ADD COLUMN key_version int,
    ADD CONSTRAINT round_passes_key FOREIGN KEY (municipality_id, key_version) REFERENCES data_keys,
    ADD CONSTRAINT round_passes_sealed CHECK (key_version IS NOT NULL) NOT VALID;
ALTER TABLE outcomes ALTER COLUMN outcome TYPE bytea USING convert_to(outcome::text, 'UTF8'), ADD COLUMN key_version int,
    ADD CONSTRAINT outcomes_key FOREIGN KEY (municipality_id, key_version) REFERENCES data_keys,
    ADD CONSTRAINT outcomes_sealed CHECK (key_version IS NOT NULL) NOT VALID;
CREATE INDEX rounds_by_key ON rounds (municipality_id, snapshot_key, id) WHERE snapshot_key IS NOT NULL;
CREATE INDEX round_passes_by_key ON round_passes (municipality_id, key_version, round_id, pass);
CREATE INDEX outcomes_by_key ON outcomes (municipality_id, key_version, round_id, demand_id);

-- Nothing waits on a new database, nor where no round was closed.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM isee_plain) THEN
        DROP TABLE isee_plain;
    END IF;
    IF NOT EXISTS (SELECT FROM rounds WHERE snapshot IS NOT NULL) THEN
        ALTER TABLE rounds VALIDATE CONSTRAINT rounds_snapshot_sealed;
        ALTER TABLE round_passes VALIDATE CONSTRAINT round_passes_sealed;
        ALTER TABLE outcomes VALIDATE CONSTRAINT outcomes_sealed;
    END IF;
END;
$$;

-- Every reading of what is sealed is in the audit log, with a purpose.
ALTER TABLE audit ADD CONSTRAINT audit_reading_has_purpose
    CHECK (act <> 'read_isee' OR (coalesce(detail ->> 'purpose', '') <> '' AND coalesce(subject, '') <> ''));
CREATE INDEX audit_readings ON audit (municipality_id, subject, at DESC) WHERE act = 'read_isee';
