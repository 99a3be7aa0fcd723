-- How hard and how long each pass over a round of the series searches.
ALTER TABLE series
    ADD COLUMN effort       text NOT NULL DEFAULT 'normal',
    ADD COLUMN time_limit_seconds int  NOT NULL DEFAULT 60,
    ADD CONSTRAINT series_effort CHECK (effort IN ('fast', 'normal', 'high')),
    ADD CONSTRAINT series_time_limit CHECK (time_limit_seconds BETWEEN 1 AND 180);
ALTER TABLE series
    ALTER COLUMN effort DROP DEFAULT,
    ALTER COLUMN time_limit_seconds DROP DEFAULT;

-- Each pass of the engine over a round, with all that a second run needs to give
-- the same bytes. The first pass is over the snapshot frozen at the close; the
-- second over what the first left over, which is frozen here.
CREATE TABLE round_passes (
    municipality_id int    NOT NULL,
    round_id        uuid   NOT NULL,
    pass            int    NOT NULL CHECK (pass IN (1, 2)),
    snapshot        bytea,
    snapshot_sha256 text   NOT NULL,
    formation       bytea  NOT NULL,
    engine          int    NOT NULL CHECK (engine >= 1),
    effort          text   NOT NULL CHECK (effort IN ('fast', 'normal', 'high')),
    time_limit_seconds    int    NOT NULL CHECK (time_limit_seconds >= 0),
    seed            bigint NOT NULL CHECK (seed >= 0),
    sweeps          bigint NOT NULL CHECK (sweeps >= 0),
    multipliers     bigint NOT NULL CHECK (multipliers >= 0),
    cooling         bigint NOT NULL CHECK (cooling >= 0),
    waves           bigint NOT NULL CHECK (waves >= 0),
    nodes           bigint NOT NULL CHECK (nodes >= 0),
    demands         int    NOT NULL CHECK (demands >= 0),
    viable          int    NOT NULL CHECK (viable >= served),
    served          int    NOT NULL CHECK (served >= 0),
    bound_served    int    CHECK (bound_served >= served),
    bound_method    text,
    started_at      timestamptz NOT NULL,
    formed_at       timestamptz NOT NULL,
    PRIMARY KEY (municipality_id, round_id, pass),
    CONSTRAINT round_passes_snapshot CHECK ((pass = 1) = (snapshot IS NULL)),
    CONSTRAINT round_passes_bound CHECK ((bound_served IS NULL) = (bound_method IS NULL)),
    CONSTRAINT round_passes_second_serves CHECK (pass = 1 OR served > 0),
    CONSTRAINT round_passes_round FOREIGN KEY (municipality_id, round_id) REFERENCES rounds
);

-- Rounds formed so far had one pass, without a time limit, with seed 0. Where no
-- steps were recorded the first engine took them by the number of demands.
INSERT INTO round_passes (municipality_id, round_id, pass, snapshot_sha256, formation, engine, effort, time_limit_seconds, seed,
    sweeps, multipliers, cooling, waves, nodes, demands, viable, served, started_at, formed_at)
SELECT r.municipality_id, r.id, 1, r.snapshot_sha256, r.formation, 1, 'normal', 0, 0,
    0, 0, 0, CASE WHEN r.form_steps > 0 THEN r.form_steps ELSE greatest(least(3000 * d.demands, 240000 - 100 * d.demands), 20000 + 4 * d.demands) END, 0,
    d.demands, o.viable, o.served, coalesce(r.formed_at, r.closes_at), coalesce(r.formed_at, r.closes_at)
FROM rounds r
CROSS JOIN LATERAL (SELECT jsonb_array_length(convert_from(r.snapshot, 'UTF8')::jsonb -> 'demands') AS demands) d
CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE o.code = 'served') AS served,
        count(*) FILTER (WHERE o.code IN ('served', 'seats_full', 'staff_full', 'no_group')) AS viable
    FROM outcomes o WHERE o.municipality_id = r.municipality_id AND o.round_id = r.id) o
WHERE r.formation IS NOT NULL;

ALTER TABLE rounds
    DROP COLUMN formation,
    DROP COLUMN form_steps;

-- Names of pools are those of their pass, and the reason of a demand is that of
-- the last pass that looked at it.
ALTER TABLE pools ADD COLUMN pass int NOT NULL DEFAULT 1;
ALTER TABLE pools
    ALTER COLUMN pass DROP DEFAULT,
    DROP CONSTRAINT pools_name,
    ADD CONSTRAINT pools_name UNIQUE (municipality_id, round_id, pass, name),
    ADD CONSTRAINT pools_pass FOREIGN KEY (municipality_id, round_id, pass) REFERENCES round_passes;
ALTER TABLE outcomes ADD COLUMN pass int NOT NULL DEFAULT 1;
ALTER TABLE outcomes
    ALTER COLUMN pass DROP DEFAULT,
    ADD CONSTRAINT outcomes_pass FOREIGN KEY (municipality_id, round_id, pass) REFERENCES round_passes;
