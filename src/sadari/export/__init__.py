"""Models that leave Python: as ONNX with readers of one file each, and as one HTML file. Each proves itself."""
