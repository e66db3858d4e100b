"""What a UUID v7 says of its moment."""

from datetime import datetime


def first_of(at: datetime) -> str:
    """Less than every UUID v7 from this moment on: they begin with their moment in milliseconds."""
    began = f"{int(at.timestamp() * 1000):012x}"
    return f"{began[:8]}-{began[8:]}"
