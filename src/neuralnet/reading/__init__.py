"""Handwritten digit reading: find the digits in an image and classify each one."""
