import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket as OfWs } from "ws";
import { connect } from "../dist/index.js";
import { FakeServer } from "./fake_server.js";

const KINDS = {
  ws: OfWs,
  ...(globalThis.WebSocket && { Node: globalThis.WebSocket }),
};
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff);

for (const [kind, WebSocket] of Object.entries(KINDS)) {
  test(`over a real socket of ${kind} nothing is lost, counted or told twice`, async (t) => {
    const server = await new FakeServer().start();
    t.after(() => server.stop());
    server.hangUpAt = new Set([3, 4, 11]);
    const options = { WebSocket, random: () => 0.1 };
    const session = await connect(server.url, options);
    const counts = [];
    let resumes = 0;
    session.on("rep.counted", ({ count }) => counts.push(count));
    session.on("session.resumed", () => resumes++);
    for (let n = 0; n < 20; n++) {
      await session.send(JPEG, { atS: n / 10 });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.deepEqual((await session.end()).counts, { squat: 20 });
    assert.deepEqual(server.frames, [...Array(20).keys()]);
    assert.deepEqual(
      counts,
      server.frames.map((seq) => seq + 1),
    );
    assert.equal(resumes, 3);
  });

  test(`a file that may not be lost gets whole through ${kind}, however fast it is sent`, async (t) => {
    const server = await new FakeServer().start();
    t.after(() => server.stop());
    server.hangUpAt = new Set([100, 250]);
    const options = { WebSocket, random: () => 0.1, pacing: "lossless" };
    const session = await connect(server.url, options);
    const frame = new Uint8Array(100_000);
    for (let n = 0; n < 300; n++) await session.send(frame, { atS: n / 10 });
    assert.deepEqual((await session.end()).counts, { squat: 300 });
    assert.deepEqual(server.frames, [...Array(300).keys()]);
    assert.equal(session.givenUp, 0);
  });

  test(`after a limit the summary is heard over ${kind}, and then what ended it`, async (t) => {
    const server = await new FakeServer().start();
    t.after(() => server.stop());
    server.closeAt = new Map([[4, 4408]]);
    const options = { WebSocket, random: () => 0.1, pacing: "lossless" };
    const session = await connect(server.url, options);
    const told = (async () => {
      const types = [];
      try {
        for await (const { type } of session) types.push(type);
      } catch ({ code }) {
        return [types.at(-1), code];
      }
    })();
    for (let n = 0; n < 5; n++) await session.send(JPEG, { atS: n / 10 });
    assert.deepEqual(await told, ["session.summary", "idle"]);
    assert.deepEqual((await session.end()).counts, { squat: 5 });
  });

  test(`who is asked to wait comes no earlier over ${kind}`, async (t) => {
    const server = await new FakeServer().start();
    t.after(() => server.stop());
    server.hangUpAt = new Set([2]);
    const options = { WebSocket, random: () => 0.1, pacing: "lossless" };
    const session = await connect(server.url, { ...options, key: "k" });
    server.retryAfter = [1];
    const began = performance.now();
    for (let n = 0; n < 5; n++) await session.send(JPEG, { atS: n / 10 });
    assert.deepEqual((await session.end()).counts, { squat: 5 });
    assert.ok(performance.now() - began >= 1000);
    server.retryAfter = [30];
    const refused = { code: "over_capacity", retryAfterS: 30 };
    await assert.rejects(
      connect(server.url, { ...options, key: "k" }),
      refused,
    );
  });

  test(`nobody listening is a lost connection to ${kind}`, async () => {
    const server = await new FakeServer().start();
    server.stop();
    await assert.rejects(connect(server.url, { WebSocket }), {
      code: "connection_lost",
      message: /ECONNREFUSED|network error/,
    });
    const bought = connect(server.url, { WebSocket, key: "k" });
    await assert.rejects(bought, { message: /fetch failed: .*ECONNREFUSED/ });
  });
}
