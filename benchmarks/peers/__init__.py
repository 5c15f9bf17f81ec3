"""Peers, one file each. `base.py` defines their interface, and `catalogue.py` lists them."""
