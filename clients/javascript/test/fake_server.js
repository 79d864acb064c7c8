import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import {
  ack,
  RESUMABLE,
  RESUMED,
  repCounted,
  seqOf,
  SUMMARY,
} from "./fakes.js";

/**
 * A server on loopback that tells a repetition for each frame, and hangs up after some of them. It
 * sells tickets, but to whom it says when to come again.
 */
export class FakeServer {
  frames = [];
  hangUpAt = new Set();
  /** Close codes by the frame after which they are told. */
  closeAt = new Map();
  /** In how many seconds those are to come again who ask for a ticket next. */
  retryAfter = [];
  #events = [];

  async start() {
    this.http = createServer((_, answer) => this.#sell(answer));
    this.server = new WebSocketServer({ server: this.http });
    this.server.on("connection", (socket) => this.#serve(socket));
    await new Promise((resolve) => this.http.listen(0, "127.0.0.1", resolve));
    this.url = `ws://127.0.0.1:${this.http.address().port}/v1/live`;
    return this;
  }

  stop() {
    this.server.clients.forEach((socket) => socket.terminate());
    this.server.close();
    this.http.close();
  }

  #sell(answer) {
    const asked = this.retryAfter.shift();
    if (asked !== undefined)
      answer.writeHead(503, { "Retry-After": `${asked}` });
    answer.end(JSON.stringify({ ticket: "t", code: "over_capacity" }));
  }

  #serve(socket) {
    const tell = (message) => socket.send(JSON.stringify(message));
    const answers = {
      "session.start": (config) => tell({ ...RESUMABLE, config }),
      "session.resume": ({ last_event_id }) => {
        tell({ ...RESUMED, resumed_at_seq: this.frames.at(-1) ?? null });
        this.#events.slice(last_event_id).forEach(tell);
      },
      "session.end": () => {
        tell({ ...SUMMARY, counts: { squat: this.frames.length } });
        socket.close(1000);
      },
      ping: ({ nonce }) => tell({ type: "pong", nonce }),
    };
    socket.on("message", (data, isBinary) => {
      if (isBinary)
        return this.#count(seqOf(new Uint8Array(data)), socket, tell);
      const message = JSON.parse(data);
      answers[message.type](message);
    });
  }

  #count(seq, socket, tell) {
    if (socket.readyState !== socket.OPEN) return;
    this.frames.push(seq);
    this.#events.push(repCounted(this.frames.length));
    if (this.hangUpAt.delete(seq)) return socket.terminate(); // before the event is told
    tell(this.#events.at(-1));
    tell(ack(seq, { stored_seq: seq }));
    if (this.closeAt.has(seq)) socket.close(this.closeAt.get(seq));
  }
}
