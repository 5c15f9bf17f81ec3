"""What several processes bring: measured with two, and computed for up to 256 machines."""
