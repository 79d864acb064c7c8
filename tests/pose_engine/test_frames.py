"""Images from outside: what is read, how it is turned, what is refused and why."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from pose_engine import jpeg, png
from pose_engine.frames import Frame, FrameError, ImageLimits, exif_orientation, read_image

SIZE = (40, 24)
QUARTERS = [(0, 0), (20, 0), (0, 12), (20, 12)]
DEFAULT = ImageLimits()


def picture() -> Image.Image:
    """Four quarters of different colours, so that every flip and turn shows."""
    image = Image.new("RGB", SIZE)
    for colour, (x, y) in zip(("red", "lime", "blue", "white"), QUARTERS, strict=True):
        image.paste(colour, (x, y, x + 20, y + 12))
    return image


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def refusal(data: bytes, limits: ImageLimits = DEFAULT) -> FrameError:
    with pytest.raises(FrameError) as caught:
        read_image(data, limits=limits)
    return caught.value


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is as large as this, and holds nothing."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + checked + struct.pack(">I", 100) + b"IDAT"


@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True}), ("JPEG", {"quality": 95})]
)
def test_the_three_formats_are_read(kind: str, options: dict[str, object]) -> None:
    frame = read_image(encoded(picture(), kind, **options))
    assert (frame.width, frame.height) == SIZE
    assert frame.pixels.flags.c_contiguous
    np.testing.assert_allclose(frame.pixels[6, 10], [255, 0, 0], atol=8)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(orientation: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(picture(), kind, exif=exif, lossless=True)
    with Image.open(BytesIO(data)) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored))
    np.testing.assert_array_equal(read_image(data).pixels, expected)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_declared_rotation_is_clockwise(rotation: int) -> None:
    expected = np.asarray(picture().rotate(-rotation, expand=True))
    frame = read_image(encoded(picture()), rotation=rotation)
    np.testing.assert_array_equal(frame.pixels, expected)


def test_a_mirror_image_is_flipped_back_once_upright() -> None:
    expected = np.asarray(ImageOps.mirror(picture().rotate(-90, expand=True)))
    frame = read_image(encoded(picture()), rotation=90, mirrored=True)
    np.testing.assert_array_equal(frame.pixels, expected)
    assert frame.pixels.flags.c_contiguous


@pytest.mark.parametrize("rotation", [0, 90])
@pytest.mark.parametrize("shrink", [2, 4, 8])
def test_a_jpeg_may_be_read_smaller_and_stays_as_large(shrink: int, rotation: int) -> None:
    data = encoded(picture().resize((640, 384)), "JPEG", quality=95)
    whole = read_image(data, rotation=rotation)
    small = read_image(data, rotation=rotation, shrink=shrink)
    assert small.shrunk == shrink
    assert (small.width, small.height) == (whole.width, whole.height)
    assert small.pixels.shape == (small.height // shrink, small.width // shrink, 3)
    assert small.pixels.flags.c_contiguous
    inner = slice(1, 15), slice(1, 15)
    np.testing.assert_allclose(small.pixels[inner], whole.pixels[inner], atol=8)


@pytest.mark.parametrize(
    ("kind", "size"), [("PNG", (640, 384)), ("WEBP", (640, 384)), ("JPEG", (641, 384))]
)
def test_what_cannot_be_read_smaller_to_the_pixel_is_read_whole(
    kind: str, size: tuple[int, int]
) -> None:
    frame = read_image(encoded(picture().resize(size), kind), shrink=2)
    assert frame.shrunk == 1
    assert (frame.width, frame.height) == size


@pytest.mark.parametrize("shrink", [1, 2])
def test_a_jpeg_that_ends_early_is_damaged(shrink: int) -> None:
    data = encoded(picture().resize((640, 384)), "JPEG", quality=95)
    with pytest.raises(FrameError) as caught:
        read_image(data[: len(data) // 2], shrink=shrink)
    assert caught.value.code == "damaged"


def test_what_a_lenient_decoder_bears_with_is_read() -> None:
    data = encoded(picture(), "JPEG", quality=95)
    strange = data[:20] + b"\0\0" + data[20:]  # "extraneous bytes", says libjpeg
    np.testing.assert_array_equal(read_image(strange).pixels, read_image(data).pixels)


@pytest.mark.parametrize("rotation", [1, -90, 360, 45])
def test_other_rotations_are_refused(rotation: int) -> None:
    with pytest.raises(ValueError, match="rotation must be 0, 90, 180 or 270") as caught:
        read_image(encoded(picture()), rotation=rotation)
    assert not isinstance(caught.value, FrameError)


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1"])
def test_other_kinds_of_pixel_become_rgb(mode: str) -> None:
    expected = picture().convert(mode)
    np.testing.assert_array_equal(
        read_image(encoded(expected)).pixels, np.asarray(expected.convert("RGB"))
    )


def test_a_palette_with_transparency_is_read() -> None:
    image = picture().convert("P")
    frame = read_image(encoded(image, transparency=bytes([0, 128, 255])))
    np.testing.assert_array_equal(frame.pixels, np.asarray(image.convert("RGB")))


def test_sixteen_bits_of_grey_are_scaled_not_cut() -> None:
    grey = np.full((24, 40), 0x80FF, np.uint16)
    assert (read_image(encoded(Image.fromarray(grey))).pixels == 0x80).all()


def test_a_cmyk_jpeg_is_read() -> None:
    frame = read_image(encoded(picture().convert("CMYK"), "JPEG", quality=95))
    np.testing.assert_allclose(frame.pixels[6, 10], [255, 0, 0], atol=12)


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("WEBP", {"lossless": True})])
def test_of_an_animation_the_first_picture_is_read(kind: str, options: dict[str, object]) -> None:
    second = Image.new("RGB", SIZE, "black")
    data = encoded(picture(), kind, save_all=True, append_images=[second], **options)
    np.testing.assert_array_equal(read_image(data).pixels, np.asarray(picture()))


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\xff\xd8", b"GIF89a" + bytes(50), b"RIFF\0\0\0\0WAVE", b"%PDF-1.7"]
)
def test_other_formats_are_refused(data: bytes) -> None:
    error = refusal(data)
    assert error.code == "unsupported_format"
    assert "JPEG, PNG or WebP" in str(error)


def test_limits_are_named_when_they_are_passed() -> None:
    data = encoded(picture())
    cases = {
        "too_many_bytes": ImageLimits(max_bytes=len(data) - 1),
        "too_many_pixels": ImageLimits(max_pixels=40 * 24 - 1),
        "side_too_long": ImageLimits(max_side=39),
        "side_too_short": ImageLimits(min_side=25),
    }
    limits_named = {"too_many_bytes": len(data) - 1, "too_many_pixels": 959, "side_too_long": 39,
                    "side_too_short": 25}  # fmt: skip
    for code, limits in cases.items():
        error = refusal(data, limits)
        assert error.code == code
        assert str(limits_named[code]) in str(error)
    exact = ImageLimits(max_bytes=len(data), max_pixels=960, max_side=40, min_side=24)
    assert read_image(data, limits=exact).width == 40


def test_a_bomb_is_refused_by_its_header() -> None:
    assert refusal(png_header(60_000, 60_000)).code == "side_too_long"
    assert refusal(png_header(8_000, 8_000)).code == "too_many_pixels"
    extended = b"VP8X" + struct.pack("<II", 10, 0) + (59_999).to_bytes(3, "little") * 2
    assert refusal(b"RIFF" + bytes(4) + b"WEBP" + extended).code == "side_too_long"


def again(data: bytes, times: int) -> bytes:
    """A JPEG whose last scan comes so many times more."""
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + times * last + data[-2:]


def test_a_jpeg_that_goes_over_its_picture_too_often_is_refused() -> None:
    data = encoded(picture(), "JPEG", progressive=True)
    scans = data.count(b"\xff\xda")
    allowed = again(data, DEFAULT.max_scans - scans)
    assert read_image(allowed).width == 40
    error = refusal(again(data, DEFAULT.max_scans - scans + 1))
    assert error.code == "unsupported_format"
    assert "more than 32 scans, the limit" in str(error)


@pytest.mark.parametrize("reserved", [0x02, 0x4F, 0xBF])
def test_scans_cannot_hide_in_what_is_no_segment(reserved: int) -> None:
    """Where a decoder expects a restart it passes over such a marker, and reads what follows."""
    data = encoded(picture(), "JPEG", progressive=True, restart_marker_blocks=1)
    last = data[data.rindex(b"\xff\xda") : -2]
    again = last[: 2 + int.from_bytes(last[2:4])] * 100
    bogus = b"\xff" + bytes([reserved]) + struct.pack(">H", 2 + len(again))
    hidden = data[:-2] + last[: last.index(b"\xff\xd0")] + bogus + again + b"\xff\xd9"
    assert refusal(hidden).code == "unsupported_format"


def test_segments_without_end_are_not_walked_through() -> None:
    data = encoded(picture(), "JPEG")
    empty, scans = b"\xff\xe0\x00\x02", 40 * b"\xff\xda\x00\x02"
    assert refusal(data[:-2] + 100_000 * empty + scans).code == "unsupported_format"


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", 2 + len(data)) + data


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_parts_without_end_are_refused() -> None:
    """Each takes Pillow some microseconds, for which nothing else goes on."""
    data = encoded(picture(), "JPEG")
    assert "4096 segments" in str(refusal(data[:2] + 5000 * segment(0xFE, b"") + data[2:]))
    assert "65536 bytes" in str(refusal(data[:2] + 2 * segment(0xC0, bytes(40_000)) + data[2:]))
    data = encoded(picture(), "PNG")
    for at in (33, -12):  # before the picture and behind it
        assert "8192 chunks" in str(refusal(data[:at] + 9000 * chunk(b"tIME") + data[at:]))


def test_what_says_nothing_of_a_jpegs_picture_is_left_out() -> None:
    """Of each damaged tag Pillow would warn, and so write a line into the log."""
    tags = b"".join(struct.pack("<HHII", 0x9000 + i, 2, 9000, 9000) for i in range(1000))
    exif = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1000) + tags
    profile, comment = b"ICC_PROFILE\0\1\1" + bytes(9000), bytes(9000)
    parts = ((0xE1, exif), (0xE2, profile), (0xED, b"Photoshop 3.0\0"), (0xFE, comment))
    for mode in ("RGB", "L", "CMYK"):
        plain = encoded(picture().convert(mode), "JPEG")
        data = plain[:2] + b"".join(segment(*part) for part in parts) + plain[2:]
        assert jpeg.bare(data) == (jpeg.bare(plain)[0], exif)
        np.testing.assert_array_equal(read_image(data).pixels, read_image(plain).pixels)


def test_what_says_nothing_of_a_pngs_picture_is_left_out() -> None:
    """A colour profile would be unpacked, each of hundreds anew."""
    plain, exif = encoded(picture(), "PNG"), b"II*\0" + bytes(4)
    profile = chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(1_000_000)))
    data = plain[:33] + 1000 * profile + chunk(b"eXIf", exif) + plain[33:-12] + profile
    assert png.bare(data + plain[-12:]) == (plain, exif)
    np.testing.assert_array_equal(read_image(data).pixels, read_image(plain).pixels)


def test_what_only_looks_like_a_scan_is_none() -> None:
    """A small picture in its header, and a film behind it."""
    data = encoded(picture(), "JPEG")
    start = b"\xff\xda"
    header = b"\xff\xe2" + struct.pack(">H", 82) + 40 * start
    strange = data[:2] + header + data[2:] + 40 * start
    np.testing.assert_array_equal(read_image(strange).pixels, read_image(data).pixels)


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}, {"exif": Image.Exif()}])
def test_webp_sizes_are_read_from_all_three_kinds_of_header(options: dict[str, object]) -> None:
    data = encoded(picture(), "WEBP", **options)
    exact = ImageLimits(max_side=40, min_side=24)
    assert read_image(data, limits=exact).width == 40
    assert "40x24" in str(refusal(data, ImageLimits(max_side=39)))


@given(st.binary(max_size=60), st.sampled_from([b"", b"II*\0", b"MM\0*", b"Exif\0\0II*\0"]))
def test_orientation_comes_out_of_any_bytes(rest: bytes, start: bytes) -> None:
    assert exif_orientation(start + rest) >= 0


@pytest.mark.parametrize(("order", "mark"), [("<", b"II*\0"), (">", b"MM\0*")])
def test_orientation_is_found_in_both_byte_orders(order: str, mark: bytes) -> None:
    first = struct.pack(f"{order}HHIHxx", 0x010F, 3, 1, 7)
    second = struct.pack(f"{order}HHIHxx", 0x0112, 3, 1, 6)
    exif = mark + struct.pack(f"{order}IH", 8, 2) + first + second
    assert exif_orientation(exif) == 6
    assert exif_orientation(exif[:-3]) == 1


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "JPEG"])
def test_a_truncated_image_is_refused(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    data = encoded(noise, kind)
    for keep in (0.9, 0.5, 0.1):
        assert refusal(data[: int(keep * len(data))]).code == "damaged"


@given(
    st.sampled_from(["PNG", "WEBP", "JPEG"]),
    st.lists(st.tuples(st.integers(3, 10_000), st.integers(0, 255)), max_size=8),
    st.integers(3, 10_000),
)
def test_damage_gives_a_frame_or_a_frame_error(
    kind: str, changes: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(encoded(picture(), kind))
    for at, value in changes:
        data[at % len(data)] = value
    try:
        frame = read_image(bytes(data[:length]))
    except FrameError:
        return
    assert frame.pixels.ndim == 3


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 8, 3), np.uint8)[:, ::2],
    ],
)
def test_a_frame_is_rgb_bytes_in_order(
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
) -> None:
    with pytest.raises(ValueError, match="pixels must be"):
        Frame(pixels)
