"""What is shown on a terminal is text, and no orders to it."""


def harmless(text: str) -> str:
    """Without what a terminal obeys: names of files and what a server says are others' words."""
    return "".join(one for one in text if one.isprintable() or one == "\n")
