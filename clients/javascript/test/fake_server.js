import { WebSocketServer } from "ws";
import {
  ack,
  RESUMABLE,
  RESUMED,
  repCounted,
  seqOf,
  SUMMARY,
} from "./fakes.js";

/** A server on loopback that tells a repetition for each frame, and hangs up after some of them. */
export class FakeServer {
  frames = [];
  hangUpAt = new Set();
  /** Close codes by the frame after which they are told. */
  closeAt = new Map();
  #events = [];

  async start() {
    this.server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    this.server.on("connection", (socket) => this.#serve(socket));
    await new Promise((resolve) => this.server.once("listening", resolve));
    this.url = `ws://127.0.0.1:${this.server.address().port}/v1/live`;
    return this;
  }

  stop() {
    this.server.clients.forEach((socket) => socket.terminate());
    this.server.close();
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
