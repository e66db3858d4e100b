"""Stateward: case types as declared state machines, guarded, clocked and recorded."""

__version__ = "0.1.0"
