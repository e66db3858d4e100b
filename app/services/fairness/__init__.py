"""Who waits for whom: queues in turn, places, and slices of what takes long."""
