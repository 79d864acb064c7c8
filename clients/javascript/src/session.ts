import { askedMs } from "./backoff.js";
import { Changes } from "./changes.js";
import { Channel } from "./channel.js";
import { type Clock, realClock } from "./clock.js";
import { BlazerepsError, isLimit, isPassing } from "./errors.js";
import { Link } from "./link.js";
import {
  type Bytes,
  type Captured,
  type Header,
  type Landmark,
  type Observation,
  packLandmarks,
  type VideoChunk,
} from "./media.js";
import type {
  Arm,
  Changes as Update,
  ClientMessage,
  Pong,
  ServerMessage,
  SessionCreated,
  SessionEvent,
  Start,
  Summary,
} from "./messages.js";
import { LiveProtocol } from "./protocol.js";
import type { Credentials, SocketConstructor } from "./socket.js";

export type Options = Start &
  Credentials & {
    /** Where there is no global one, such as that of `ws` in Node 20. */
    WebSocket?: SocketConstructor;
    fetch?: typeof globalThis.fetch;
    clock?: Clock;
    random?: () => number;
  };

type Turned = Pick<Header, "rotation" | "mirrored">;
export type Shot = Captured & Turned;

const MAX_BUFFERED_BYTES = 256 * 1024;

/** Opens a session; rejects with a BlazerepsError when that cannot be. */
export async function connect(
  url: string,
  options: Options = {},
): Promise<Session> {
  const session = new Session(url, options);
  await session.opened;
  return session;
}

/** One person, counted. It outlives its connection where the server lets it. */
export class Session {
  /** Resolves once the server is ready for media. */
  readonly opened: Promise<unknown>;
  readonly #clock: Clock;
  readonly #link: Link;
  readonly #protocol: LiveProtocol;
  readonly #events = new Channel<SessionEvent>();
  readonly #changes = new Changes();
  #sending: Promise<unknown> = Promise.resolve();
  #ending: Promise<Summary> | null = null;
  #nonce = 0;
  #lostAtMs: number | null = null;
  #cameToSeq = -1; // before the last loss
  #over = false;
  #endedBy: BlazerepsError | null = null; // early, though its summary is to come
  #error: BlazerepsError | null = null; // that ended it

  constructor(url: string, options: Options) {
    const {
      key,
      token,
      ticket,
      WebSocket = globalThis.WebSocket,
      fetch = globalThis.fetch,
      clock = realClock,
      random = Math.random,
      ...start
    } = options;
    if (!WebSocket)
      throw new TypeError(
        "there is no WebSocket here: pass one, such as that of the package ws",
      );
    this.#clock = clock;
    this.#link = new Link(
      url,
      { key, token, ticket, WebSocket, fetch, clock, random },
      {
        first: () => JSON.stringify(this.#protocol.first()),
        heard: (message) => this.#hear(message),
        lost: (error, closeCode) => this.#lose(error, closeCode),
        stalled: (yes) => this.#stall(yes),
        refused: (error) => this.#finish(this.#endedBy ?? error),
      },
    );
    this.#protocol = new LiveProtocol(start, (data) => this.#link.say(data));
    this.opened = this.#next("session.created");
    void this.#link.dial();
  }

  /** What the server said first: the session's id, exercises, configuration and limits. */
  get created(): SessionCreated {
    const { created } = this.#protocol;
    if (created) return created;
    throw new BlazerepsError("not_open", "The session is not open yet.");
  }

  /** The absolute count of every exercise, as far as it is known. */
  get counts(): Readonly<Record<string, number>> {
    return this.#protocol.counts;
  }

  /**
   * Whether a frame should be sent now: neither connection nor server lags, or the connection is lost
   * or silent and the frame is one that will be caught up with.
   */
  get ready(): boolean {
    if (this.#over || this.#ending) return false;
    const { takesLate, keepsUp } = this.#protocol;
    return (
      takesLate || (keepsUp && this.#link.bufferedBytes < MAX_BUFFERED_BYTES)
    );
  }

  /** Observations that were lost with a connection, for too much was waiting already. */
  get givenUp(): number {
    return this.#protocol.givenUp;
  }

  /**
   * Resolves once the connection stands and little is under way: to be awaited before each
   * observation of a file, but for `send`, which does so itself with `pacing: "lossless"`.
   */
  async room(): Promise<void> {
    await this.#changes.until(() => this.#over || this.#protocol.hasRoom);
    if (this.#over) throw this.#closedError();
  }

  /** Listens to one type of event; gives the function that stops it. */
  on<T extends SessionEvent["type"]>(
    type: T,
    listener: (event: Extract<SessionEvent, { type: T }>) => void,
  ): () => void {
    return this.#events.on(type, listener);
  }

  /** Every event from here on; ends with the session, and throws the error that ended it. */
  [Symbol.asyncIterator](): AsyncGenerator<SessionEvent, void, undefined> {
    return this.#events[Symbol.asyncIterator]();
  }

  /** Sends a JPEG, PNG or WebP, `lossless` once there is room; gives its number then. */
  send(image: Blob | ArrayBuffer | Uint8Array, shot: Shot): Promise<number> {
    this.#mustBeOpen();
    const sent = this.#sending.then(async () => {
      const data = await bytesOf(image);
      if (this.#protocol.isLossless) await this.room();
      return this.#protocol.send("image", shot, data);
    });
    this.#sending = sent.catch(() => {}); // whoever sent it is told
    return sent;
  }

  /** Sends 33 landmarks in MediaPipe's and ML Kit's order, or null for nobody; gives the number. */
  sendLandmarks(
    landmarks: readonly Landmark[] | null,
    about: Omit<Observation, "landmarks"> & Captured,
  ): number {
    this.#mustBeOpen();
    return this.#protocol.send(
      "landmarks",
      about,
      packLandmarks({ landmarks, ...about }),
    );
  }

  /** Sends sets of landmarks, all or none, up to 64 in a message; gives the last one's number. */
  sendBatch(observations: readonly Observation[]): number {
    this.#mustBeOpen();
    return this.#protocol.sendBatch(observations);
  }

  /** Sends a frame of encoded video: WebCodecs' chunk, or an access unit and what is to know of it. */
  sendVideo(chunk: VideoChunk, turned?: Turned): number;
  sendVideo(
    data: ArrayBuffer | Uint8Array,
    shot: Shot & { key: boolean },
  ): number;
  sendVideo(
    data: VideoChunk | ArrayBuffer | Uint8Array,
    about: object = {},
  ): number {
    this.#mustBeOpen();
    if (!("copyTo" in data)) {
      return this.#protocol.send(
        "video",
        about as Shot & { key: boolean },
        viewOf(data),
      );
    }
    const frame = new Uint8Array(data.byteLength);
    data.copyTo(frame);
    const shot = {
      captureUs: data.timestamp,
      key: data.type === "key",
      ...about,
    };
    return this.#protocol.send("video", shot, frame);
  }

  /** Changes exercise, subject or outputs; `session.updated` answers. */
  update(changes: Update): void {
    this.#control({ type: "session.update", ...changes });
  }

  /** Stops counting until `resume`; media may go on. */
  pause(): void {
    this.#control({ type: "counting.pause" });
  }

  resume(arm?: Arm): void {
    this.#control({ type: "counting.resume", ...(arm && { arm }) });
  }

  /** Counts from zero again. */
  reset(arm?: Arm): void {
    this.#control({ type: "counting.reset", ...(arm && { arm }) });
  }

  /** Resolves with the server's answer. */
  ping(): Promise<Pong> {
    const nonce = String(this.#nonce++);
    this.#mustBeOpen();
    this.#protocol.ping(nonce);
    return this.#next("pong", (pong) => pong.nonce === nonce);
  }

  /** Tells whoever listens for `error` of one that leaves the session as it was. */
  report(error: BlazerepsError): void {
    this.#events.emit(error);
  }

  /**
   * No more media: resolves with the summary once everything is counted. A session that has ended
   * early, as for its age, gives its summary, too.
   */
  end(): Promise<Summary> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  /** Leaves at once, without a summary. */
  close(): void {
    this.#finish(null);
  }

  async #end(): Promise<Summary> {
    await this.#sending;
    if (this.#protocol.summary) return this.#protocol.summary;
    this.#protocol.say({ type: "session.end" });
    return this.#next("session.summary");
  }

  #mustBeOpen(): void {
    if (this.#over || this.#ending) throw this.#closedError();
  }

  #control(control: ClientMessage): void {
    this.#mustBeOpen();
    this.#protocol.say(control);
  }

  #hear(message: ServerMessage): void {
    const event = this.#protocol.receive(message);
    if (message.type === "session.resumed") this.#lostAtMs = null;
    this.#changes.tell();
    if (event) this.#events.emit(event);
  }

  #lose(error: BlazerepsError, closeCode: number): void {
    const told = this.#protocol.lost(closeCode);
    if (this.#protocol.summary) return this.#conclude(told);
    const cause = told ?? error;
    const mayBeEnded = isLimit(closeCode) && !this.#endedBy;
    const afterMs = askedMs(cause.retryAfterS);
    if (!(isPassing(closeCode) || mayBeEnded) || !this.#isResumable(afterMs))
      return this.#finish(this.#endedBy ?? cause);
    if (mayBeEnded) this.#endEarly(cause);
    // Else it is lost as soon as it is resumed.
    if (this.#protocol.furthestSeq > this.#cameToSeq) this.#link.advanced();
    this.#cameToSeq = this.#protocol.furthestSeq;
    this.#link.redial(afterMs);
    if (this.#lostAtMs !== null) return;
    this.#lostAtMs = this.#clock.now();
    this.#events.emit({ type: "connection.lost", error: cause });
    this.#askForKey();
  }

  /** The server has its reasons: what there is yet to be counted is, and the summary is heard. */
  #endEarly(cause: BlazerepsError): void {
    this.#endedBy = cause;
    this.end().catch(() => {}); // it is told as what ended the session
  }

  /** The summary is there; a session that was not to end yet has ended early. */
  #conclude(told: BlazerepsError | null): void {
    const early = new BlazerepsError("closed", "The server has ended it.");
    this.#finish(this.#endedBy ?? told ?? (this.#ending ? null : early));
  }

  #stall(yes: boolean): void {
    this.#protocol.stalled(yes);
    if (yes && this.#protocol.open && this.#isResumable()) this.#askForKey();
  }

  /** What is encoded from a key frame on can be decoded once the session is resumed. */
  #askForKey(): void {
    if (this.#protocol.isVideo && !this.#ending)
      this.#events.emit({ type: "keyframe.request" });
  }

  #isResumable(afterMs = 0): boolean {
    const { created } = this.#protocol;
    if (!created || this.#protocol.failsHere) return false;
    const nowMs = this.#clock.now();
    const lostMs = nowMs - (this.#lostAtMs ?? nowMs);
    return lostMs + afterMs < created.limits.resume_s * 1000;
  }

  #finish(error: BlazerepsError | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    this.#link.close();
    this.#changes.tell();
    if (error) this.#events.tell(error);
    this.#events.tell({ type: "closed", error });
    this.#events.end(error);
  }

  /** The next event of a type; rejects when the session is over before. */
  #next<T extends SessionEvent["type"]>(
    type: T,
    wanted: (event: Extract<SessionEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<SessionEvent, { type: T }>> {
    return new Promise((resolve, reject) => {
      if (this.#over) return reject(this.#closedError());
      const stops = [
        this.on(type, (event) => {
          if (!wanted(event)) return;
          stops.forEach((stop) => stop());
          resolve(event);
        }),
        this.on("closed", () => reject(this.#closedError())),
      ];
    });
  }

  #closedError(): BlazerepsError {
    const error = this.#error ?? this.#endedBy;
    return error ?? new BlazerepsError("closed", "The session is over.");
  }
}

async function bytesOf(data: Blob | ArrayBuffer | Uint8Array): Promise<Bytes> {
  return viewOf(data instanceof Blob ? await data.arrayBuffer() : data);
}

function viewOf(data: ArrayBuffer | Uint8Array): Bytes {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : (data as Bytes);
}
