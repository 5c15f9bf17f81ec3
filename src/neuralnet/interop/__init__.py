"""Other people's worlds: scikit-learn's estimators."""
