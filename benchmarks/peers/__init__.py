"""The peers, one file each; `base.py` says what a peer has to offer, `catalogue.py` lists them."""
