import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeSocket, RESUMABLE, RESUMED } from "./fakes.js";
import { answered, opened } from "./opened.js";

/** A ticket office: the answers in their order, and what was asked. */
function office(...answers) {
  const asked = [];
  const fetch = async (url, { method, headers }) => {
    asked.push(`${method} ${url} ${headers.Authorization}`);
    const [status, body] = answers.shift();
    return new Response(JSON.stringify(body), { status });
  };
  return { asked, fetch };
}

test("a key is exchanged for a ticket, which is offered as a subprotocol", async () => {
  const { asked, fetch } = office([201, { ticket: "t1" }]);
  const { socket } = await opened({ key: "k", fetch });
  assert.deepEqual(asked, ["POST http://gym.example/v1/live/tickets Bearer k"]);
  assert.deepEqual(socket.protocols, ["blazereps.v1", "blazereps.ticket.t1"]);
  assert.deepEqual(socket.sent, [{ type: "session.start" }]);
});

test("each connection has a ticket of its own, also where the office fails once", async () => {
  const { fetch } = office(
    [201, { ticket: "t1" }],
    [503, {}],
    [201, { ticket: "t2" }],
  );
  const { socket, clock } = await opened({
    created: RESUMABLE,
    token: "u",
    fetch,
  });
  socket.drop();
  await clock.advance(500);
  assert.equal(FakeSocket.last, socket);
  await clock.advance(1000);
  FakeSocket.last.accept(RESUMED);
  assert.equal(FakeSocket.last.protocols[1], "blazereps.ticket.t2");
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
