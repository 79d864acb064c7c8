"""A Dockerfile as its instructions, and what of a checkout its build would see."""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Instruction:
    """One line: its keyword, the options before the rest, and the rest."""

    keyword: str
    options: tuple[str, ...]
    rest: str

    @property
    def command(self) -> list[str]:
        """The words of RUN, CMD, ENTRYPOINT; of HEALTHCHECK those behind CMD."""
        text = self.rest.removeprefix("CMD ")
        words: list[str] = json.loads(text) if text.startswith("[") else shlex.split(text)
        return words


def stages(text: str) -> list[list[Instruction]]:
    """The instructions of each stage, from its FROM on; what is before the first is left out."""
    found: list[list[Instruction]] = []
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        keyword, _, rest = line.strip().partition(" ")
        options = re.match(r"(--\S+\s+)*", rest)
        assert options is not None
        one = Instruction(keyword, tuple(options[0].split()), rest[options.end() :].strip())
        if keyword == "FROM":
            found.append([])
        if found:
            found[-1].append(one)
    return found


def environment(stage: list[Instruction]) -> dict[str, str]:
    """What ENV sets, one a line."""
    return dict(one.rest.split("=", 1) for one in stage if one.keyword == "ENV")


def context(ignored: str, folder: Path) -> Path:
    """A copy of what a .dockerignore that begins with `*` leaves of the checkout."""
    lines = [line for line in ignored.splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    leave = shutil.ignore_patterns(*(_name(line) for line in lines[1:] if line[0] != "!"))
    for name in (line[1:] for line in lines if line[0] == "!"):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=leave)
        else:
            shutil.copy(source, target)
    return folder


def _name(pattern: str) -> str:
    return pattern.removeprefix("**/")


def placed(words: list[str], root: Path) -> list[str]:
    """The same command for a tree under another root than `/`."""
    return [re.sub(r"^/(?=opt|data)", f"{root}/", word) for word in words]


def commands(stage: list[Instruction], *keywords: str) -> Iterator[list[str]]:
    """Those of these instructions."""
    return (one.command for one in stage if one.keyword in keywords)
