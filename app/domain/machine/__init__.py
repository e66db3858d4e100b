"""A case type, compiled: its state graph, its transitions, and the completions of finished states."""
