"""Case types as pages: what a case of each can do, who may do it, in which time, and what changed between versions."""
