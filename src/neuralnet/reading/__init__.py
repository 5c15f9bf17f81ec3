"""Any picture of handwritten digits: where the digits are, and what they say."""
