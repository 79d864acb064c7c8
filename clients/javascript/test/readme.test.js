import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { complaints, here } from "./typed.js";

/** What the README's examples take as given. */
const GIVEN = `
import type { Landmark, Session } from "blazereps";
declare global {
  const token: string, key: string;
  const files: { path: string; seconds: number }[];
  function onPose(seen: (pose: { landmarks: Landmark[]; seconds: number }) => void): void;
  const session: Session;
  const encoder: VideoEncoder, frame: VideoFrame;
}
`;
const NODE = `
declare module "node:fs/promises" { function readFile(path: string): Promise<Uint8Array> }
`;

test("the README's examples have the right types", (t) => {
  const readme = readFileSync(here("../README.md"), "utf8");
  const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)];
  const files = examples.map(([, code], n) => [
    `example_${n}.ts`,
    `${code}\nexport {};\n`,
  ]);
  const given = { "given.d.ts": GIVEN, "node.d.ts": NODE };
  assert.equal(complaints(t, { ...Object.fromEntries(files), ...given }), "");
});
