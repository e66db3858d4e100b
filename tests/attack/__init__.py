"""Attacks on the promises of the service, from outside: `python -m tests.attack` runs them long, `make test` short."""
