"""Clips decoded in a process of their own: the same frames, and every way in which it can end."""

import math
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pose_engine.clips import Clip
from pose_engine.decoding import Kind, Word
from pose_engine.footage import ClipError, ClipLimits
from pose_engine.frames import Frame
from pose_engine.isolation import COMMAND, DecoderLimits, IsolatedClip
from tests.pose_engine.fakes import noise, write_clip

CLIPS = Path(__file__).parents[1] / "clips"
DECODER = DecoderLimits()
isolated = partial(IsolatedClip, limits=ClipLimits())
Timed = list[tuple[float, Frame]]


def same(ours: Timed, theirs: Timed) -> bool:
    return [at for at, _ in ours] == [at for at, _ in theirs] and all(
        np.array_equal(one.pixels, other.pixels)
        for (_, one), (_, other) in zip(ours, theirs, strict=True)
    )


def refusal(path: Path, *command: str, decoder: DecoderLimits = DECODER) -> ClipError:
    """Why a clip is refused: by the decoder, or by another command that takes its place."""
    with (
        pytest.raises(ClipError) as caught,
        isolated(path, decoder=decoder, command=command or COMMAND) as clip,
    ):
        list(clip.frames())
    return caught.value


def instead(code: str) -> tuple[str, ...]:
    """A command that says that a clip is open, and then does something else."""
    opened = Word(Kind.OPENED, 1.0, 0, 64, 48).packed()
    return python(f"import os, signal, time; os.write(1, {opened!r}); {code}")


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", code)


def said(kind: int, at: float, width: int = 64, height: int = 48) -> str:
    return f"os.write(1, {Word(kind, at, 0, width, height).packed()!r});"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "a.mp4", noise(60))


@pytest.mark.parametrize("name", ["squat_front", "squat_side_portrait"])
def test_frames_are_the_same_to_the_bit(name: str) -> None:
    path = CLIPS / f"{name}.mp4"
    with Clip.open(path) as here, isolated(path) as there:
        assert same(list(here.frames(15)), list(there.frames(15)))
        assert (there.width, there.height) == (here.width, here.height)
        assert there.duration_s == here.duration_s
        assert there.unreadable == here.unreadable == 0


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi"])
def test_with_sound_too(tmp_path: Path, name: str) -> None:
    """Of which PyAV knows nothing until it is found, when nothing can be loaded any more."""
    codec = "mpeg4" if name == "a.avi" else "libx264"
    path = write_clip(tmp_path / name, noise(20), codec=codec, sound_s=1)
    with Clip.open(path) as here, isolated(path) as there:
        assert same(list(here.frames(15)), list(there.frames(15)))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_turned_and_uneven_ones_too(tmp_path: Path, rotation: int) -> None:
    times = [0, 40, 50, 200, 210, 500]
    path = write_clip(tmp_path / "a.mov", noise(6), times=times, rotation=rotation)
    with Clip.open(path) as here, isolated(path) as there:
        assert same(list(here.frames()), list(there.frames()))
        assert (there.width, there.height) == (here.width, here.height)


def test_pixels_that_are_not_square_are_made_so_alike(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", noise(3), rotation=90, sample_aspect=Fraction(4, 3))
    with Clip.open(path) as here, isolated(path) as there:
        assert same(list(here.frames()), list(there.frames()))
        assert (there.width, there.height) == (here.width, here.height) == (36, 64)


def test_damage_is_counted_alike(clip: Path) -> None:
    data = bytearray(clip.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 5000] = np.random.default_rng(3).bytes(5000)
    clip.write_bytes(data)
    with Clip.open(clip) as here, isolated(clip) as there:
        assert same(list(here.frames()), list(there.frames()))
        assert there.unreadable == here.unreadable > 0


def test_a_clip_that_does_not_say_how_long_it_is(clip: Path) -> None:
    opened = Word(Kind.OPENED, math.nan, 0, 64, 48).packed()
    command = python(f"import os; os.write(1, {opened!r})")
    with isolated(clip, command=command) as silent:
        assert silent.duration_s is None


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    times = np.cumsum(np.random.default_rng(1).integers(5, 90, 40)).tolist()
    return write_clip(tmp_path_factory.mktemp("uneven") / "a.mkv", noise(40), times=times)


FPS = st.one_of(st.none(), st.floats(0.5, 60))


@given(fps=FPS, after_s=st.floats(-0.1, 2.2))
def test_going_on_later_gives_the_rest(uneven: Path, fps: float | None, after_s: float) -> None:
    with Clip.open(uneven) as clip:
        every = list(clip.frames(fps))
    with Clip.open(uneven) as clip:
        rest = list(clip.frames(fps, after_s=after_s))
    assert same([one for one in every if one[0] <= after_s] + rest, every)


@given(fps=FPS, after_s=st.floats(-0.1, 2.2))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_and_so_in_a_process_of_its_own(uneven: Path, fps: float | None, after_s: float) -> None:
    with Clip.open(uneven) as here, isolated(uneven) as there:
        rest = list(there.frames(fps, after_s=after_s))
        assert same(rest, list(here.frames(fps, after_s=after_s)))


@given(fps=FPS, strides=st.lists(st.integers(1, 9), min_size=1), after_s=st.floats(-0.1, 2.2))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_strides_are_heeded_alike(
    uneven: Path, fps: float | None, strides: list[int], after_s: float
) -> None:
    with Clip.open(uneven) as here, isolated(uneven) as there:
        one, other = (
            list(clip.frames(fps, after_s=after_s, stride=partial(next, cycle(strides))))
            for clip in (here, there)
        )
    assert same(other, one)


def test_a_stride_leaves_out_that_many(clip: Path) -> None:
    strides = iter([1, 2, 1, 30, 1, 1, 1])
    with isolated(clip) as opened:
        times = [at for at, _ in opened.frames(15, stride=lambda: next(strides))]
    np.testing.assert_allclose(times, np.array([0, 2, 3]) / 15, atol=0.04)


def test_a_bad_rate_is_refused(clip: Path) -> None:
    with isolated(clip) as opened, pytest.raises(ValueError, match="fps must be above 0"):
        next(opened.frames(0))


def test_starting_takes_no_more_than_decoding_needs() -> None:
    """Each clip starts one anew."""
    loads = "import sys, pose_engine.decoding; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", loads], capture_output=True, text=True, check=True
    ).stdout
    assert not {"numpy", "PIL", "simplejpeg", "cv2", "subprocess"} & set(loaded.split())


def test_refusals_pass_through(tmp_path: Path, clip: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video\n" * 99)
    for path, limits in [
        (text, ClipLimits()),
        (tmp_path / "none.mp4", ClipLimits()),
        (clip, ClipLimits(max_pixels=99)),
        (clip, ClipLimits(max_seconds=1)),
    ]:
        with pytest.raises(ClipError) as here:
            Clip.open(path, limits=limits)
        with pytest.raises(ClipError) as there:
            IsolatedClip(path, limits=limits)
        assert (there.value.code, str(there.value)) == (here.value.code, str(here.value))


def test_refusals_in_the_middle_pass_through(tmp_path: Path) -> None:
    """Its header does not say how long it is."""
    path = write_clip(tmp_path / "a.mkv", noise(60), times=range(0, 1200, 20))
    data = path.read_bytes().replace(b"\x44\x89", b"\x44\x8a")  # no duration in the header
    path.write_bytes(data)
    with IsolatedClip(path, limits=ClipLimits(max_seconds=0.5)) as clip:
        frames = clip.frames()
        assert len(list(islice(frames, 20))) == 20
        with pytest.raises(ClipError, match=r"longer than 0\.5 s") as caught:
            list(frames)
    assert caught.value.code == "too_long"


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGKILL"])
def test_a_crash_is_an_error_of_that_clip(clip: Path, name: str) -> None:
    for command in (python, instead):
        error = refusal(clip, *command(f"import os, signal; os.kill(os.getpid(), signal.{name})"))
        assert error.code == "decoder_crashed"
        assert name in str(error)


def test_one_that_ends_or_goes_silent_is_too(clip: Path) -> None:
    assert "status 3" in str(refusal(clip, *python("raise SystemExit(3)")))
    assert "status 0" in str(refusal(clip, *python("")))
    error = refusal(clip, *instead("os.close(1); time.sleep(60)"))
    assert (error.code, str(error)) == ("decoder_crashed", "the decoder said nothing")


@pytest.mark.parametrize(
    "code",
    [
        said(Kind.FRAME, 0, 8000, 8000),
        said(Kind.FRAME, 0, 0, 48),
        said(Kind.PASSED, 1) + said(Kind.PASSED, 1),
        said(Kind.PASSED, float("nan")),
        said(Kind.PASSED, float("inf")),
        said(Kind.REFUSED, 0, 4, 1_000_000),
    ],
)
def test_nonsense_is_not_believed(clip: Path, code: str) -> None:
    error = refusal(clip, *instead(code + "time.sleep(60)"))
    assert error.code == "decoder_crashed"
    assert "the decoder said" in str(error)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory is not counted")
@pytest.mark.parametrize(("codec", "mib"), [("mpeg4", 90), ("libx264", 90), ("libx264", 110)])
def test_a_clip_that_takes_too_much_memory(tmp_path: Path, codec: str, mib: int) -> None:
    pictures = [np.full((2000, 4000, 3), 40 * shade, np.uint8) for shade in range(4)]
    path = write_clip(tmp_path / "a.mkv", pictures, codec=codec)
    error = refusal(path, decoder=DecoderLimits(memory_bytes=mib << 20))
    assert error.code == "decoder_memory"
    assert str(mib << 20) in str(error)


def test_processor_time_is_limited(clip: Path) -> None:
    burn = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass"
    error = refusal(clip, *python(burn), decoder=DecoderLimits(cpu_s=1))
    assert error.code == "decoder_time"
    assert "1 s of processor time" in str(error)


def test_silence_is_limited(clip: Path) -> None:
    error = refusal(clip, *instead("time.sleep(60)"), decoder=DecoderLimits(stall_s=0.1))
    assert (error.code, "0.1 s" in str(error)) == ("decoder_time", True)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_what_stops_a_whole_group_of_processes_does_not_end_it(
    clip: Path, stop: signal.Signals
) -> None:
    with isolated(clip) as opened:
        os.kill(opened.pid, stop)
        assert len(list(opened.frames())) == 60
    assert stop not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def dripping(number: int, pause_s: float) -> str:
    """Code that leaves out so many frames, slowly."""
    words = [Word(Kind.PASSED, at, 0).packed() for at in range(number)]
    return f"[(os.write(1, word), time.sleep({pause_s})) for word in {words}]"


def interrupt() -> None:
    raise InterruptedError


@pytest.mark.parametrize("code", ["time.sleep(60)", dripping(99, 0.1)])
def test_it_can_be_ended_while_no_frame_comes(clip: Path, code: str) -> None:
    checked = isolated(clip, command=instead(code), check=interrupt)
    with checked as opened, pytest.raises(InterruptedError):
        next(opened.frames())


def test_it_can_be_ended_while_it_opens(clip: Path) -> None:
    with pytest.raises(InterruptedError):
        isolated(clip, command=python("import time; time.sleep(60)"), check=interrupt)


def test_in_this_process_too(clip: Path) -> None:
    with Clip.open(clip, check=interrupt) as opened, pytest.raises(InterruptedError):
        next(opened.frames(after_s=1))


def test_waiting_in_all_is_limited(clip: Path) -> None:
    drip = dripping(99, 0.05)
    error = refusal(clip, *instead(drip), decoder=DecoderLimits(wall_s=0.6))
    assert (error.code, "0.6 s" in str(error)) == ("decoder_time", True)


def test_the_environment_has_no_secrets(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLAZEREPS_TOKEN_SECRET", "a secret of the server's, never told")
    with isolated(clip) as opened:
        environment = Path(f"/proc/{opened.pid}/environ").read_bytes()
        assert Path(f"/proc/{opened.pid}/cwd").readlink() == Path("/")
    assert b"PYTHONPATH=" in environment
    assert b"BLAZEREPS" not in environment
    assert b"secret" not in environment


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")
def test_the_decoder_is_confined(clip: Path) -> None:
    with isolated(clip, decoder=DecoderLimits(cpu_s=77)) as opened:
        status = Path(f"/proc/{opened.pid}/status").read_text()
        limits = Path(f"/proc/{opened.pid}/limits").read_text()
    assert "Seccomp:\t2" in status
    assert "NoNewPrivs:\t1" in status
    assert "Max cpu time              77" in limits


def ended(pidfd: int) -> bool:
    """Whether a process ends within seconds."""
    readable, _, _ = select.select([pidfd], [], [], 5)
    return bool(readable)


@pytest.fixture
def pidfds() -> Iterator[list[int]]:
    opened: list[int] = []
    yield opened
    for one in opened:
        os.close(one)


LINUX = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="Linux has pidfds")


@LINUX
def test_stopping_early_ends_it(clip: Path, pidfds: list[int]) -> None:
    opened = isolated(clip)
    pidfds.append(os.pidfd_open(opened.pid))
    frames = opened.frames()
    next(frames)
    frames.close()  # type: ignore[attr-defined]  # a generator
    assert ended(pidfds[0])
    assert not Path(f"/proc/{opened.pid}").exists()


PARENT = """
import sys
from pathlib import Path
from pose_engine.footage import ClipLimits
from pose_engine.isolation import IsolatedClip
opened = IsolatedClip(Path(sys.argv[1]), limits=ClipLimits())
frames = opened.frames()
next(frames)
print(opened.pid, flush=True)
sys.stdin.read()
"""


@LINUX
def test_it_does_not_outlive_a_killed_parent(clip: Path, pidfds: list[int]) -> None:
    command = [sys.executable, "-c", PARENT, str(clip)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as parent:
        assert parent.stdout is not None
        pidfds.append(os.pidfd_open(int(parent.stdout.readline())))
        parent.kill()
        parent.wait()
        assert ended(pidfds[0])


def test_nothing_leaks(clip: Path) -> None:
    def files() -> int:
        return len(os.listdir("/dev/fd"))

    before = files()
    for _ in range(3):
        with isolated(clip) as opened:
            next(opened.frames())
        with isolated(clip) as opened:
            list(opened.frames(5))
        refusal(clip, *python(""))
    assert files() == before
