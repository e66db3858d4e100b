"""What a case type is and what an attempt leads to: plain functions on frozen values, no I/O."""
