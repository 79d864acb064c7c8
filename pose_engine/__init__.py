"""BlazePose on ONNX Runtime: frames in, 33 landmarks out. Imports nothing, so numbers stay cheap."""
