"""Take the first statistics of tables while they are small: until then a check of a key reads a tenant's whole log."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FEW, MANY = 2, 16_384
"""Pages. A table that is larger than MANY was filled at once, and a sample of it would take long."""


def upgrade() -> None:
    """A plan that was made on an empty table takes any index that leads with the tenant, all being as cheap there, and
    is kept until somebody analyzes the table. Autovacuum comes after a minute, this with the first entries."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(f"""
        CREATE OR REPLACE FUNCTION analyze_what_grew() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
        DECLARE
            grown text;
        BEGIN
            FOR grown IN
                SELECT format('public.%I', c.relname) FROM pg_class c
                WHERE c.relnamespace = CAST('public' AS regnamespace)
                AND c.relkind = 'r' AND c.relowner = CAST(current_user AS regrole)
                AND pg_relation_size(c.oid) / CAST(current_setting('block_size') AS bigint)
                    BETWEEN 4 * greatest(c.relpages, {FEW}) AND {MANY}
                ORDER BY c.oid
            LOOP
                EXECUTE 'ANALYZE (SKIP_LOCKED) ' || grown;
            END LOOP;
        END $$""")
    op.execute("REVOKE ALL ON FUNCTION analyze_what_grew FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION analyze_what_grew TO stateward_service")
