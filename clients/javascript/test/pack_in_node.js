// What to pack on standard input; the messages in hexadecimal on standard output.

import { text } from "node:stream/consumers";
import { packBatch, packLandmarks, packMedia, packRow } from "../dist/media.js";

const payloads = {
  image: () => Uint8Array.of(0xff, 0xd8),
  video: () => Uint8Array.of(0, 0, 0, 1),
  landmarks: (_, observations) => packLandmarks(observations[0]),
  batch: ({ seq }, observations) =>
    packBatch(observations.map((one, n) => packRow(seq + n, one))),
};
const jobs = JSON.parse(await text(process.stdin));
const packed = jobs.map(({ kind, header, observations }) =>
  packMedia(kind, header, payloads[kind](header, observations)),
);
process.stdout.write(
  JSON.stringify(packed.map((one) => Buffer.from(one).toString("hex"))),
);
