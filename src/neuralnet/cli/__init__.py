"""The command line: what its commands share, and one file a command."""
