import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** What the README's examples take as given. */
const GIVEN = `
import type { Landmark, Session } from "blazereps";
declare global {
  const token: string, key: string;
  const files: { path: string; seconds: number }[];
  function onPose(seen: (pose: { landmarks: Landmark[]; seconds: number }) => void): void;
  const session: Session;
}
`;
const NODE = `
declare module "node:fs/promises" { function readFile(path: string): Promise<Uint8Array> }
`;

test("the README's examples have the right types", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "blazereps-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const examples = readFileSync(here("../README.md"), "utf8").matchAll(
    /```ts\n(.*?)```/gs,
  );
  [...examples].forEach(([, code], n) =>
    writeFileSync(join(folder, `example_${n}.ts`), `${code}\nexport {};\n`),
  );
  writeFileSync(join(folder, "given.d.ts"), GIVEN);
  writeFileSync(join(folder, "node.d.ts"), NODE);
  const compilerOptions = {
    ...JSON.parse(readFileSync(here("../tsconfig.json"), "utf8"))
      .compilerOptions,
    rootDir: "/",
    noEmit: true,
    noUnusedLocals: false,
    paths: { blazereps: [here("../dist/index.d.ts")] },
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, include: ["*.ts"] }),
  );
  const tsc = here("../node_modules/.bin/tsc");
  assert.equal(
    spawnSync(tsc, ["--project", folder], { encoding: "utf8" }).stdout,
    "",
  );
});
