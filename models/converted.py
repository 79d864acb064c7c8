"""What a converted network is, for those who do not convert: onnx takes 30 MB to import."""

from typing import Final

VERSION: Final = 1
"""Of the converter, raised with every change of what it writes: networks are then built again."""

INPUT: Final = "image"
"""The name of a network's input."""
