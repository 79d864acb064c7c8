"""BlazePose on ONNX Runtime: frames in, 33 landmarks out. Imports nothing, so it costs nothing."""
