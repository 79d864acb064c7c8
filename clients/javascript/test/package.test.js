import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { complaints, here } from "./typed.js";

test("who does not read `exports` finds the same files", () => {
  const { main, types, exports } = JSON.parse(
    readFileSync(here("../package.json"), "utf8"),
  );
  assert.deepEqual({ types, default: main }, exports["."]);
});

test("the types need no TypeScript of 5.7, where arrays of bytes became generic", () => {
  const types = readdirSync(here("../dist")).filter((name) =>
    name.endsWith(".d.ts"),
  );
  assert.ok(types.length > 0);
  for (const name of types)
    assert.doesNotMatch(
      readFileSync(here(`../dist/${name}`), "utf8"),
      /Uint8Array</,
    );
});

test("the types are whole where there is no DOM", (t) => {
  const reactNative = `
    declare class Blob { arrayBuffer(): Promise<ArrayBuffer> }
    declare function fetch(url: string): Promise<unknown>;`;
  const app = `
    import { connect } from "blazereps";
    (await connect("ws://gym.example/v1/live")).sendLandmarks(null, { atS: 0 });`;
  const files = { "react_native.d.ts": reactNative, "app.ts": app };
  assert.equal(complaints(t, files, { lib: ["ES2022"] }), "");
});

test("a browser's own video and chunks are taken", (t) => {
  const app = `
    import { type Session, streamCamera } from "blazereps";
    declare const session: Session;
    streamCamera(session, document.createElement("video"));
    new VideoEncoder({ output: (chunk) => session.sendVideo(chunk), error() {} });`;
  assert.equal(complaints(t, { "app.ts": app }), "");
});
