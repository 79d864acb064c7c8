import assert from "node:assert/strict";
import { test } from "node:test";
import { retryAfterS } from "../dist/backoff.js";
import { FakeSocket, RESUMABLE, RESUMED } from "./fakes.js";
import { answered, opened } from "./opened.js";

/** A ticket office: the answers in their order, and what was asked. */
function office(...answers) {
  const asked = [];
  const fetch = async (url, { method, headers }) => {
    asked.push(`${method} ${url} ${headers.Authorization}`);
    const [status, body, more = {}] = answers.shift();
    return new Response(JSON.stringify(body), { status, headers: more });
  };
  return { asked, fetch };
}

/** Loses the connection and resumes it so much later. */
async function resumed(options, afterMs) {
  const { socket, clock } = await opened({ created: RESUMABLE, ...options });
  socket.drop();
  await clock.advance(afterMs - 1);
  assert.equal(FakeSocket.last, socket);
  await clock.advance(1);
  assert.notEqual(FakeSocket.last, socket);
  FakeSocket.last.accept(RESUMED);
}

test("a key is exchanged for a ticket, which is offered as a subprotocol", async () => {
  const { asked, fetch } = office([201, { ticket: "t1" }]);
  const { socket } = await opened({ key: "k", fetch });
  assert.deepEqual(asked, ["POST http://gym.example/v1/live/tickets Bearer k"]);
  assert.deepEqual(socket.protocols, ["blazereps.v1", "blazereps.ticket.t1"]);
  assert.deepEqual(socket.sent, [{ type: "session.start" }]);
});

for (const status of [408, 425, 429, 500, 507]) {
  test(`each connection has a ticket of its own, also where the office says ${status} once`, async () => {
    const { fetch } = office(
      [201, { ticket: "t1" }],
      [status, {}],
      [201, { ticket: "t2" }],
    );
    await resumed({ token: "u", fetch }, 200 + 400);
    assert.equal(FakeSocket.last.protocols[1], "blazereps.ticket.t2");
  });
}

const FULL = { code: "over_capacity", detail: "All are in use." };

for (const [asked, waitedS] of [
  ["7", 7],
  ["3600", 60],
]) {
  test(`an office that says ${asked} seconds is left alone for ${waitedS}`, async () => {
    const { fetch } = office(
      [201, { ticket: "t1" }],
      [503, FULL, { "Retry-After": asked }],
      [201, { ticket: "t2" }],
    );
    const limits = { ...RESUMABLE.limits, resume_s: 100 };
    const created = { ...RESUMABLE, limits };
    await resumed({ key: "k", fetch, created }, 200 + waitedS * 1000 + 400);
    assert.equal(FakeSocket.last.protocols[1], "blazereps.ticket.t2");
  });
}

test("who is asked to wait for longer than the session is kept gives up at once", async () => {
  const refusal = [429, FULL, { "Retry-After": "60" }];
  const { fetch } = office([201, { ticket: "t1" }], refusal);
  const options = { key: "k", fetch, created: RESUMABLE };
  const { session, socket, clock } = await opened(options);
  const told = [];
  session.on("closed", ({ error }) => told.push(error));
  socket.drop();
  await clock.advance(200);
  assert.equal(told[0].retryAfterS, 60);
  assert.equal(told[0].code, "over_capacity");
  assert.equal(told[0].recoverable, false);
});

test("who cannot begin is told when to come again", async () => {
  const { fetch } = office([503, FULL, { "Retry-After": "5" }]);
  await assert.rejects(
    answered(() => {}, { key: "k", fetch }),
    { code: "over_capacity", message: "All are in use.", retryAfterS: 5 },
  );
});

test("what is asked for is a number of seconds or a date", () => {
  const nowMs = Date.parse("Wed, 21 Oct 2015 07:27:00 GMT");
  const asked = {
    120: 120,
    0: 0,
    "Wed, 21 Oct 2015 07:28:00 GMT": 60,
    "Wed, 21 Oct 2015 07:26:00 GMT": 0,
    "": null,
    tomorrow: null,
  };
  for (const [header, seconds] of Object.entries(asked))
    assert.equal(retryAfterS(header, nowMs), seconds, header);
  assert.equal(retryAfterS(null), null);
});

test("a function that fails once is asked again", async () => {
  const answers = ['"t1"', "<html>Bad gateway</html>", '"t2"'];
  const ticket = async () => JSON.parse(answers.shift());
  await resumed({ ticket }, 200 + 400);
  assert.equal(FakeSocket.last.protocols[1], "blazereps.ticket.t2");
});

test("whoever gives no ticket for too long is asked again", async () => {
  const never = new Promise(() => {});
  const answers = ["t1", never, "t2"];
  await resumed({ ticket: () => answers.shift() }, 200 + 15_000 + 400);
  assert.equal(FakeSocket.last.protocols[1], "blazereps.ticket.t2");
  const unanswered = answered((_, clock) => clock.advance(15_000), {
    ticket: () => never,
  });
  await assert.rejects(unanswered, {
    code: "connection_lost",
    message: "no ticket came",
  });
});

test("a ticket is given, or asked for each time", async () => {
  const { socket } = await opened({ ticket: "mine" });
  assert.equal(socket.protocols[1], "blazereps.ticket.mine");
  const { socket: other } = await opened({ ticket: async () => "new" });
  assert.equal(other.protocols[1], "blazereps.ticket.new");
});

test("a key that is refused is the server's word", async () => {
  const { fetch } = office([
    401,
    { code: "unauthorized", detail: "No such key." },
  ]);
  const refused = answered(() => {}, { key: "k", fetch });
  await assert.rejects(refused, {
    code: "unauthorized",
    message: "No such key.",
  });
});

test("an office that cannot be reached is a lost connection", async () => {
  const fetch = async () => {
    throw new TypeError("fetch failed");
  };
  const unreachable = answered(() => {}, { key: "k", fetch });
  await assert.rejects(unreachable, {
    code: "connection_lost",
    message: /fetch failed/,
  });
});
