"""The tree over a tenant's log, proofs from it, and signed checkpoints of it: plain functions on bytes."""
