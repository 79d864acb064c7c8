"""Runs a TFLite network on pictures; used by `model_parity` in an environment of its own.

python tflite_outputs.py NETWORK.tflite PICTURES.npz OUTPUTS.npz

PICTURES holds an array (height, width, 3) a picture; OUTPUTS gets `picture/tensor name`. Needs
nothing of this project.
"""

import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-not-found, unused-ignore]


def main(network: Path, pictures: Path, outputs: Path) -> None:
    """Run every picture and write what comes out."""
    interpreter = Interpreter(str(network), num_threads=1)
    interpreter.allocate_tensors()
    values = {}
    with np.load(pictures) as images:
        for name, image in images.items():
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
            interpreter.invoke()
            for output in interpreter.get_output_details():
                values[f"{name}/{output['name']}"] = interpreter.get_tensor(output["index"])
    np.savez(outputs, **values)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
