"""What the code can say, the documents explain."""

import json
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel

from blazereps_client import messages
from blazereps_client.results import ClipResult
from blazereps_client.wire import HEADER, Header, Kind
from classifiers.events import Advice, Grade, Phase, Reason, Unit
from service.app import create_app
from service.batches import Batch
from service.cli_operating import CHECKS
from service.clip_document import CountedClip
from service.errors import ERRORS
from service.metrics import STAGES, Metrics
from service.poses import FoundRegion, FoundRegions
from service.settings import MIB, Settings
from service.tenants import MAX_KEYS
from tests.service.fakes import BOTTOM, HOLD, REP, SHALLOW_REP, TOP, FakeEngine, FakeLibrary
from tests.service.talk import talking

DOCS = Path(__file__).parents[2] / "docs"
PROTOCOL = (DOCS / "protocol.md").read_text(encoding="utf-8")
API = (DOCS / "api.md").read_text(encoding="utf-8")
CLIPS = (DOCS / "clips.md").read_text(encoding="utf-8")
OPERATING = (DOCS / "operating.md").read_text(encoding="utf-8")
DEPLOYING = (DOCS / "deploying.md").read_text(encoding="utf-8")
CHECKOUT = DOCS.parent
SOURCE = "".join(file.read_text(encoding="utf-8") for file in (CHECKOUT / "service").glob("*.py"))
PAGES = [
    CHECKOUT / "README.md",
    CHECKOUT / "benchmarks" / "README.md",
    *sorted(DOCS.rglob("*.md")),
    *sorted(CHECKOUT.glob("clients/*/README.md")),
]

SIDES = {"client": messages.ClientMessage, "server": messages.ServerMessage}
MESSAGES: list[tuple[str, type[BaseModel]]] = [
    (side, model)
    for side, union in SIDES.items()
    for model in typing.get_args(typing.get_args(union)[0])
]


def section(side: str, message_type: str) -> str:
    """What the protocol says of one message: from its heading to the next."""
    chapter = PROTOCOL.split(f"## Messages from the {side}\n")[1].split("\n## ")[0]
    parts = re.split(r"^####? ", chapter, flags=re.MULTILINE)
    (found,) = (part for part in parts if f"`{message_type}`" in part.split("\n", 1)[0])
    return found


def rows(text: str) -> list[list[str]]:
    """The cells of every row of the tables in a text."""
    lines = (line for line in text.splitlines() if line.startswith("| "))
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def names(text: str) -> set[str]:
    """The words that rows of tables in a text begin with."""
    return {word for row in rows(text) for word in re.findall(r"`([^`]+)`", row[0])}


def fields(model: type[BaseModel]) -> Iterator[str]:
    """By dotted name; another message, and a list of what events say, is explained elsewhere."""
    for name, field in model.model_fields.items():
        inner = inner_model(field.annotation)
        if inner is None or "type" in inner.model_fields:
            yield name
        else:
            yield from (f"{name}.{one}" for one in inner.model_fields)


def inner_model(annotation: object) -> type[BaseModel] | None:
    """The model that a field holds, may hold, or holds by name."""
    if typing.get_origin(annotation) is tuple:
        return None
    for option in (annotation, *typing.get_args(annotation)):
        if isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(
        r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )


def anchors(page: Path) -> set[str]:
    """What GitHub calls the headings of a page: of equal ones the second ends in -1, and so on."""
    found = list[str]()
    for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE):
        shown = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", heading).strip().lower()
        found.append(re.sub(r"[^\w -]", "", shown).replace(" ", "-"))
    return {f"{one}-{n}" if (n := found[:i].count(one)) else one for i, one in enumerate(found)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if not target.startswith(("https://", "http://", "mailto:")):
            path, _, anchor = target.partition("#")
            file = page.parent / path if path else page
            assert file.exists(), target
            assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize(("side", "model"), MESSAGES, ids=lambda one: getattr(one, "__name__", one))
def test_every_message_and_field_is_explained(side: str, model: type[BaseModel]) -> None:
    explained = names(section(side, model.model_fields["type"].default)) | {"type"}
    if "event_id" in model.model_fields:
        explained |= names(PROTOCOL.split("### Events\n")[1].split("\n#### ")[0])
    assert set(fields(model)) - explained == set()


def test_nothing_is_explained_that_is_not_said() -> None:
    types = {(side, model.model_fields["type"].default) for side, model in MESSAGES}
    chapters = PROTOCOL.split("## Messages from the ")[1:]
    headings = {
        (chapter.split("\n", 1)[0], word)
        for chapter in (one.split("\n## ")[0] for one in chapters)
        for heading in re.findall(r"^####? (`.*)$", chapter, re.MULTILINE)
        for word in re.findall(r"`([^`]+)`", heading)
    }
    assert headings == types


@pytest.mark.parametrize("word", [*Reason, *Advice])
def test_every_reason_and_advice_has_its_row(word: str) -> None:
    assert word in names(PROTOCOL)


@pytest.mark.parametrize("word", [*Phase, *Grade, *Unit])
def test_every_other_word_is_in_the_protocol(word: str) -> None:
    assert f"`{word}`" in PROTOCOL


@pytest.mark.parametrize(
    ("page", "word"),
    [("exercises", word) for word in Advice] + [("own_exercises", word) for word in Reason],
)
def test_when_a_reason_or_advice_is_given_is_explained(page: str, word: str) -> None:
    assert word in names((DOCS / f"{page}.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("code", ERRORS)
def test_every_error_has_its_row(code: str) -> None:
    rule = ERRORS[code]
    with_status = any(
        f"`{code}`" in cells for first, cells, *_ in rows(API) if first == str(rule.status)
    )
    assert with_status or code in names(PROTOCOL) or rule.close_code is not None


@pytest.mark.parametrize("code", [code for code, rule in ERRORS.items() if rule.close_code])
def test_every_close_code_has_its_row(code: str) -> None:
    told = {(row[0], row[1]) for row in rows(PROTOCOL)}
    rule = ERRORS[code]
    before_the_upgrade = (str(rule.status), f"`{code}`") in told
    assert before_the_upgrade or (str(rule.close_code), f"`{code}`") in told
    assert str(rule.close_code) in PROTOCOL


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    (row,) = (row for row in rows(API) if row[0] == f"`{name}`")
    default = Settings.model_fields[name].default
    if isinstance(default, bool):
        assert row[1] == str(default).lower()
    elif isinstance(default, int | float):
        assert number(row[1]) == default
    elif isinstance(default, str):
        assert row[1] == default


def number(text: str) -> float:
    value, _, unit = text.replace(",", "").partition(" ")
    return float(value) * {"": 1, "KiB": 1024, "MiB": MIB}[unit]


def test_no_setting_is_documented_that_is_none() -> None:
    told = set(
        re.findall(r"BLAZEREPS_([A-Z_]+[A-Z])", PROTOCOL + API + CLIPS + OPERATING + DEPLOYING)
    )
    assert {name.lower() for name in told} <= Settings.model_fields.keys()


def test_the_limit_of_keys_is_documented() -> None:
    assert f"A tenant may have {MAX_KEYS} keys" in API


def test_exactly_the_doctors_checks_are_documented() -> None:
    table = OPERATING.split("## Doctor\n")[1].split("\n## ")[0]
    assert names(table) == {check.name for check in CHECKS}


def test_exactly_the_metrics_are_documented() -> None:
    families = [one for one in Metrics().registry.collect() if one.name.startswith("blazereps_")]
    exported = {one.name + "_total" * (one.type == "counter") for one in families}
    documented = {name for name in names(OPERATING) if name.startswith("blazereps_")}
    assert documented == exported
    assert all(f"`{stage}`" in OPERATING for stage in STAGES)


def test_every_line_of_the_log_is_documented() -> None:
    events = re.findall(r'(?:log\.\w+|_began|_request)\(\s*"([^"]+)"', SOURCE)
    reasons = re.findall(r'_ended\("(\w+)"', SOURCE)
    assert len(events) >= 10
    assert len(reasons) == 3
    assert {*events, *reasons} - names(OPERATING) == set()


def test_every_span_is_documented() -> None:
    spans = re.findall(r'start_span\(\s*"([^"]+)"', SOURCE)
    attributes = re.findall(r'"(blazereps\.(?:session_id|input|seq))"', SOURCE)
    assert (len(spans), len(attributes)) == (2, 3)
    assert set(spans) - names(OPERATING) == set()
    assert all(f"`{attribute}`" in OPERATING for attribute in attributes)


def test_every_path_and_parameter_of_rest_is_documented() -> None:
    app = create_app(Settings(), FakeEngine(), FakeLibrary())
    paths = app.openapi()["paths"]
    told = (API + CLIPS).replace("{id}", "{clip_id}")
    operations = [one for path in paths.values() for one in path.values()]
    for path in paths:
        assert re.search(rf"`([A-Z/]+ )?{re.escape(path)}[`?]", told), path
    parameters = [p for one in operations for p in one.get("parameters", ()) if p["in"] == "query"]
    assert len(parameters) >= 3
    for parameter in parameters:
        assert f"`{parameter['name']}`" in told


@pytest.mark.parametrize("name", [*CountedClip.model_fields, *ClipResult.model_fields])
def test_every_field_of_a_clip_and_its_result_is_documented(name: str) -> None:
    assert name in names(CLIPS)


def test_the_example_of_a_clip_is_one() -> None:
    text = CLIPS.split("$ curl -s localhost:8000/v1/clips/9f2c1e…\n")[1].split("```")[0]
    example = json.loads(text)
    assert CountedClip.model_validate(example).model_dump(mode="json") == example


def test_the_landmarks_of_the_example_count_so(address: str) -> None:
    command = "$ curl -s localhost:8000/v1/landmarks -H 'content-type: application/json' "
    answer = API.split(f"{command}--data-binary @squats.json\n")[1].split("```")[0]
    observations = [
        {"at_s": number / 10, "points": [[level, level, level, 1.0]] * 33}
        for number, level in enumerate(REP)
    ]
    for one in observations[:2]:
        shown = json.dumps(one)[: len('{"at_s": 0.0, "points": [[200, 200, 200, 1.0], ')]
        assert f" {shown}…]}},\n" in API
    batch = {"exercise": "squat", "observations": observations}
    counted = httpx2.post(f"http://{address}/v1/landmarks", json=batch).json()
    assert counted == json.loads(answer)


@pytest.mark.parametrize("model", [Batch, FoundRegions, FoundRegion])
def test_every_field_of_batches_and_regions_is_documented(model: type[BaseModel]) -> None:
    assert all(f"`{name}`" in API for name in model.model_fields)


def test_the_worked_header_is_right() -> None:
    header = Header(Kind.IMAGE, 7, 1_500_000, rotation=90, mirrored=True)
    assert f"`{header.pack().hex(' ')}`" in PROTOCOL
    assert f"A {HEADER.size}-byte little-endian header" in PROTOCOL


LEVELS = (*REP, 120, BOTTOM, BOTTOM, 120, 120, TOP, *SHALLOW_REP, *HOLD)
STEP_S = 0.2


def test_the_worked_session_is_word_for_word(address: str) -> None:
    """Each line of it is sent, or heard in this order."""
    transcript = PROTOCOL.split("## A session, word for word")[1].split("```")[1]
    said = [json.loads(line[2:]) for line in transcript.splitlines() if line.startswith("> {")]
    expected = [json.loads(line[2:]) for line in transcript.splitlines() if line.startswith("< {")]
    images = [line[2:49] for line in transcript.splitlines() if line.startswith("> 01")]
    with talking(address) as talk:
        talk.say(said[0])
        talk.hear("session.created")
        for seq, level in enumerate(LEVELS):
            talk.image(seq, seq * STEP_S, level)
            while talk.hear("ack")["seq"] < seq:
                pass
        talk.say(said[1])
        assert talk.close_code() == 1000
    assert images == [
        Header(Kind.IMAGE, i, round(i * STEP_S * 1e6)).pack().hex(" ") for i in (0, 1)
    ]
    heard = iter([timeless(message) for message in talk.heard])
    for message in expected:
        assert timeless(message) in heard, message["type"]


VARYING = ("session_id", "resume_token", "queue_ms")


def timeless(message: dict[str, Any]) -> dict[str, Any]:
    """Without what differs from run to run."""
    return {k: v for k, v in message.items() if k not in VARYING}
