"""A member of a run as a graph that other programs run, without Python and without torch: ONNX."""
