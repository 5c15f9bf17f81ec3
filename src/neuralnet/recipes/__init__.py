"""The named settings of every published result, as TOML files."""
