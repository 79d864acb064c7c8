// A job on standard input; what was told, or why not, on standard output.

import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import WebSocket from "ws";
import { count } from "./count.js";

const { hangUpEvery, ...job } = JSON.parse(await text(process.stdin));
let said = 0;

/** Breaks off after so many messages, whatever has reached the server by then. */
class Flaky extends WebSocket {
  send(data) {
    super.send(data);
    if (hangUpEvery && ++said % hangUpEvery === 0) this.terminate();
  }
}

const options = { WebSocket: Flaky, random: () => 0.02 };
const result = await count({ ...job, ...options }, (file) =>
  readFile(file),
).catch(({ name, code, message, recoverable, retryAfterS }) => ({
  error: { name, code, message, recoverable, retryAfterS },
}));
process.stdout.write(JSON.stringify(result));
