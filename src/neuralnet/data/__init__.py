"""Where digits come from, and what happens to them before the network."""
