// A job on standard input: landmarks are sent, and the server's end is awaited.

import { text } from "node:stream/consumers";
import WebSocket from "ws";
import { connect } from "../dist/index.js";

const { url, start, steps } = JSON.parse(await text(process.stdin));
const session = await connect(url, { ...start, WebSocket });
const closed = new Promise((done) => session.on("closed", done));
for (const { landmarks, world, ...at } of steps)
  session.sendLandmarks(landmarks, { world, ...at });
const { error } = await closed;
const summary = await session.end();
process.stdout.write(JSON.stringify({ code: error.code, summary }));
