"""The stores: all SQL of the service stands in this folder and in migrations/."""
