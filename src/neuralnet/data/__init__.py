"""Data sets: loading, augmentation and preprocessing."""
