"""Stateward: case types as declared state machines, guarded, clocked and recorded."""
