"""The mathematics: NumPy, the checks at the door, and nothing else."""
