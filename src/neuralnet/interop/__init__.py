"""Other people's worlds: ONNX, PyTorch's weights and scikit-learn."""
