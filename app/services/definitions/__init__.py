"""The case types in force, and every version that a case may be pinned to."""
