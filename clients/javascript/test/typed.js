import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** What the compiler says of files that use the client, by their names. */
export function complaints(t, files, options = {}) {
  const folder = mkdtempSync(join(tmpdir(), "blazereps-"));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, name), text);
  const compilerOptions = {
    ...JSON.parse(readFileSync(here("../tsconfig.json"), "utf8"))
      .compilerOptions,
    rootDir: "/",
    noEmit: true,
    noUnusedLocals: false,
    paths: { blazereps: [here("../dist/index.d.ts")] },
    ...options,
  };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, include: ["*.ts"] }),
  );
  const tsc = here("../node_modules/.bin/tsc");
  return spawnSync(tsc, ["--project", folder], { encoding: "utf8" }).stdout;
}
