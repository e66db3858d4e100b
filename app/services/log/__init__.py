"""The log in its order: read page by page, and followed as it grows."""
