-- Every text of a measure that was written, who wrote it, and who else published
-- it: the table measures holds the one in force.
CREATE TABLE measure_versions (
    municipality_id int    NOT NULL,
    measure_id      text   NOT NULL,
    version         int    NOT NULL CHECK (version >= 1),
    name            text   NOT NULL,
    yaml            text   NOT NULL,
    note            text   NOT NULL,
    written_by      uuid   NOT NULL,
    written_at      timestamptz NOT NULL,
    published_by    uuid,
    published_at    timestamptz,
    PRIMARY KEY (municipality_id, measure_id, version),
    CONSTRAINT measure_versions_two_hands CHECK (published_by <> written_by),
    CONSTRAINT measure_versions_published CHECK ((published_by IS NULL) = (published_at IS NULL)),
    CONSTRAINT measure_versions_writer FOREIGN KEY (municipality_id, written_by) REFERENCES users,
    CONSTRAINT measure_versions_publisher FOREIGN KEY (municipality_id, published_by) REFERENCES users
);

-- What was written stays as it was written; it can only be published, once.
CREATE FUNCTION measure_versions_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.published_at IS NOT NULL OR
        (OLD.measure_id, OLD.version, OLD.name, OLD.yaml, OLD.note, OLD.written_by, OLD.written_at)
        IS DISTINCT FROM (NEW.measure_id, NEW.version, NEW.name, NEW.yaml, NEW.note, NEW.written_by, NEW.written_at) THEN
        RAISE EXCEPTION 'a version of a measure is never changed' USING CONSTRAINT = 'measure_versions_kept', ERRCODE = '23514';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER measure_versions_keep BEFORE UPDATE OR DELETE ON measure_versions
    FOR EACH ROW EXECUTE FUNCTION measure_versions_keep();
