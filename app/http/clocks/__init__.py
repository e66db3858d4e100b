"""The calls about clocks."""
