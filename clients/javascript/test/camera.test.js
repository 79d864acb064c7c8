import assert from "node:assert/strict";
import { test } from "node:test";
import { streamCamera } from "../dist/index.js";
import { CREATED, settled } from "./fakes.js";
import { opened } from "./opened.js";

globalThis.document = {
  createElement: () => ({
    getContext: () => ({ drawImage() {} }),
    toBlob(done, type, quality) {
      assert.deepEqual([type, quality], ["image/jpeg", 0.8]);
      setImmediate(done, new Blob([`${this.width}x${this.height}`]));
    },
  }),
};

/** A playing video whose frames the test shows. */
class FakeVideo {
  videoWidth = 1280;
  videoHeight = 720;
  constructor(srcObject = {}) {
    this.srcObject = srcObject;
  }
  requestVideoFrameCallback(seen) {
    this.seen = seen;
  }
  async show(ms) {
    const { seen } = this;
    this.seen = null;
    seen?.(ms + 7, { captureTime: ms, mediaTime: ms / 1e3 + 100 });
    await flushed();
  }
}

/** Lets a frame be encoded and read. */
async function flushed() {
  for (let n = 0; n < 5; n++) await settled();
}

const shots = (socket) =>
  socket.sent.slice(1).map((media) => {
    const view = new DataView(media.buffer);
    const size = new TextDecoder().decode(media.slice(16));
    return [Number(view.getBigUint64(8, true)) / 1000, size, media[2]];
  });

test("frames are thinned and shrunk, and have their capture times", async () => {
  const { session, socket } = await opened();
  const video = new FakeVideo();
  streamCamera(session, video, { fps: 10, mirrored: true });
  for (const ms of [0, 33, 66, 99, 133, 199, 199]) await video.show(ms);
  assert.deepEqual(shots(socket), [
    [0, "640x360", 4],
    [99, "640x360", 4],
    [199, "640x360", 4],
  ]);
});

test("a file's frames have the times of the file", async () => {
  const { session, socket } = await opened();
  const video = new FakeVideo(null);
  streamCamera(session, video);
  await video.show(500);
  assert.equal(shots(socket)[0][0], 100_500);
});

test("the times of a file that is played again or wound back go on", async () => {
  const { session, socket } = await opened();
  const video = new FakeVideo(null);
  streamCamera(session, video, { fps: 10 });
  for (const ms of [0, 100, 200, 0, 100, 50, 150]) await video.show(ms);
  assert.deepEqual(
    shots(socket).map(([ms]) => ms - 100_000),
    [0, 100, 200, 300, 400],
  );
});

test("nothing is sent while the session is not ready, or after the stop", async () => {
  const { session, socket } = await opened();
  const video = new FakeVideo();
  const stop = streamCamera(session, video);
  socket.bufferedAmount = 1e6;
  await video.show(0);
  socket.bufferedAmount = 0;
  await video.show(100);
  stop();
  await video.show(200);
  assert.deepEqual(
    shots(socket).map(([ms]) => ms),
    [100],
  );
});

test("a frame that cannot be taken or sent is an error of the session, and the next is tried", async () => {
  const limits = { ...CREATED.limits, max_message_bytes: 22 };
  const { session, socket } = await opened({ created: { ...CREATED, limits } });
  const told = [];
  session.on("error", (error) =>
    told.push([error.code, error.message, error.recoverable]),
  );
  const video = new FakeVideo();
  streamCamera(session, video);
  await video.show(0); // 16 bytes and 640x360
  Object.defineProperty(video, "videoWidth", {
    get() {
      throw new TypeError("no picture");
    },
    configurable: true,
  });
  await video.show(100);
  Object.defineProperty(video, "videoWidth", { value: 100 });
  await video.show(200);
  assert.deepEqual(told, [
    ["message_too_large", "A message may have 22 bytes, not 23.", true],
    ["camera_failed", "TypeError: no picture", true],
  ]);
  assert.deepEqual(shots(socket), [[200, "89x640", 0]]);
});

test("the server's advice on the rate is followed, and no further than asked", async () => {
  const { session, socket } = await opened();
  const video = new FakeVideo();
  streamCamera(session, video, { fps: 10 });
  const advice = { type: "rate.advice", reason: "overloaded" };
  socket.tell({ ...advice, fps: 5, long_side_px: 320 });
  for (const ms of [0, 100, 200]) await video.show(ms);
  socket.tell({ ...advice, fps: 60, long_side_px: null });
  for (const ms of [400, 450, 500]) await video.show(ms);
  assert.deepEqual(shots(socket), [
    [0, "320x180", 0],
    [200, "320x180", 0],
    [400, "320x180", 0],
    [500, "320x180", 0],
  ]);
});

test("where a browser tells no frames, the screen's are taken", async () => {
  const { session, socket } = await opened();
  const video = { videoWidth: 64, videoHeight: 48, srcObject: {} };
  let next;
  globalThis.requestAnimationFrame = (seen) => (next = seen);
  const stop = streamCamera(session, video);
  next(1000);
  await flushed();
  stop();
  next(1100);
  await flushed();
  assert.deepEqual(shots(socket), [[1000, "64x48", 0]]);
});
