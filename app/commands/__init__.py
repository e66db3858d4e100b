"""The `stateward` command: a file a subcommand, a room where one takes several."""
