"""The lab: a page served from this machine on which a network is drawn for, watched and trained."""
