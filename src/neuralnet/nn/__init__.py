"""The mathematics: NumPy and argument checks, nothing else."""
