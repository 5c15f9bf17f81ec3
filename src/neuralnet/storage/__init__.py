"""Saving and loading of networks."""

from neuralnet.storage.networks import load, save

__all__ = ["load", "save"]
