import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  captureUs,
  markLate,
  packBatch,
  packLandmarks,
  packMedia,
  packRow,
} from "../dist/media.js";

const PROTOCOL = readFileSync(
  new URL("../../../docs/protocol.md", import.meta.url),
  "utf8",
);
const hex = (bytes) =>
  Buffer.from(bytes)
    .toString("hex")
    .replace(/(..)(?=.)/g, "$1 ");
const floats = (bytes) => [...new Float32Array(bytes.slice().buffer)];
const grid = (extra = {}) =>
  Array.from({ length: 33 }, (_, i) => ({ x: i, y: i + 0.5, z: -i, ...extra }));
const NOTHING = new Uint8Array();

test("the header is the protocol's worked example", () => {
  const header = { seq: 7, captureUs: 1_500_000, rotation: 90, mirrored: true };
  const bytes = hex(packMedia("image", header, NOTHING));
  assert.equal(bytes, "01 01 05 00 07 00 00 00 60 e3 16 00 00 00 00 00");
  assert.ok(PROTOCOL.includes(`\`${bytes}\``));
});

test("the images are those of the protocol's worked session", () => {
  const shots = PROTOCOL.matchAll(/^> (01 01 [0-9a-f ]+?) ff d8 ff/gm);
  const expected = [...shots].map(([, bytes]) => bytes);
  const packed = [0, 1].map((seq) =>
    hex(packMedia("image", { seq, captureUs: seq * 200_000 }, NOTHING)),
  );
  assert.deepEqual(packed, expected);
});

test("a key frame of video has its flag, and the payload follows", () => {
  const header = { seq: 1, captureUs: 2, key: true };
  const bytes = packMedia("video", header, Uint8Array.of(0xaa, 0xbb));
  assert.equal(
    hex(bytes),
    "01 03 08 00 01 00 00 00 02 00 00 00 00 00 00 00 aa bb",
  );
});

test("a late picture has its flag, and keeps the others", () => {
  const header = { seq: 1, captureUs: 2, rotation: 180, mirrored: true };
  const bytes = packMedia("image", header, Uint8Array.of(0xaa));
  markLate(bytes);
  markLate(bytes);
  assert.equal(
    hex(bytes),
    "01 01 16 00 01 00 00 00 02 00 00 00 00 00 00 00 aa",
  );
});

test("an observation without a capture time is refused", () => {
  for (const none of [{}, { atS: undefined }, { atS: NaN }, { captureUs: -1 }])
    assert.throws(() => captureUs(none), { code: "invalid_time" });
});

test("a rotation that no flag tells is refused", () => {
  for (const rotation of [-90, 45, 360, 450, NaN]) {
    const header = { seq: 0, captureUs: 0, rotation };
    assert.throws(() => packMedia("image", header, NOTHING), {
      code: "invalid_rotation",
    });
  }
});

test("capture times are exact up to 2^53", () => {
  const bytes = packMedia(
    "image",
    { seq: 2 ** 32 - 1, captureUs: 2 ** 53 },
    NOTHING,
  );
  const view = new DataView(bytes.buffer);
  assert.equal(view.getBigUint64(8, true), 2n ** 53n);
  assert.equal(view.getUint32(4, true), 2 ** 32 - 1);
});

test("landmarks are rows of five, then the world's of three", () => {
  const landmarks = grid({ visibility: 0.5, presence: 0.25 });
  const plain = packLandmarks({ atS: 0, landmarks });
  assert.equal(plain.length, 660);
  assert.deepEqual(floats(plain).slice(5, 10), [1, 1.5, -1, 0.5, 0.25]);
  const both = packLandmarks({ atS: 0, landmarks, world: grid() });
  assert.equal(both.length, 660 + 396);
  assert.deepEqual(floats(both).slice(165, 171), [0, 0.5, -0, 1, 1.5, -1]);
});

test("visibility is 1 where it is not given, and presence the visibility", () => {
  const row = (landmarks) =>
    floats(packLandmarks({ atS: 0, landmarks })).slice(3, 5);
  assert.deepEqual(row(grid()), [1, 1]);
  assert.deepEqual(row(grid({ visibility: 0.5 })), [0.5, 0.5]);
});

test("normalized landmarks become pixels, z by the width", () => {
  const landmarks = grid().map(() => ({ x: 0.5, y: 0.5, z: 0.25 }));
  const bytes = packLandmarks({ atS: 0, landmarks, size: [640, 480] });
  assert.deepEqual(floats(bytes).slice(0, 3), [320, 240, 160]);
});

test("nobody is an empty payload", () => {
  assert.equal(packLandmarks({ atS: 0, landmarks: null }).length, 0);
});

test("any other number of landmarks is refused", () => {
  const few = { atS: 0, landmarks: grid().slice(1) };
  assert.throws(() => packLandmarks(few), { code: "invalid_landmarks" });
});

test("a batch has its header, and a row before each observation", () => {
  const observations = [
    { atS: 1.5, landmarks: null },
    { captureUs: 1_600_000, landmarks: grid() },
    { atS: 1.7, landmarks: grid(), world: grid() },
  ];
  const bytes = packBatch(observations.map((one, n) => packRow(7 + n, one)));
  assert.equal(bytes.length, 16 + 3 * 16 + 660 + 660 + 396);
  const heads = [0, 16, 32, 48 + 660].map((start) =>
    hex(bytes.slice(start, start + 16)),
  );
  assert.deepEqual(heads, [
    "01 04 00 00 07 00 00 00 60 e3 16 00 00 00 00 00",
    "07 00 00 00 00 00 00 00 60 e3 16 00 00 00 00 00",
    "08 00 00 00 01 00 00 00 00 6a 18 00 00 00 00 00",
    "09 00 00 00 02 00 00 00 a0 f0 19 00 00 00 00 00",
  ]);
});
