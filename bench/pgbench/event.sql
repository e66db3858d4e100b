-- The rows of one event and nothing else: the limit that a service on this PostgreSQL is held against.
-- Variables: cases (how many there are, by reference 1 to cases), entry_length (bytes of a real entry).
\set case random(1, :cases)
WITH next AS (
    SELECT id, seq + 1 AS seq, state AS source, CASE state WHEN 'one' THEN 'two' ELSE 'one' END AS state,
           clock_timestamp() AS changed_at, last_hash AS prev_hash, CAST(uuidv7() AS text) AS entry_id
    FROM cases WHERE tenant = 'acme' AND case_type = 'bench' AND reference = CAST(:case AS text) FOR UPDATE
), told AS MATERIALIZED (
    SELECT *, CAST(json_build_object('tenant', 'acme', 'entry_id', entry_id, 'kind', 'transition', 'at', changed_at,
        'case_id', id, 'case_seq', seq, 'source', source, 'target', state, 'prev', prev_hash) AS text) AS said
    FROM next
), written AS MATERIALIZED (
    SELECT *, rpad(said, CAST(:entry_length AS integer)) AS entry FROM told
), sealed AS MATERIALIZED (
    SELECT *, encode(sha256(decode('00', 'hex') || convert_to(entry, 'UTF8')), 'hex') AS last_hash FROM written
), moved AS (
    UPDATE cases
    SET state = s.state, version = version + 1, seq = s.seq, changed_at = s.changed_at,
        recorded_at = s.changed_at, last_hash = s.last_hash
    FROM sealed s WHERE cases.tenant = 'acme' AND cases.id = s.id
    RETURNING s.*
), entry AS (
    INSERT INTO audit_entry
        (tenant, entry_id, kind, at, case_id, case_seq, source, target, prev_hash, entry_hash, entry)
    SELECT 'acme', entry_id, 'transition', changed_at, id, seq, source, state, prev_hash, last_hash, entry FROM moved
), payload AS (
    INSERT INTO audit_payload (tenant, entry_id, path, salt, value)
    SELECT 'acme', entry_id, '/payload/note', sha256(uuid_send(gen_random_uuid())), '"hello there"'
    FROM moved
)
SELECT count(*) FROM moved;
