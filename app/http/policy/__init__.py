"""The calls about the policy of a tenant."""
