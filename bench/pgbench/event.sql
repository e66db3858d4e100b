-- The rows of one event and nothing else: the limit that a service on this PostgreSQL is held against.
-- Variables: cases (how many there are, by reference 1 to cases), entry_length (bytes of a real entry).
\set case random(1, :cases)
WITH moved AS (
    UPDATE cases
    SET state = CASE state WHEN 'one' THEN 'two' ELSE 'one' END,
        version = version + 1,
        seq = seq + 1,
        changed_at = clock_timestamp(),
        last_hash = encode(sha256(uuid_send(gen_random_uuid())), 'hex')
    WHERE tenant = 'acme' AND case_type = 'bench' AND reference = CAST(:case AS text)
    RETURNING id, seq, state, changed_at, last_hash, old.state AS source, old.last_hash AS prev_hash,
              CAST(uuidv7() AS text) AS entry_id
), entry AS (
    INSERT INTO audit_entry
        (tenant, entry_id, kind, at, case_id, case_seq, source, target, prev_hash, entry_hash, entry)
    SELECT 'acme', entry_id, 'transition', changed_at, id, seq, source, state, prev_hash, last_hash,
           rpad(entry_id, CAST(:entry_length AS integer), '{"actor":{"authenticated":"jwt"}}')
    FROM moved
), payload AS (
    INSERT INTO audit_payload (tenant, entry_id, path, salt, value)
    SELECT 'acme', entry_id, '/payload/note', sha256(uuid_send(gen_random_uuid())), '"hello there"'
    FROM moved
), pending AS (
    INSERT INTO audit_pending (tenant, entry_id) SELECT 'acme', entry_id FROM moved
)
SELECT count(*) FROM moved;
