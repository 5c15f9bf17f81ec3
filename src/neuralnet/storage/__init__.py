"""Networks in files: what `save` writes, `load` reads."""

from neuralnet.storage.networks import load, save

__all__ = ["load", "save"]
