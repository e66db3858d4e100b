"""The services own the transactions; one room a noun."""
