"""What the service may see of all tenants at once: on PostgreSQL views of the owner, narrow windows in the wall.

    every_clock         the scheduler asks when the next clock is due, metrics count them, `sla verify` reads them all
    every_case          `sla verify` looks for cases that should have a clock and have none
    case_count          how many cases each version has is told to an operator
    every_policy_line   each process holds the policy of all tenants in memory, and line ids are counted over all
    every_answer        idempotency answers are forgotten when they expire; nothing else can be asked of them
    every_rate          buckets are forgotten when they are full
    unattached_blob     bytes that nobody attached are forgotten after a day (app/db/blobs/in_database.py)
    loose_upload        so are uploads that were broken off
    every_upload        and those that a crash left between the bytes and their entry
    every_scan          files that nobody looked at yet are looked at, and counted
    every_export        exports that wait are made, and those that are old forgotten

Besides them three functions run as the owner: `take_due` locks what is due, `sequence_log` orders the log,
`analyze_what_grew` tells the planner of tables that were empty a moment ago.
"""

from sqlalchemy import BigInteger, Column, MetaData, Table

from app.db.tables.callers import RATE_LIMIT
from app.db.tables.exports import JOB
from app.db.tables.policy import POLICY_LINE
from app.db.tables.tables import CASES, CLOCK, IDEMPOTENCY
from app.db.tables.work import SCAN


def _window(name: str, table: Table, *columns: str) -> Table:
    seen = [column for column in table.columns if not columns or column.name in columns]
    return Table(name, MetaData(), *(Column(column.name, column.type) for column in seen))


EVERY_CLOCK = _window("every_clock", CLOCK)
EVERY_CASE = _window("every_case", CASES, "tenant", "id", "definition")
CASE_COUNT = Table(
    "case_count",
    MetaData(),
    Column("definition", CASES.c.definition.type),
    Column("cases", BigInteger),
    Column("open", BigInteger),
)
EVERY_POLICY_LINE = _window("every_policy_line", POLICY_LINE)
EVERY_ANSWER = _window("every_answer", IDEMPOTENCY, "expires_at")
EVERY_RATE = _window("every_rate", RATE_LIMIT, "full_at")
EVERY_SCAN = _window("every_scan", SCAN, "tenant", "sha256", "kept_at", "next_at")
EVERY_EXPORT = _window("every_export", JOB, "tenant", "id", "state", "held_until", "ends_at")
