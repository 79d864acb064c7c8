// Uploads a file with tus-js-client and says where it went and how often it was tried.
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";

import * as tus from "tus-js-client";

const job = JSON.parse(await text(process.stdin));
const file = await readFile(job.file);
let tries = 0;
const upload = new tus.Upload(file, {
  endpoint: job.endpoint,
  retryDelays: [0, 10, 20],
  headers: job.headers,
  metadata: job.metadata,
  uploadDataDuringCreation: job.at_once ?? false,
  chunkSize: job.chunk_size ?? Infinity,
  onBeforeRequest: (request) => {
    tries += request.getMethod() === "PATCH" ? 1 : 0;
  },
  onSuccess: () => console.log(JSON.stringify({ url: upload.url, tries })),
  onError: (error) => {
    console.error(String(error));
    process.exitCode = 1;
  },
});
upload.start();
