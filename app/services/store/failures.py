"""What a database may answer instead of what was asked."""


class Refused(Exception):
    """The database refused a record: a key that exists, a case that moved on, a constraint. Nothing was written."""


class StoreUnavailable(Exception):
    """The database cannot be reached, or took too long."""
