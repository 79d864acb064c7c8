import { Backlog, type Kept } from "./backlog.js";
import { Channel } from "./channel.js";
import { type Clock, realClock } from "./clock.js";
import { BlazerepsError } from "./errors.js";
import { Link } from "./link.js";
import {
  type Bytes,
  type Captured,
  captureUs,
  type Header,
  type Kind,
  type Landmark,
  markLate,
  MAX_BATCH,
  type Observation,
  packBatch,
  packLandmarks,
  packMedia,
  packRow,
  type Row,
  type VideoChunk,
} from "./media.js";
import type {
  Arm,
  Changes,
  ClientMessage,
  ErrorMessage,
  Pong,
  ServerMessage,
  SessionCreated,
  SessionEvent,
  SessionResumed,
  Start,
  Summary,
} from "./messages.js";
import type { Credentials, SocketConstructor } from "./socket.js";

export type Options = Start &
  Credentials & {
    /** Where there is no global one, such as that of `ws` in Node 20. */
    WebSocket?: SocketConstructor;
    fetch?: typeof globalThis.fetch;
    clock?: Clock;
    random?: () => number;
  };

export type Shot = Captured & Pick<Header, "rotation" | "mirrored">;
type Turned = Pick<Header, "rotation" | "mirrored">;

const MAX_BUFFERED_BYTES = 256 * 1024;
/** So many more than the server has room for may be under way to it. */
const UNDER_WAY = 8;
/** Of what may not be lost; more would wait in the network, and in memory. */
const MAX_UNDER_WAY = 64;
/** Of what is late: enough to keep a server busy that is far away, few enough for a slow one's pongs. */
const MAX_LATE_UNDER_WAY = 16;

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
  readonly #start: Start;
  readonly #clock: Clock;
  readonly #link: Link;
  readonly #events = new Channel<SessionEvent>();
  readonly #backlog = new Backlog();
  #created: SessionCreated | null = null;
  #counts: Record<string, number> = {};
  #live = false;
  #sending: Promise<unknown> = Promise.resolve();
  #waiting: (() => void)[] = [];
  #nextSeq = 0;
  #doneSeq = -1;
  #saidSeq = -1; // of the last media on this connection
  #lateSeq = -1; // up to which media is sent late
  #credit = 1;
  #nonce = 0;
  #lastEventId = 0;
  #lostAtMs: number | null = null;
  #fatal: BlazerepsError | null = null;
  #summary: Promise<Summary> | null = null;
  #summed = false;
  #over = false;
  #cause: BlazerepsError | null = null; // of its end

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
    this.#start = start;
    this.#clock = clock;
    this.#link = new Link(
      url,
      { key, token, ticket, WebSocket, fetch, clock, random },
      {
        greeting: () => JSON.stringify(this.#greeting()),
        heard: (message) => this.#hear(message),
        lost: (error, passing) => this.#lose(error, passing),
      },
    );
    this.opened = this.#next("session.created");
    void this.#link.dial();
  }

  /** What the server said first: the session's id, exercises, configuration and limits. */
  get created(): SessionCreated {
    if (!this.#created)
      throw new BlazerepsError("not_open", "The session is not open yet.");
    return this.#created;
  }

  /** The absolute count of every exercise, as far as it is known. */
  get counts(): Readonly<Record<string, number>> {
    return this.#counts;
  }

  /**
   * Whether a frame should be sent now: neither connection nor server lags, or the connection is lost
   * and the frame is one that will be caught up with.
   */
  get ready(): boolean {
    if (this.#over || this.#summary || !this.#created) return false;
    if (!this.#live) return !this.#isLossless;
    return (
      (this.#catchesUp && !this.#backlog.full) ||
      (this.#link.bufferedBytes < MAX_BUFFERED_BYTES &&
        this.#underWay < this.#credit + UNDER_WAY)
    );
  }

  /** Observations that were lost with a connection, for too much was waiting already. */
  get givenUp(): number {
    return this.#backlog.givenUp;
  }

  /**
   * Resolves once the connection stands and little is under way: to be awaited before each
   * observation of a file, but for `send`, which does so itself with `pacing: "lossless"`.
   */
  async room(): Promise<void> {
    while (!this.#over && !(this.#live && this.#underWay < MAX_UNDER_WAY))
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
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
      if (this.#isLossless) await this.room();
      return this.#sendMedia("image", shot, data);
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
    return this.#sendMedia(
      "landmarks",
      about,
      packLandmarks({ landmarks, ...about }),
    );
  }

  /** Sends sets of landmarks, up to 64 in a message; gives the last one's number. */
  sendBatch(observations: readonly Observation[]): number {
    this.#mustBeOpen();
    const rows = observations.map((one, n) => packRow(this.#nextSeq + n, one));
    for (let n = 0; n < rows.length; n += MAX_BATCH)
      this.#sendKept(batchOf(rows.slice(n, n + MAX_BATCH)));
    return this.#nextSeq - 1;
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
      return this.#sendMedia(
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
    return this.#sendMedia("video", shot, frame);
  }

  /** Changes exercise, subject or outputs; `session.updated` answers. */
  update(changes: Changes): void {
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
    this.#control({ type: "ping", nonce });
    return this.#next("pong", (pong) => pong.nonce === nonce);
  }

  /** No more media: resolves with the summary once everything is counted. */
  end(): Promise<Summary> {
    this.#summary ??= this.#end();
    return this.#summary;
  }

  /** Leaves at once, without a summary. */
  close(): void {
    this.#finish(null);
  }

  async #end(): Promise<Summary> {
    await this.#sending;
    this.#sayControl({ type: "session.end" });
    return this.#next("session.summary");
  }

  #mustBeOpen(): void {
    if (this.#over || this.#summary) throw this.#closedError();
  }

  #sendMedia(
    kind: Kind,
    about: Captured & Omit<Header, "seq" | "captureUs">,
    payload: Bytes,
  ): number {
    const seq = this.#nextSeq;
    const header = { ...about, seq, captureUs: captureUs(about) };
    const data = packMedia(kind, header, payload);
    return this.#sendKept({ seq, data, firstSeq: seq });
  }

  #sendKept(media: Kept): number {
    this.#checkSize(media.data.length);
    if (this.#live && !this.#underWay) this.#lateSeq = -1;
    this.#nextSeq = media.seq + 1;
    this.#say(media);
    return media.seq;
  }

  /** A larger one resets the connection, and would then be sent again and again. */
  #checkSize(bytes: number): void {
    const limit = this.created.limits.max_message_bytes;
    if (bytes <= limit) return;
    throw new BlazerepsError(
      "message_too_large",
      `A message may have ${limit} bytes, not ${bytes}.`,
      true,
    );
  }

  #control(control: ClientMessage): void {
    this.#mustBeOpen();
    this.#sayControl(control);
  }

  #sayControl(control: ClientMessage): void {
    this.#say({ seq: this.#nextSeq, data: JSON.stringify(control) });
  }

  /** Says what must not be lost, now or after the session is resumed. */
  #say(message: Kept): void {
    this.#backlog.add(message);
    if (!this.#isLossless) this.#backlog.trim();
    this.#catchUp();
  }

  /** Says what may be said; of live frames that are late not all at once. */
  #catchUp(): void {
    while (this.#live && !this.#holdsBack) {
      const next = this.#backlog.next();
      if (!next) return;
      if (next.firstSeq !== undefined) this.#saidSeq = next.seq;
      if (typeof next.data !== "string" && next.seq <= this.#lateSeq)
        markLate(next.data);
      this.#link.say(next.data);
    }
  }

  get #isLossless(): boolean {
    return this.created.config.pacing === "lossless";
  }

  get #underWay(): number {
    return this.#nextSeq - 1 - this.#doneSeq;
  }

  /** Whether what comes next is late, too, behind what was held up by a lost connection. */
  get #catchesUp(): boolean {
    return this.#nextSeq <= this.#lateSeq;
  }

  get #holdsBack(): boolean {
    const underWay = this.#saidSeq - this.#doneSeq;
    return this.#saidSeq <= this.#lateSeq && underWay >= MAX_LATE_UNDER_WAY;
  }

  #greeting(): ClientMessage {
    if (!this.#created) return { type: "session.start", ...this.#start };
    const { session_id, resume_token } = this.#created;
    return {
      type: "session.resume",
      session_id,
      resume_token,
      last_event_id: this.#lastEventId,
    };
  }

  #hear(message: ServerMessage): void {
    if ("event_id" in message) {
      if (message.event_id <= this.#lastEventId) return;
      this.#lastEventId = message.event_id;
    }
    if (message.type === "error") return this.#refused(message);
    this.#note(message);
    this.#events.emit(message);
  }

  #note(message: Exclude<ServerMessage, ErrorMessage>): void {
    const counted = "counts" in message && message.type !== "session.summary";
    if (counted) this.#counts = message.counts; // the summary leaves out those at zero
    switch (message.type) {
      case "session.created":
        this.#created = message;
        this.#counts = Object.fromEntries(
          message.exercises.map((name) => [name, 0]),
        );
        this.#live = true;
        break;
      case "session.resumed":
        this.#resumed(message);
        break;
      case "ack":
        this.#done(message.seq);
        this.#credit = message.credit;
        this.#backlog.forget(message.stored_seq ?? -1);
        break;
      case "session.summary":
        this.#summed = true;
        break;
    }
  }

  #resumed({ resumed_at_seq }: SessionResumed): void {
    this.#lostAtMs = null;
    this.#live = true;
    this.#link.settled();
    this.#doneSeq = resumed_at_seq ?? -1;
    this.#backlog.goOn(this.#doneSeq);
    // What is lost is done with, too.
    this.#doneSeq = (this.#backlog.firstSeq ?? this.#nextSeq) - 1;
    const { pacing, input } = this.created.config;
    if (pacing === "live" && input !== "landmarks")
      // As many again may come late while these are caught up with.
      this.#lateSeq = this.#nextSeq - 1 + this.#underWay;
    this.#catchUp();
    this.#wake();
  }

  #refused({ code, message, recoverable, field, seq }: ErrorMessage): void {
    const error = new BlazerepsError(code, message, recoverable, field, seq);
    if (!recoverable) {
      this.#fatal = error; // told when the connection closes, which says whether it is the end
      return;
    }
    if (seq !== null) this.#done(seq);
    this.#events.emit(error);
  }

  #done(seq: number): void {
    this.#doneSeq = Math.max(this.#doneSeq, seq);
    this.#catchUp();
    this.#wake();
  }

  /** Whoever waits for room looks again. */
  #wake(): void {
    this.#waiting.splice(0).forEach((look) => look());
  }

  #lose(error: BlazerepsError, passing: boolean): void {
    const cause = this.#fatal ?? error;
    this.#fatal = null;
    this.#live = false;
    this.#saidSeq = -1;
    if (this.#summed) return this.#finish(null);
    if (!passing || !this.#isResumable()) return this.#finish(cause);
    this.#link.redial();
    if (this.#lostAtMs !== null) return;
    this.#lostAtMs = this.#clock.now();
    this.#events.emit({ type: "connection.lost", error: cause });
  }

  #isResumable(): boolean {
    if (!this.#created) return false;
    const nowMs = this.#clock.now();
    const lostMs = nowMs - (this.#lostAtMs ?? nowMs);
    return lostMs < this.#created.limits.resume_s * 1000;
  }

  #finish(error: BlazerepsError | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#cause = error;
    this.#live = false;
    this.#link.close();
    this.#wake();
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
    return this.#cause ?? new BlazerepsError("closed", "The session is over.");
  }
}

/** A batch, and what is left of it once some is done with. */
function batchOf(rows: readonly Row[]): Kept {
  const first = rows[0]!;
  return {
    seq: first.seq + rows.length - 1,
    data: packMedia("batch", first, packBatch(rows)),
    firstSeq: first.seq,
    after: (seq) => batchOf(rows.filter((row) => row.seq > seq)),
  };
}

async function bytesOf(data: Blob | ArrayBuffer | Uint8Array): Promise<Bytes> {
  return viewOf(data instanceof Blob ? await data.arrayBuffer() : data);
}

function viewOf(data: ArrayBuffer | Uint8Array): Bytes {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : (data as Bytes);
}
