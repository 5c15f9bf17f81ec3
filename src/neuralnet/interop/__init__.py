"""Interoperability with scikit-learn, ONNX and PyTorch."""
