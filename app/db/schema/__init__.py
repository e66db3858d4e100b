"""The schema of a database: whether it is that of this release, and how it becomes so."""
