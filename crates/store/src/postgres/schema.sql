-- What brings a database from nothing to schema version 1. Released steps are never edited.

CREATE TABLE entries (
    position bigint PRIMARY KEY CHECK (position >= 0),
    bytes bytea NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32)
);

CREATE TABLE notes (
    name text COLLATE "C" PRIMARY KEY,
    bytes bytea NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32)
);

-- One row: who may write. The epoch grows with every owner, and every write checks it.
CREATE TABLE lease (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    epoch bigint NOT NULL,
    holder text NOT NULL,
    until timestamptz NOT NULL
);
INSERT INTO lease (epoch, holder, until) VALUES (0, '', '-infinity');

CREATE FUNCTION guard_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'an entry never changes and is never deleted';
    END IF;
    IF NEW.position <> (SELECT coalesce(max(position) + 1, 0) FROM entries) THEN
        RAISE EXCEPTION 'an entry goes at the end of the log';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER entries_have_no_gaps BEFORE INSERT ON entries
    FOR EACH ROW EXECUTE FUNCTION guard_entries();
CREATE TRIGGER entries_stay BEFORE UPDATE OR DELETE ON entries
    FOR EACH ROW EXECUTE FUNCTION guard_entries();
CREATE TRIGGER entries_are_not_emptied BEFORE TRUNCATE ON entries
    FOR EACH STATEMENT EXECUTE FUNCTION guard_entries();

-- Renews the lease of this epoch, and keeps its row until the transaction ends: who would take it
-- over waits, and who was overtaken is told.
CREATE FUNCTION hold_lease(mine bigint, lasts_ms bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE lease SET until = clock_timestamp() + lasts_ms * interval '1 millisecond'
        WHERE epoch = mine;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease has another owner' USING ERRCODE = 'CC001';
    END IF;
END $$;

-- Appends and puts notes in one transaction, if the log has `first` entries; says how many it had.
CREATE FUNCTION append_to_log(
    mine bigint, lasts_ms bigint, first bigint, new_bytes bytea[], new_digests bytea[],
    note_names text[], note_bytes bytea[], note_digests bytea[]
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    had bigint;
BEGIN
    PERFORM hold_lease(mine, lasts_ms);
    SELECT coalesce(max(position) + 1, 0) INTO had FROM entries;
    IF had <> first THEN
        RETURN had;
    END IF;
    INSERT INTO entries (position, bytes, digest)
        SELECT first + new.nth - 1, new.bytes, new.digest
        FROM unnest(new_bytes, new_digests) WITH ORDINALITY AS new (bytes, digest, nth)
        ORDER BY new.nth;
    INSERT INTO notes (name, bytes, digest)
        SELECT * FROM unnest(note_names, note_bytes, note_digests)
        ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes, digest = excluded.digest;
    IF cardinality(new_bytes) > 0 THEN
        PERFORM pg_notify('concordat', (first + cardinality(new_bytes))::text);
    END IF;
    RETURN had;
END $$;

CREATE FUNCTION remove_from_notes(mine bigint, lasts_ms bigint, prefix text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM hold_lease(mine, lasts_ms);
    DELETE FROM notes WHERE starts_with(name, prefix);
END $$;
