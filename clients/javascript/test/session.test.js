import assert from "node:assert/strict";
import { test } from "node:test";
import { BlazerepsError, connect } from "../dist/index.js";
import {
  ack,
  FakeSocket,
  repCounted,
  seqOf,
  settled,
  SUMMARY,
} from "./fakes.js";
import { answered, opened, URL } from "./opened.js";

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff);
const POINTS = Array.from({ length: 33 }, () => ({ x: 1, y: 2, z: 3 }));

test("where there is no WebSocket one is asked for", async () => {
  const nowhere = connect(URL, { WebSocket: null });
  await assert.rejects(nowhere, /pass one, such as that of the package ws/);
});

test("a session starts with what was asked for, and nothing else", async () => {
  const { session, socket } = await opened({
    exercise: "squat",
    unknown: true,
  });
  assert.equal(socket.url, URL);
  assert.deepEqual(socket.protocols, []);
  assert.deepEqual(socket.sent, [
    { type: "session.start", exercise: "squat", unknown: true },
  ]);
  assert.equal(session.created.session_id, "s1");
  assert.deepEqual(session.counts, { squat: 0 });
});

test("images of every kind are numbered and in order", async () => {
  const { session, socket } = await opened();
  const sent = await Promise.all([
    session.send(new Blob([JPEG]), { atS: 0 }),
    session.send(JPEG, { captureUs: 100_000, rotation: 270 }),
    session.send(JPEG.buffer, { atS: 0.2, mirrored: true }),
  ]);
  assert.deepEqual(sent, [0, 1, 2]);
  assert.deepEqual(socket.said, ["session.start", "#0", "#1", "#2"]);
  assert.deepEqual([...socket.sent[2].slice(16)], [...JPEG]);
  assert.deepEqual(
    socket.sent.slice(1).map((media) => media[2]),
    [0, 3, 4],
  );
});

test("landmarks, nobody and batches are numbered by observation", async () => {
  const { session, socket } = await opened({ input: "landmarks" });
  const nobody = { landmarks: null };
  assert.equal(session.sendLandmarks(POINTS, { atS: 0 }), 0);
  assert.equal(session.sendLandmarks(null, { atS: 0.1 }), 1);
  assert.equal(
    session.sendBatch([
      { atS: 0.2, ...nobody },
      { atS: 0.3, ...nobody },
    ]),
    3,
  );
  assert.equal(session.sendLandmarks(POINTS, { atS: 0.4, world: POINTS }), 4);
  assert.deepEqual(socket.sent.slice(1).map(seqOf), [0, 1, 2, 4]);
  assert.deepEqual(
    socket.sent.slice(1).map((media) => media[1]),
    [2, 2, 4, 2],
  );
});

test("many observations go in batches of at most 64", async () => {
  const { session, socket } = await opened({ input: "landmarks" });
  const many = (count) =>
    Array.from({ length: count }, (_, n) => ({ atS: n, landmarks: null }));
  assert.equal(session.sendBatch([]), -1);
  assert.equal(session.sendBatch(many(65)), 64);
  assert.equal(session.sendBatch(many(129)), 193);
  const batches = socket.sent.slice(1);
  assert.deepEqual(batches.map(seqOf), [0, 64, 65, 129, 193]);
  assert.deepEqual(
    batches.map((media) => (media.length - 16) / 16),
    [64, 1, 64, 64, 1],
  );
});

test("video is WebCodecs' chunks, or bytes and what is to know of them", async () => {
  const { session, socket } = await opened({
    input: "video",
    codec: "vp8",
  });
  const chunk = {
    type: "key",
    timestamp: 1_500_000,
    byteLength: 3,
    copyTo: (target) => target.set(JPEG),
  };
  session.sendVideo(chunk);
  session.sendVideo(JPEG, { atS: 1.6, key: false });
  const [key, delta] = socket.sent.slice(1);
  assert.deepEqual([key[1], key[2], delta[2]], [3, 0b1000, 0]);
  assert.equal(new DataView(key.buffer).getUint32(8, true), 1_500_000);
  assert.deepEqual([...key.slice(16)], [...JPEG]);
});

test("control messages are the protocol's", async () => {
  const { session, socket } = await opened();
  session.update({ exercise: "push_up" });
  session.pause();
  session.resume({ countdown_s: 3 });
  session.reset();
  assert.deepEqual(socket.sent.slice(1), [
    { type: "session.update", exercise: "push_up" },
    { type: "counting.pause" },
    { type: "counting.resume", arm: { countdown_s: 3 } },
    { type: "counting.reset" },
  ]);
});

test("listeners are told of their type until they stop, and counts are kept", async () => {
  const { session, socket } = await opened();
  const heard = [];
  const stop = session.on("rep.counted", ({ count }) => heard.push(count));
  socket.tell(repCounted(1));
  socket.tell({ type: "going_away", left_s: 5 });
  stop();
  socket.tell(repCounted(2));
  assert.deepEqual(heard, [1]);
  assert.deepEqual(session.counts, { squat: 2 });
});

test("an event that was told already is dropped", async () => {
  const { session, socket } = await opened();
  const heard = [];
  session.on("rep.counted", ({ event_id }) => heard.push(event_id));
  [1, 2, 2, 1, 3].forEach((id) => socket.tell(repCounted(id)));
  assert.deepEqual(heard, [1, 2, 3]);
});

test("iterating gives every event, and ends with the session", async () => {
  const { session, socket } = await opened();
  const events = session[Symbol.asyncIterator]();
  socket.tell(repCounted(1));
  socket.tell(ack(0));
  const heard = [];
  const reading = (async () => {
    for await (const { type } of events) heard.push(type);
  })();
  await settled();
  assert.deepEqual(heard, ["rep.counted", "ack"]);
  void session.end();
  socket.tell(SUMMARY);
  socket.drop(1000);
  await reading;
  assert.deepEqual(heard, ["rep.counted", "ack", "session.summary"]);
});

test("an iterator throws what ended the session, after what was told", async () => {
  const { session, socket } = await opened();
  const events = session[Symbol.asyncIterator]();
  socket.tell(repCounted(1));
  socket.drop(4409, "superseded");
  assert.equal((await events.next()).value.type, "rep.counted");
  await assert.rejects(events.next(), { code: "superseded" });
});

test("the end resolves with the summary, after what is being sent", async () => {
  const { session, socket } = await opened();
  void session.send(new Blob([JPEG]), { atS: 0 });
  const summary = session.end();
  assert.equal(session.ready, false);
  assert.throws(() => session.pause(), { code: "closed" });
  while (!socket.said.includes("session.end")) await settled();
  assert.deepEqual(socket.said.slice(1), ["#0", "session.end"]);
  socket.tell(SUMMARY);
  assert.deepEqual((await summary).counts, { squat: 1 });
  assert.equal(await session.end(), await summary);
});

test("the end rejects when the session is over before", async () => {
  const { session, socket } = await opened();
  const summary = session.end();
  await settled();
  socket.drop(1006);
  await assert.rejects(summary, {
    name: "BlazerepsError",
    code: "connection_lost",
  });
});

test("closing leaves at once and is no error", async () => {
  const { session, socket, clock } = await opened();
  const closed = [];
  session.on("closed", ({ error }) => closed.push(error));
  session.on("error", assert.fail);
  session.close();
  assert.ok(socket.closed);
  assert.deepEqual(closed, [null]);
  assert.deepEqual(clock.waits, []);
  await assert.rejects(session.end(), { code: "closed" });
});

test("a ping resolves with its own pong", async () => {
  const { session, socket } = await opened();
  const pong = session.ping();
  socket.tell({ type: "pong", nonce: "another" });
  socket.tell({
    type: "pong",
    nonce: socket.sent.at(-1).nonce,
    server_time: "now",
  });
  assert.equal((await pong).server_time, "now");
});

test("a recoverable error is told with its field and number", async () => {
  const { session, socket } = await opened();
  const errors = [];
  session.on("error", (error) => errors.push(error));
  socket.tell({
    type: "error",
    code: "damaged",
    message: "The image is damaged.",
    recoverable: true,
    field: "payload",
    seq: 3,
  });
  const [error] = errors;
  assert.ok(error instanceof BlazerepsError);
  assert.deepEqual(
    [error.code, error.message, error.recoverable, error.field, error.seq],
    ["damaged", "The image is damaged.", true, "payload", 3],
  );
  assert.ok(session.ready);
});

test("a fatal error is told once, with the close", async () => {
  const { session, socket } = await opened();
  const told = [];
  session.on("error", ({ code }) => told.push(code));
  session.on("closed", ({ error }) => told.push(`closed by ${error.code}`));
  socket.tell({
    type: "error",
    code: "idle",
    message: "Idle.",
    recoverable: false,
  });
  socket.drop(4408, "idle");
  assert.deepEqual(told, ["idle", "closed by idle"]);
});

test("what is asked of a session afterwards rejects with what ended it", async () => {
  const { session, socket } = await opened();
  socket.tell({
    type: "error",
    code: "session_too_long",
    message: "A connection may last 7200 s.",
    recoverable: false,
  });
  socket.drop(4408);
  assert.throws(() => session.pause(), { code: "session_too_long" });
  await assert.rejects(session.end(), { code: "session_too_long" });
});

test("connecting rejects with the server's word", async () => {
  const refused = answered((socket) => {
    socket.accept({
      type: "error",
      code: "unknown_exercise",
      message: "No exercise is called so.",
      recoverable: false,
    });
    socket.drop(4404);
  });
  await assert.rejects(refused, {
    code: "unknown_exercise",
    message: /called so/,
  });
});

test("connecting rejects where nobody answers", async () => {
  const unreachable = answered((socket) => {
    socket.onerror({ message: "ECONNREFUSED" });
    socket.drop(1006);
  });
  await assert.rejects(unreachable, {
    code: "connection_lost",
    message: /ECONNREFUSED/,
  });
  await assert.rejects(
    answered((socket) => socket.onerror({})),
    /refused, or nobody answered/,
  );
  await assert.rejects(
    answered((_, clock) => clock.advance(20_000)),
    { code: "connection_lost", message: /nothing was heard/ },
  );
});

test("connecting rejects where the address is none", async () => {
  class Refusing {
    constructor(url) {
      throw new SyntaxError(`${url} is no address`);
    }
  }
  await assert.rejects(
    answered(() => {}, { WebSocket: Refusing }),
    /no address/,
  );
});

test("a frame should not be sent while the network or the server lags", async () => {
  const { session, socket } = await opened();
  assert.ok(session.ready);
  socket.bufferedAmount = 1_000_000;
  assert.equal(session.ready, false);
  socket.bufferedAmount = 0;
  for (let seq = 0; session.ready; seq++)
    await session.send(JPEG, { atS: seq });
  assert.equal(socket.said.at(-1), "#8"); // a credit of one, and eight under way
  socket.tell(ack(4));
  assert.ok(session.ready);
  socket.tell(ack(4, { credit: 0 }));
  assert.ok(session.ready);
});

for (const [code, ready] of [
  ["invalid_landmarks", true],
  ["time_went_backwards", false],
]) {
  test(`of a batch with ${code} ${ready ? "nothing" : "the rest"} is under way`, async () => {
    const { session, socket } = await opened({ input: "landmarks" });
    const nobody = (_, atS) => ({ atS, landmarks: null });
    session.sendBatch(Array.from({ length: 40 }, nobody));
    assert.equal(session.ready, false);
    const refusal = { type: "error", message: "", recoverable: true, seq: 0 };
    socket.tell({ ...refusal, code });
    assert.equal(session.ready, ready);
  });
}

test("React Native's socket, which counts no bytes, is ready", async () => {
  const { session, socket } = await opened();
  socket.bufferedAmount = undefined;
  assert.ok(session.ready);
});

test("the heartbeat is nobody's event", async () => {
  const { session, socket, clock } = await opened();
  session.on("pong", assert.fail);
  for (let beat = 0; beat < 10; beat++) {
    await clock.advance(5000);
    socket.tell({ type: "pong", nonce: socket.sent.at(-1).nonce });
  }
  assert.equal(FakeSocket.last, socket);
});

test("what a newer server says is handed on as it is", async () => {
  const { session, socket } = await opened();
  const told = [];
  session.on("telepathy", ({ thought }) => told.push(thought));
  session.on("rep.counted", ({ grade }) => told.push(grade));
  socket.tell({ type: "telepathy", thought: "deeper" });
  socket.tell({ ...repCounted(1), grade: "superb", mood: {} });
  assert.deepEqual(told, ["deeper", "superb"]);
  assert.deepEqual(session.counts, { squat: 1 });
});
