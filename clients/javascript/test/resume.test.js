import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "../dist/backoff.js";
import {
  ack,
  CREATED,
  FakeSocket,
  repCounted,
  RESUMABLE,
  RESUMED,
  settled,
  SUMMARY,
} from "./fakes.js";
import { opened } from "./opened.js";

const JPEG = Uint8Array.of(0xff, 0xd8, 0xff);

const LOSSLESS = { ...RESUMABLE, config: { pacing: "lossless" } };

const LIVE = { ...RESUMABLE, config: { pacing: "live", input: "frames" } };

/** Of each media message, whether it is marked as late. */
const lateOnes = (socket) =>
  socket.sent
    .filter((message) => message instanceof Uint8Array)
    .map((message) => (message[2] & 0b10000) > 0);

const lasting = (options) => opened({ created: RESUMABLE, ...options });

async function sendMany(session, first, count, image = JPEG) {
  for (let n = first; n < first + count; n++)
    await session.send(image, { atS: n / 10 });
}

/** Loses the connection and waits until the next attempt. */
async function reconnected(socket, clock, code) {
  socket.drop(code);
  await clock.advance(Math.max(...clock.waits));
  assert.notEqual(FakeSocket.last, socket);
  return FakeSocket.last;
}

test("the bounds of the waits double up to five seconds", () => {
  const waits = (random) =>
    [0, 1, 2, 4, 5, 50].map((n) => backoffMs(n, () => random));
  assert.deepEqual(waits(1), [200, 400, 800, 3200, 5000, 5000]);
  assert.deepEqual(waits(0.5), [100, 200, 400, 1600, 2500, 2500]);
  assert.deepEqual(waits(0), [0, 0, 0, 0, 0, 0]);
});

test("a lost connection is resumed with the last event that was told", async () => {
  const { session, socket, clock } = await lasting();
  const heard = [];
  for (const type of ["connection.lost", "session.resumed", "rep.counted"]) {
    session.on(type, () => heard.push(type));
  }
  socket.tell(repCounted(4, 1));
  const next = await reconnected(socket, clock);
  next.accept(
    { ...RESUMED, counts: { squat: 2 } },
    repCounted(4, 1),
    repCounted(5, 2),
  );
  assert.deepEqual(next.sent, [
    {
      type: "session.resume",
      session_id: "s1",
      resume_token: "secret",
      last_event_id: 4,
    },
  ]);
  assert.deepEqual(heard, [
    "rep.counted",
    "connection.lost",
    "session.resumed",
    "rep.counted",
  ]);
  assert.deepEqual(session.counts, { squat: 2 });
});

test("what is not stored is sent again, in order, and what is counted is not", async () => {
  const { session, socket, clock } = await lasting();
  await sendMany(session, 0, 4);
  session.update({ exercise: "squat" });
  await sendMany(session, 4, 2);
  socket.tell(ack(5, { stored_seq: 1 }));
  const next = await reconnected(socket, clock);
  assert.ok(session.ready);
  await sendMany(session, 6, 1);
  next.accept({ ...RESUMED, resumed_at_seq: 2 });
  assert.deepEqual(next.said, [
    "session.resume",
    "#3",
    "session.update",
    "#4",
    "#5",
    "#6",
  ]);
  await sendMany(session, 7, 1);
  assert.equal(next.said.at(-1), "#7");
});

test("live frames that were held up are marked until the server has caught up", async () => {
  const { session, socket, clock } = await lasting({ created: LIVE });
  await sendMany(session, 0, 3);
  assert.deepEqual(lateOnes(socket), [false, false, false]);
  const next = await reconnected(socket, clock);
  session.update({ exercise: "squat" });
  next.accept({ ...RESUMED, resumed_at_seq: 0 });
  assert.deepEqual(next.said.slice(1), ["#1", "#2", "session.update"]);
  assert.ok(session.ready);
  await sendMany(session, 3, 1);
  next.tell(ack(3));
  await sendMany(session, 4, 1);
  assert.deepEqual(next.said.slice(4), ["#3", "#4"]);
  assert.deepEqual(lateOnes(next), [true, true, true, false]);
});

test("of many late frames some are under way at a time", async () => {
  const { session, socket, clock } = await lasting({ created: LIVE });
  await sendMany(session, 0, 20);
  const next = await reconnected(socket, clock);
  next.accept(RESUMED);
  assert.equal(next.said.at(-1), "#15");
  next.tell(ack(2));
  assert.equal(next.said.at(-1), "#18");
});

test("what was given up is not caught up with, and makes no room for more", async () => {
  const { session, socket, clock } = await lasting({ created: LIVE });
  await sendMany(session, 0, 60, new Uint8Array(256 * 1024)); // 31 fit
  const next = await reconnected(socket, clock);
  next.accept(RESUMED);
  assert.equal(next.said.at(-1), "#44"); // of #29 to #59
  assert.equal(session.ready, false, "another one would cost the oldest");
  next.tell(ack(38, { stored_seq: 38 }));
  assert.ok(session.ready);
  await sendMany(session, 60, 32);
  for (let seq = 39; seq < 92; seq++) next.tell(ack(seq));
  assert.deepEqual(lateOnes(next), [...Array(62).fill(true), false]);
});

test("what is sent while late frames are caught up with is bounded, too", async () => {
  const { session, socket, clock } = await lasting({ created: LIVE });
  await sendMany(session, 0, 20);
  const next = await reconnected(socket, clock);
  next.accept(RESUMED);
  await sendMany(session, 20, 100, new Uint8Array(1024 * 1024));
  for (let seq = 0; seq < 120; seq++) next.tell(ack(seq));
  assert.deepEqual(next.said.slice(16, 18), ["#15", "#113"]);
  assert.equal(next.said.at(-1), "#119");
  assert.equal(session.givenUp, 97);
});

test("of a batch only what is not counted is sent again", async () => {
  const { session, socket, clock } = await lasting();
  const observations = [0, 1, 2, 3].map((atS) => ({ atS, landmarks: null }));
  session.sendBatch(observations);
  session.sendLandmarks(null, { atS: 4 });
  const [, whole, single] = socket.sent;
  const next = await reconnected(socket, clock);
  next.accept({ ...RESUMED, resumed_at_seq: 1 });
  const rest = next.sent[1];
  assert.deepEqual(next.said.slice(1), ["#2", "#4"]);
  assert.deepEqual(rest.slice(0, 4), whole.slice(0, 4));
  assert.deepEqual(rest.slice(8, 16), rest.slice(24, 32)); // the first one's time
  assert.deepEqual(rest.slice(16), whole.slice(16 + 2 * 16));
  const last = await reconnected(next, clock);
  last.accept({ ...RESUMED, resumed_at_seq: 1 });
  assert.deepEqual(last.sent.slice(1), [rest, single]);
});

test("everything is sent again where nothing was counted", async () => {
  const { session, socket, clock } = await lasting();
  await sendMany(session, 0, 2);
  const next = await reconnected(socket, clock);
  next.accept(RESUMED);
  assert.deepEqual(next.said, ["session.resume", "#0", "#1"]);
});

test("the oldest media is given up and counted, control messages never", async () => {
  const { session, socket, clock } = await lasting();
  session.pause();
  for (let n = 0; n < 5000; n++) session.sendLandmarks(null, { atS: n / 30 });
  assert.equal(session.givenUp, 0); // all of it has been said
  const next = await reconnected(socket, clock);
  next.accept({ ...RESUMED, resumed_at_seq: null });
  assert.equal(next.said.length, 1 + 4096);
  assert.deepEqual(next.said.slice(1, 3), ["counting.pause", "#905"]);
  assert.equal(session.givenUp, 905);
  const last = await reconnected(next, clock);
  last.accept({ ...RESUMED, resumed_at_seq: 99 });
  assert.equal(session.givenUp, 905);
});

test("big frames are kept up to 8 MiB", async () => {
  const { session, socket, clock } = await lasting();
  await sendMany(session, 0, 4, new Uint8Array(3 * 1024 * 1024));
  const next = await reconnected(socket, clock);
  next.accept(RESUMED);
  assert.deepEqual(next.said, ["session.resume", "#2", "#3"]);
  assert.equal(session.givenUp, 2);
});

test("a frame that is too big for the outbox alone is said all the same", async () => {
  const { session, socket, clock } = await lasting();
  const huge = new Uint8Array(8 * 1024 * 1024 + 1);
  await sendMany(session, 0, 1);
  session.pause();
  await sendMany(session, 1, 1, huge);
  assert.deepEqual(socket.said.slice(1), ["#0", "counting.pause", "#1"]);
  const next = await reconnected(socket, clock);
  next.accept(RESUMED);
  assert.deepEqual(next.said.slice(1), ["counting.pause", "#1"]);
  assert.equal(session.givenUp, 1);
});

test("a rotation that is refused leaves room for what is right", async () => {
  const { session, socket } = await lasting({ created: LOSSLESS });
  for (let n = 0; n < 64; n++)
    await assert.rejects(session.send(JPEG, { atS: n, rotation: -90 }), {
      code: "invalid_rotation",
    });
  assert.equal(await session.send(JPEG, { atS: 64, rotation: 90 }), 0);
  assert.deepEqual(socket.said.slice(1), ["#0"]);
});

test("what is larger than a message may be is refused and takes no number", async () => {
  const limits = { ...RESUMABLE.limits, max_message_bytes: 100 };
  const { session, socket } = await lasting({
    created: { ...LOSSLESS, limits },
  });
  const refused = { code: "message_too_large", recoverable: true };
  const nobody = [0, 1, 2, 3, 4, 5].map((atS) => ({ atS, landmarks: null }));
  await assert.rejects(session.send(new Uint8Array(85), { atS: 0 }), refused);
  assert.throws(() => session.sendBatch(nobody), refused);
  assert.equal(await session.send(new Uint8Array(84), { atS: 0 }), 0);
  assert.deepEqual(socket.said.slice(1), ["#0"]);
});

test("of a batch all is taken or none, in however many messages it goes", async () => {
  const limits = { ...RESUMABLE.limits, max_message_bytes: 1100 };
  const { session, socket } = await lasting({
    created: { ...RESUMABLE, limits },
  });
  const landmarks = Array(33).fill({ x: 0, y: 0, z: 0 });
  const observations = Array.from({ length: 66 }, (_, atS) => ({
    atS,
    landmarks: atS < 64 ? null : landmarks,
  }));
  assert.throws(() => session.sendBatch(observations), {
    code: "message_too_large",
  });
  assert.deepEqual(socket.said, ["session.start"]);
  assert.equal(session.sendBatch(observations.slice(0, 65)), 64);
  assert.deepEqual(socket.said.slice(1), ["#0", "#64"]);
});

test("of what may not be lost nothing is given up, and little is under way", async () => {
  const { session, socket, clock } = await lasting({ created: LOSSLESS });
  const image = new Uint8Array(1024 * 1024);
  const sending = sendMany(session, 0, 100, image);
  await settled();
  assert.equal(socket.said.at(-1), "#63");
  socket.tell(ack(9, { stored_seq: 4 }));
  await settled();
  assert.equal(socket.said.at(-1), "#73");
  const next = await reconnected(socket, clock);
  next.accept({ ...RESUMED, resumed_at_seq: 4 });
  await settled();
  assert.deepEqual(
    next.said.slice(1),
    [...Array(69).keys()].map((n) => `#${n + 5}`),
  );
  next.tell(ack(73));
  await sending;
  assert.equal(next.said.at(-1), "#99");
  assert.equal(session.givenUp, 0);
});

test("what may not be lost waits for the connection, and rejects with what ends it", async () => {
  const { session, socket, clock } = await lasting({ created: LOSSLESS });
  socket.drop();
  const sent = session.send(JPEG, { atS: 0 });
  await clock.advance(200);
  FakeSocket.last.accept(RESUMED);
  assert.equal(await sent, 0);
  assert.deepEqual(FakeSocket.last.said, ["session.resume", "#0"]);
  FakeSocket.last.drop();
  const late = session.send(JPEG, { atS: 1 });
  const room = session.room();
  session.close();
  await assert.rejects(late, { code: "closed" });
  await assert.rejects(room, { code: "closed" });
});

test("attempts come later and later, and begin anew once the session has come farther", async () => {
  const { session, socket, clock } = await lasting();
  const waits = [];
  let last = socket;
  for (let attempt = 0; attempt < 4; attempt++) {
    last.drop();
    waits.push(...clock.waits);
    await clock.advance(clock.waits[0]);
    last = FakeSocket.last;
  }
  assert.deepEqual(waits, [200, 400, 800, 1600]);
  last.accept(RESUMED);
  last.drop();
  assert.deepEqual(clock.waits, [3200]);
  await clock.advance(3200);
  FakeSocket.last.accept(RESUMED, ack(0));
  FakeSocket.last.drop();
  assert.deepEqual(clock.waits, [200]);
  session.close();
  assert.deepEqual(clock.waits, []);
});

test("the loss is told once, and its error when the window has passed", async () => {
  const { session, socket, clock } = await lasting();
  const told = [];
  session.on("connection.lost", () => told.push("lost"));
  session.on("closed", ({ error }) => told.push(error.code));
  let last = socket;
  for (let attempt = 0; attempt < 20 && told.at(-1) === told[0]; attempt++) {
    last.drop();
    await clock.advance(Math.max(0, ...clock.waits));
    last = FakeSocket.last;
  }
  assert.deepEqual(told, ["lost", "connection_lost"]);
  assert.ok(clock.now() >= 60_000);
});

for (const code of [1001, 1005, 1006, 1011, 1012, 1013]) {
  test(`close code ${code} is resumed`, async () => {
    const { socket, clock } = await lasting();
    await reconnected(socket, clock, code);
  });
}

for (const close of [{}, { code: 0 }, { code: null }]) {
  test(`a close without a code, as React Native tells it (${JSON.stringify(close)}), is resumed`, async () => {
    const { socket, clock } = await lasting();
    socket.onclose(close);
    await clock.advance(Math.max(...clock.waits));
    assert.notEqual(FakeSocket.last, socket);
  });
}

for (const code of [1000, 1007, 1008, 1009, 4401, 4404, 4409]) {
  test(`close code ${code} is the end`, async () => {
    const { session, socket, clock } = await lasting();
    const closed = [];
    session.on("closed", ({ error }) => closed.push(error));
    socket.drop(code);
    assert.equal(closed.length, 1);
    assert.equal(closed[0].recoverable, false);
    assert.deepEqual(clock.waits, []);
  });
}

const IDLE = {
  type: "error",
  code: "idle",
  message: "Idle.",
  recoverable: false,
};

for (const code of [4408, 4429]) {
  test(`after close code ${code} it is resumed to be ended`, async () => {
    const { session, socket, clock } = await lasting();
    const told = [];
    for (const type of ["connection.lost", "session.summary", "error"])
      session.on(type, () => told.push(type));
    session.on("closed", ({ error }) => told.push(error.code));
    await sendMany(session, 0, 2);
    socket.tell(IDLE);
    const next = await reconnected(socket, clock, code);
    assert.throws(() => session.pause(), { code: "idle" });
    assert.equal(session.ready, false);
    next.accept({ ...RESUMED, resumed_at_seq: 0 });
    assert.deepEqual(next.said, ["session.resume", "#1", "session.end"]);
    next.tell(SUMMARY);
    next.drop(1000);
    const all = ["connection.lost", "session.summary", "error", "idle"];
    assert.deepEqual(told, all);
    assert.deepEqual((await session.end()).counts, { squat: 1 });
  });
}

test("what ended it is told where it cannot be resumed to be ended", async () => {
  const ended = [];
  for (const created of [RESUMABLE, CREATED]) {
    const { session, socket, clock } = await opened({ created });
    session.on("closed", ({ error }) => ended.push(error.code));
    socket.tell(IDLE);
    if (created === CREATED) socket.drop(4408);
    else (await reconnected(socket, clock, 4408)).drop(4408);
    await assert.rejects(session.end(), { code: "idle" });
  }
  assert.deepEqual(ended, ["idle", "idle"]);
});

test("a summary that nobody asked for is an early end, with its reason", async () => {
  const { session, socket } = await opened();
  const events = session[Symbol.asyncIterator]();
  socket.tell(SUMMARY);
  socket.tell({ ...IDLE, code: "session_too_long" });
  socket.drop(4408);
  assert.equal((await events.next()).value.type, "session.summary");
  await assert.rejects(events.next(), { code: "session_too_long" });
  assert.throws(() => session.pause(), { code: "session_too_long" });
  assert.deepEqual((await session.end()).counts, { squat: 1 });
  const { session: other, socket: silent } = await opened();
  const closed = [];
  other.on("closed", ({ error }) => closed.push(error.message));
  silent.tell(SUMMARY);
  silent.drop(1000);
  assert.deepEqual(closed, ["The server has ended it."]);
});

test("a fault of the server is resumed, and told only if that fails", async () => {
  const { session, socket, clock } = await lasting();
  const errors = [];
  session.on("error", ({ code }) => errors.push(code));
  socket.tell({
    type: "error",
    code: "internal",
    message: "",
    recoverable: false,
  });
  const next = await reconnected(socket, clock, 1011);
  assert.deepEqual(errors, []);
  next.accept({
    type: "error",
    code: "unknown_session",
    message: "",
    recoverable: false,
  });
  next.drop(4404);
  assert.deepEqual(errors, ["unknown_session"]);
});

test("a message that makes the server fail again and again ends the session", async () => {
  const { session, socket, clock } = await lasting();
  await sendMany(session, 0, 1);
  let last = socket;
  for (let n = 0; n < 3; n++) {
    last = await reconnected(last, clock, 1011);
    last.accept({ ...RESUMED, resumed_at_seq: null });
    assert.equal(last.said.at(-1), "#0");
  }
  const codes = [];
  session.on("closed", ({ error }) => codes.push(error.code));
  last.drop(1011);
  assert.deepEqual(codes, ["connection_lost"]);
  assert.equal(FakeSocket.last, last);
});

test("faults of the server with progress in between are resumed for ever", async () => {
  const { session, socket, clock } = await lasting();
  let last = socket;
  for (let n = 0; n < 5; n++) {
    await sendMany(session, n, 1);
    last.tell(ack(n, { stored_seq: n }));
    last = await reconnected(last, clock, 1011);
    last.accept({ ...RESUMED, resumed_at_seq: n });
  }
});

test("encoded video is sent again from a key frame on", async () => {
  const { session, socket, clock } = await lasting();
  const frame = (n, key) => session.sendVideo(JPEG, { atS: n / 10, key });
  for (let n = 0; n < 6; n++) frame(n, n === 0 || n === 4);
  session.update({ exercise: "squat" });
  const next = await reconnected(socket, clock);
  next.accept({ ...RESUMED, resumed_at_seq: 1 });
  assert.deepEqual(next.said.slice(1), ["#4", "#5", "session.update"]);
  assert.equal(session.givenUp, 2);
  const third = await reconnected(next, clock);
  third.accept({ ...RESUMED, resumed_at_seq: 4 });
  assert.deepEqual(third.said.slice(1), ["session.update"]);
});

test("a key frame is asked for as soon as video loses its connection, and once", async () => {
  const created = { ...RESUMABLE, config: { input: "video" } };
  const { session, socket, clock } = await opened({ created });
  let key = true;
  let asked = 0;
  session.on("keyframe.request", () => {
    key = true;
    asked++;
  });
  const frame = (n) => {
    session.sendVideo(JPEG, { atS: n / 10, key });
    key = false;
  };
  for (let n = 0; n < 3; n++) frame(n);
  socket.accept(ack(2, 2));
  socket.drop();
  for (let n = 3; n < 6; n++) frame(n);
  await clock.advance(Math.max(...clock.waits));
  const refused = FakeSocket.last;
  const next = await reconnected(refused, clock);
  next.accept({ ...RESUMED, resumed_at_seq: 2 });
  assert.deepEqual(next.said.slice(1), ["#3", "#4", "#5"]);
  assert.equal(session.givenUp, 0);
  assert.equal(asked, 1);
});

test("who sends pictures is asked for no key frame", async () => {
  const { session, socket } = await lasting();
  session.on("keyframe.request", () => assert.fail("there are none"));
  socket.drop();
});

test("encoded video without a key frame is given up, and counted as such once", async () => {
  const { session, socket, clock } = await lasting();
  const frame = (n, key) => session.sendVideo(JPEG, { atS: n / 10, key });
  for (let n = 0; n < 6; n++) frame(n, n === 0);
  const next = await reconnected(socket, clock);
  next.accept({ ...RESUMED, resumed_at_seq: 1 });
  assert.equal(session.givenUp, 4);
  frame(6, true);
  assert.deepEqual(next.said.slice(1), ["#6"]);
  const third = await reconnected(next, clock);
  third.accept({ ...RESUMED, resumed_at_seq: 1 });
  assert.deepEqual(third.said.slice(1), ["#6"]);
  assert.equal(session.givenUp, 4);
});

test("a session that the server does not keep is not resumed", async () => {
  const { session, socket } = await opened({ created: CREATED });
  const closed = [];
  session.on("closed", ({ error }) => closed.push(error.code));
  socket.drop(1006);
  assert.deepEqual(closed, ["connection_lost"]);
});

test("a connection that is silent for long is given up and resumed", async () => {
  const { socket, clock } = await lasting();
  await clock.advance(15_000);
  assert.deepEqual(socket.said.slice(1), ["ping"]);
  assert.ok(socket.closed);
  await clock.advance(500);
  assert.notEqual(FakeSocket.last, socket);
});

test("silence is counted from when the connection is open", async () => {
  const { socket, clock } = await lasting();
  socket.drop();
  await clock.advance(200);
  const slow = FakeSocket.last;
  await clock.advance(14_000);
  slow.onopen({});
  await clock.advance(2_000);
  assert.deepEqual(slow.said, ["session.resume", "ping"]);
  await clock.advance(12_000);
  assert.equal(FakeSocket.last, slow);
  await clock.advance(2_000);
  assert.notEqual(FakeSocket.last, slow);
});

test("a key frame is asked for once where resuming takes its time", async () => {
  const config = { pacing: "live", input: "video" };
  const { session, socket, clock } = await lasting({
    created: { ...RESUMABLE, config },
  });
  let asked = 0;
  session.on("keyframe.request", () => asked++);
  socket.drop();
  await clock.advance(200);
  FakeSocket.last.onopen({});
  await clock.advance(5_000);
  assert.equal(asked, 1);
});

/** A live session with as many frames under way as may be, of which nothing is heard. */
async function stalled() {
  const { session, socket, clock } = await opened({ created: LIVE });
  await sendMany(session, 0, 9);
  assert.ok(!session.ready);
  await clock.advance(2999);
  assert.ok(!session.ready);
  await clock.advance(1);
  assert.ok(session.ready);
  return { session, socket, clock };
}

const NINE = Array(9).fill(false);

test("live frames that come while nothing is heard are late once something is", async () => {
  const { session, socket } = await stalled();
  await sendMany(session, 9, 3);
  assert.deepEqual(lateOnes(socket), NINE);
  socket.tell(ack(8));
  assert.deepEqual(lateOnes(socket), [...NINE, true, true, true]);
  socket.tell(ack(11));
  await sendMany(session, 12, 1);
  assert.equal(lateOnes(socket).at(-1), false);
});

test("live frames that come while nothing is heard outlast their connection", async () => {
  const { session, socket, clock } = await stalled();
  await sendMany(session, 9, 3);
  const next = await reconnected(socket, clock);
  next.accept({ ...RESUMED, resumed_at_seq: 8 });
  assert.deepEqual(lateOnes(next), [true, true, true]);
});

test("a key frame is asked for as soon as nothing is heard, and what follows it is kept", async () => {
  const config = { pacing: "live", input: "video" };
  const { session, socket, clock } = await opened({
    created: { ...RESUMABLE, config },
  });
  let key = true;
  session.on("keyframe.request", () => (key = true));
  const frame = (n) => {
    session.sendVideo(JPEG, { atS: n / 10, key });
    key = false;
  };
  for (let n = 0; n < 3; n++) frame(n);
  socket.tell(ack(2, { stored_seq: 2 }));
  await clock.advance(3000);
  for (let n = 3; n < 6; n++) frame(n);
  assert.equal(socket.said.at(-1), "ping");
  const next = await reconnected(socket, clock);
  next.accept({ ...RESUMED, resumed_at_seq: 2 });
  assert.deepEqual(next.said.slice(1), ["#3", "#4", "#5"]);
});

test("a server that answers pings is slow and not silent", async () => {
  const { session, socket, clock } = await opened({ created: LIVE });
  await sendMany(session, 0, 9);
  for (let second = 0; second < 20; second++) {
    await clock.advance(1000);
    if (socket.sent.at(-1).type === "ping")
      socket.tell({ type: "pong", nonce: socket.sent.at(-1).nonce });
    assert.ok(!session.ready);
  }
});

test("who catches up already does not become later where nothing is heard", async () => {
  const { session, socket, clock } = await stalled();
  await sendMany(session, 9, 3);
  socket.tell(ack(5));
  while (session.ready) await sendMany(session, lateOnes(socket).length, 1);
  await clock.advance(5000);
  assert.ok(!session.ready);
});

test("a ping is said again until it is answered, and no longer", async () => {
  const { session, socket, clock } = await lasting();
  const [first, second] = [session.ping(), session.ping()];
  socket.tell({ type: "pong", nonce: "0" });
  await first;
  await sendMany(session, 0, 1);
  const next = await reconnected(socket, clock);
  const third = session.ping();
  next.accept({ ...RESUMED, resumed_at_seq: 0 });
  const pings = ({ sent }) => sent.filter(({ type }) => type === "ping");
  assert.deepEqual(
    pings(next).map(({ nonce }) => nonce),
    ["1", "2"],
  );
  for (const nonce of ["1", "2"]) next.tell({ type: "pong", nonce });
  await Promise.all([second, third]);
  const last = await reconnected(next, clock);
  last.accept(RESUMED);
  assert.deepEqual(pings(last), []);
});

test("the end is said again, and the summary of a session that had ended comes", async () => {
  const { session, socket, clock } = await lasting();
  const summary = session.end();
  await settled();
  const next = await reconnected(socket, clock);
  next.accept(RESUMED);
  assert.deepEqual(next.said, ["session.resume", "session.end"]);
  next.tell(SUMMARY);
  next.drop(1000);
  assert.deepEqual((await summary).counts, { squat: 1 });
});

test("an end that is asked for while nothing is connected is said once it is", async () => {
  const { session, socket, clock } = await lasting();
  socket.drop();
  void session.end();
  await clock.advance(500);
  FakeSocket.last.accept(RESUMED);
  assert.deepEqual(FakeSocket.last.said, ["session.resume", "session.end"]);
});
