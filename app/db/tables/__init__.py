"""The tables of this release, and the kinds of their columns."""
