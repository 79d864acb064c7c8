// What to pack on standard input; the messages in hexadecimal on standard output.

import { text } from "node:stream/consumers";
import { packBatch, packLandmarks, packMedia, packRow } from "../dist/media.js";

const payloads = {
  image: () => Uint8Array.of(0xff, 0xd8),
  video: () => Uint8Array.of(0, 0, 0, 1),
  landmarks: ([observation]) => packLandmarks(observation),
};

function pack({ kind, header, observations }) {
  if (kind !== "batch")
    return packMedia(kind, header, payloads[kind](observations));
  return packBatch(observations.map((one, n) => packRow(header.seq + n, one)));
}

const jobs = JSON.parse(await text(process.stdin));
process.stdout.write(
  JSON.stringify(jobs.map((job) => Buffer.from(pack(job)).toString("hex"))),
);
