"""What one process knows of itself: its garbage, its gauges, and whether anything stands still."""
