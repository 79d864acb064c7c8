"""Where the weights come from and what they become: manifest, TFLite -> ONNX, exercise folders."""
