"""The services own the transactions; one noun per file."""
