"""Training on a GPU: compared with the CPU, timed against PyTorch and JAX, and `record`."""
