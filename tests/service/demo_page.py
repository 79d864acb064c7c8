"""The demo page in headless Chromium: what is looked at, and what is done to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.service.chromium import Tab, tab
from tests.service.fakes import REP, encoded

ASKED: Final = (
    "document.querySelectorAll('option').length > 1 || !document.getElementById('locked').hidden"
)
"""Whether the server has told its exercises, or that it wants a key."""
DENIED: Final = "--use-fake-ui-for-media-stream=deny"
STATUS: Final = "document.getElementById('status').textContent"
COUNTING: Final = "document.getElementById('progress').textContent.includes('frames')"
SHOWN: Final = "document.getElementById('counts').innerText.trim().replaceAll(/\\s+/g, ' ')"
TOLD: Final = "document.getElementById('events').innerText"
NOBODY_IN: Final = "!document.body.classList.contains('live')"
FOCUSED: Final = "document.activeElement.id"
TICKETS: Final = (
    "performance.getEntriesByType('resource').filter(({name}) => name.endsWith('/tickets')).length"
)
WITNESSED: Final = """
    window.streams = [];
    const media = navigator.mediaDevices, given = media.getUserMedia.bind(media);
    media.getUserMedia = async (...asked) => {
      window.streams.push(await given(...asked));
      return window.streams.at(-1);
    };
"""
"""Keeps the cameras that are given."""
ON: Final = "window.streams.filter((one) => one.active).length"
DEVICES: Final = "window.streams.map((one) => one.getVideoTracks()[0].getSettings().deviceId)"
SENT: Final = """
    window.sent = [];
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
      if (data.buffer) window.sent.push(Number(new DataView(data.buffer).getBigUint64(8, true)));
      send.call(this, data);
    };
"""
"""Keeps the capture times of what is sent, in microseconds."""
SOCKETS: Final = """
    window.sockets = 0;
    window.WebSocket = class extends WebSocket {
      constructor(...all) {
        super(...all);
        window.sockets++;
      }
    };
"""
"""Counts the connections."""
READ_ALOUD: Final = """
    window.said = [];
    new MutationObserver((changes) => changes.forEach(({target}) => {
      const place = target.closest ? target : target.parentElement;
      const live = place?.closest("[role=status], [aria-live]");
      if (live?.textContent) window.said.push(live.textContent);
    })).observe(document.body, {subtree: true, childList: true, characterData: true});
"""
"""Keeps what a screen reader is given to say."""
PAINTED: Final = """
    window.bare = window.drawn = 0;
    const {drawImage, stroke} = CanvasRenderingContext2D.prototype;
    let stroked = false;
    CanvasRenderingContext2D.prototype.drawImage = function (...all) {
      drawImage.apply(this, all);
      if (this.canvas.id !== "picture") return;
      stroked = false;
      queueMicrotask(() => stroked ? window.drawn++ : window.bare++);
    };
    CanvasRenderingContext2D.prototype.stroke = function () {
      stroked = true;
      stroke.call(this);
    };
"""
"""Counts the pictures that are shown with a skeleton and without."""
LOCKS: Final = """
    window.locks = [];
    const wakeLock = navigator.wakeLock, request = wakeLock.request.bind(wakeLock);
    wakeLock.request = async (kind) => {
      window.locks.push(await request(kind));
      return window.locks.at(-1);
    };
"""
"""Keeps what keeps the screen on."""
AWAKE: Final = "window.locks.filter((one) => !one.released).length"
BOTTOM_EDGE: Final = "getBoundingClientRect().bottom"
CONTRAST: Final = """
(() => {
    const channels = (color) => color.match(/[0-9.]+/g).slice(0, 3).map((value) => value / 255);
    const shades = (color) => channels(color).map((value) =>
      value <= .04045 ? value / 12.92 : ((value + .055) / 1.055) ** 2.4);
    const light = (color) => {
      const [red, green, blue] = shades(color);
      return .2126 * red + .7152 * green + .0722 * blue + .05;
    };
    const text = getComputedStyle(document.querySelector("#progress")).color;
    document.body.style.background = "Canvas";
    const ratio = light(text) / light(getComputedStyle(document.body).backgroundColor);
    return Math.max(ratio, 1 / ratio);
})()"""
"""Of the small print, as WCAG reckons it."""
IMPATIENT: Final = """
    AbortSignal.timeout = ((wait) => (ms) => wait(ms / 10))(AbortSignal.timeout.bind(AbortSignal));
"""
"""Requests are given up ten times as soon."""
HASTY: Final = "window.setInterval = ((every) => (act, ms) => every(act, ms / 10))(setInterval)"
"""Silence is noticed ten times as soon."""
SAID_AFTER_A_LOSS: Final = """
    (async () => {
      const sockets = [], said = [];
      window.WebSocket = class {
        constructor() { sockets.push(this); }
        send(message) { if (!message.buffer) said.push(JSON.parse(message).type); }
        close() {}
      };
      const hear = (message) => sockets.at(-1).onmessage({data: JSON.stringify(message)});
      const another = async (number) => {
        while (sockets.length < number) await new Promise((done) => setTimeout(done, 10));
        sockets.at(-1).onopen();
      };
      const {Session} = await import("/page/session.js");
      const session = new Session({}, async () => [], () => {});
      await another(1);
      hear({type: "session.created", limits: {resume_s: 60}});
      sockets[0].onclose({code: 1006});
      session.say({type: "session.update"});
      for (let n = 0; n < 1000; n++) session.send(new ArrayBuffer(1), n);
      await another(2);
      hear({type: "session.resumed", resumed_at_seq: null});
      session.close();
      return said;
    })()
"""
"""What a session says to a fake server besides pictures, many of which come after a command."""
CAMERA_FRAMES: Final = 6
"""So many of each level, at 30 a second."""
SQUAT_S: Final = len(REP) * CAMERA_FRAMES / 30
REPS: Final = """
    [...document.querySelectorAll("#events li")]
      .filter((line) => line.textContent.includes("Squat"))
      .map((line) => parseFloat(line.firstChild.textContent))
"""
"""When the counted ones ended, the newest first."""
CHOOSE: Final = """
    document.getElementById("exercise").value = "%s";
    document.getElementById("exercise").dispatchEvent(new Event("change"));
"""
HELD_TICKET: Final = {"urlPattern": "*/tickets"}
"""A request that the browser keeps back until it is told otherwise."""


@contextmanager
def demo(address: str, profile: Path, *flags: str, key: str = "") -> Iterator[Tab]:
    """The demo page, with the key typed in."""
    with tab(f"http://{address}/", profile, *flags) as page:
        page.wait(ASKED)
        page.evaluate(WITNESSED)
        if key:
            page.evaluate(f"document.getElementById('key').value = '{key}'")
            page.evaluate("document.getElementById('key').onchange()")
        yield page


def press(page: Tab, name: str, times: int = 1) -> None:
    page.evaluate(f"document.getElementById('{name}').click();" * times)


def take_camera_away(page: Tab) -> None:
    page.call("Browser.setPermission", permission={"name": "camera"}, setting="denied")


def squatting(folder: Path) -> str:
    """The flag for a camera that sees a squat again and again."""
    film = folder / "camera.mjpeg"
    film.write_bytes(b"".join(encoded(level, "JPEG") * CAMERA_FRAMES for level in REP))
    return f"--use-file-for-fake-video-capture={film}"


def status(page: Tab, beginning: str) -> None:
    """Wait until it is said."""
    page.wait(f"{STATUS}.startsWith('{beginning}')")


def choose(page: Tab, file: Path) -> None:
    root = page.call("DOM.getDocument")["root"]["nodeId"]
    field = page.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    page.call("DOM.setFileInputFiles", nodeId=field, files=[str(file)])


def resize(page: Tab, width: int, height: int) -> None:
    size = {"width": width, "height": height}
    page.call("Emulation.setDeviceMetricsOverride", **size, deviceScaleFactor=1, mobile=True)
