import { BlazerepsError, FAULT } from "./errors.js";
import {
  type Bytes,
  type Captured,
  captureUs,
  type Header,
  type Kind,
  markLate,
  MAX_BATCH,
  type Observation,
  packBatch,
  packMedia,
  packRow,
  type Row,
} from "./media.js";
import type {
  ClientMessage,
  ErrorMessage,
  ServerMessage,
  SessionCreated,
  SessionEvent,
  SessionResumed,
  Start,
  Summary,
} from "./messages.js";
import { Outbox, type Outgoing } from "./outbox.js";

/** So many more than the server has room for may be under way to it. */
const BEYOND_CREDIT = 8;
/** Of what may not be lost; more would wait in the network, and in memory. */
const MAX_UNDER_WAY = 64;
/** Of what is late: enough to keep a server busy that is far away, few enough for a slow one's pongs. */
const MAX_LATE_UNDER_WAY = 16;
/** In a row: a message that makes the server fail would do so for ever. */
const MAX_FAULTS = 3;

/** Said of the first observation of a batch that is refused as a whole; others are said of one. */
const OF_WHOLE_MESSAGES = new Set(["invalid_header", "invalid_landmarks"]);

/** The client's side of a session without its sockets and its clock. */
export class LiveProtocol {
  created: SessionCreated | null = null;
  counts: Record<string, number> = {};
  summary: Summary | null = null;
  /** Whether the server is ready for media. */
  open = false;
  readonly #outbox = new Outbox();
  #doneSeq = -1;
  #lateSeq = -1; // up to which media is sent late
  #holding = false; // live frames are kept, for the connection is silent
  #credit = 1;
  #faults = 0; // of the server, since it came farther
  /** Up to which media was ever acknowledged. */
  furthestSeq = -1;
  #lastEventId = 0;
  readonly #pings = new Set<string>(); // that are not answered yet, by their nonces
  #fatal: BlazerepsError | null = null;

  constructor(
    readonly start: Start,
    readonly transmit: (data: string | Bytes) => void,
  ) {}

  /** Whether what may not be lost has room: the connection stands and little is under way. */
  get hasRoom(): boolean {
    return this.open && this.#underWay < MAX_UNDER_WAY;
  }

  /** Whether an observation sent now would be worked on soon, unless the network lags. */
  get keepsUp(): boolean {
    return this.open && this.#underWay < this.#credit + BEYOND_CREDIT;
  }

  /** Whether an observation sent now will be caught up with after a lost or silent connection. */
  get takesLate(): boolean {
    if (!this.open || this.#holding)
      return this.created !== null && !this.isLossless;
    return this.#outbox.nextSeq <= this.#lateSeq && !this.#outbox.full;
  }

  get isLossless(): boolean {
    return this.created?.config.pacing === "lossless";
  }

  get isVideo(): boolean {
    return this.created?.config.input === "video";
  }

  get givenUp(): number {
    return this.#outbox.givenUp;
  }

  /** The first message of a new connection. */
  first(): ClientMessage {
    if (!this.created) return { type: "session.start", ...this.start };
    const { session_id, resume_token } = this.created;
    return {
      type: "session.resume",
      session_id,
      resume_token,
      last_event_id: this.#lastEventId,
    };
  }

  /** Takes one observation and gives its number. */
  send(
    kind: Kind,
    about: Captured & Omit<Header, "seq" | "captureUs">,
    payload: Bytes,
  ): number {
    const seq = this.#outbox.nextSeq;
    const header = { ...about, seq, captureUs: captureUs(about) };
    this.#addMedia({
      seq,
      data: packMedia(kind, header, payload),
      firstSeq: seq,
      delta: kind === "video" && !about.key,
    });
    return seq;
  }

  /** Takes all of them and gives the last one's number, or none. */
  sendBatch(observations: readonly Observation[]): number {
    const rows = observations.map((one, n) =>
      packRow(this.#outbox.nextSeq + n, one),
    );
    const batches: Outgoing[] = [];
    for (let n = 0; n < rows.length; n += MAX_BATCH)
      batches.push(batchOf(rows.slice(n, n + MAX_BATCH)));
    this.#addMedia(...batches);
    return this.#outbox.nextSeq - 1;
  }

  /** Takes anything else; it keeps its place among the media. */
  say(control: ClientMessage): void {
    this.#add({ seq: this.#outbox.nextSeq, data: JSON.stringify(control) });
  }

  /** Asks for a pong, at once and on each connection until it comes. */
  ping(nonce: string): void {
    this.#pings.add(nonce);
    if (this.open) this.#transmitPing(nonce);
  }

  /** Takes in a message and gives what is to be told of it, if anything. */
  receive(message: ServerMessage): SessionEvent | null {
    if ("event_id" in message) {
      if (message.event_id <= this.#lastEventId) return null;
      this.#lastEventId = message.event_id;
    }
    if ("counts" in message && message.type !== "session.summary")
      this.counts = message.counts; // the summary leaves out those at zero
    switch (message.type) {
      case "session.created":
        this.#takeCreated(message);
        break;
      case "session.resumed":
        this.#takeResumed(message);
        break;
      case "ack":
        this.#credit = message.credit;
        this.#advance(message.seq);
        this.#outbox.forget(message.stored_seq ?? -1);
        this.#done(message.seq);
        break;
      case "pong":
        this.#pings.delete(message.nonce);
        break;
      case "session.summary":
        this.summary = message;
        break;
      case "error":
        return this.#takeError(message);
    }
    return message;
  }

  /** Whether the server fails again and again at the same place. */
  get failsHere(): boolean {
    return this.#faults > MAX_FAULTS;
  }

  /**
   * Takes in that nothing is heard, or something is again. Live frames are kept meanwhile, unless some
   * are late already: of these a server may be full, and answer no ping.
   */
  stalled(yes: boolean): void {
    if (yes) {
      const behind = this.#doneSeq < this.#lateSeq;
      this.#holding = this.open && this.#isLimited && !behind;
    } else if (this.#holding) {
      this.#goOn();
    }
  }

  /** Takes in that the connection is gone; gives what the server said before, where that was fatal. */
  lost(closeCode: number): BlazerepsError | null {
    this.open = this.#holding = false;
    if (closeCode === FAULT) this.#faults++;
    const fatal = this.#fatal;
    this.#fatal = null;
    return fatal;
  }

  #takeCreated(created: SessionCreated): void {
    this.created = created;
    this.counts = Object.fromEntries(
      created.exercises.map((name) => [name, 0]),
    );
    this.open = true;
  }

  #takeResumed({ resumed_at_seq }: SessionResumed): void {
    this.#outbox.goOn(resumed_at_seq ?? -1);
    this.#doneSeq = this.#outbox.sentSeq; // what is lost is done with, too
    this.open = true;
    this.#pings.forEach((nonce) => this.#transmitPing(nonce));
    this.#goOn();
  }

  /** Sends what was held up; as many live frames again may come late while it is caught up with. */
  #goOn(): void {
    this.#holding = false;
    if (this.#isLimited)
      this.#lateSeq = this.#outbox.nextSeq - 1 + this.#underWay;
    this.#catchUp();
  }

  /** Whether the newest frame wins, but for those that are late. */
  get #isLimited(): boolean {
    const { pacing, input } = this.created!.config;
    return pacing === "live" && input !== "landmarks";
  }

  #takeError({
    code,
    message,
    recoverable,
    field,
    seq,
  }: ErrorMessage): BlazerepsError | null {
    const error = new BlazerepsError(code, message, recoverable, field, seq);
    if (recoverable) {
      const whole = OF_WHOLE_MESSAGES.has(code);
      if (seq !== null) this.#done(whole ? this.#outbox.lastSeq(seq) : seq);
      return error;
    }
    this.#fatal = error; // told when the connection closes, which says whether it is the end
    return null;
  }

  #transmitPing(nonce: string): void {
    this.transmit(JSON.stringify({ type: "ping", nonce }));
  }

  #addMedia(...media: Outgoing[]): void {
    for (const { data } of media) this.#checkSize(data.length);
    if (this.open && !this.#underWay) this.#lateSeq = -1;
    for (const one of media) this.#add(one);
  }

  /** A larger one resets the connection, and would then be sent again and again. */
  #checkSize(bytes: number): void {
    const limit = this.created!.limits.max_message_bytes;
    if (bytes <= limit) return;
    throw new BlazerepsError(
      "message_too_large",
      `A message may have ${limit} bytes, not ${bytes}.`,
      true,
    );
  }

  #add(message: Outgoing): void {
    this.#outbox.add(message);
    if (!this.isLossless) this.#outbox.trim();
    this.#catchUp();
  }

  #advance(seq: number): void {
    if (seq <= this.furthestSeq) return;
    this.furthestSeq = seq;
    this.#faults = 0;
  }

  #done(seq: number): void {
    this.#doneSeq = Math.max(this.#doneSeq, seq);
    this.#catchUp();
  }

  /** Sends what may be sent; of live frames that are late not all at once. */
  #catchUp(): void {
    while (this.open && !this.#holdsBack) {
      const next = this.#outbox.next();
      if (!next) return;
      if (typeof next.data !== "string" && next.seq <= this.#lateSeq)
        markLate(next.data);
      this.transmit(next.data);
    }
  }

  get #underWay(): number {
    return this.#outbox.nextSeq - 1 - this.#doneSeq;
  }

  get #holdsBack(): boolean {
    const { sentSeq } = this.#outbox;
    const late = sentSeq <= this.#lateSeq;
    return (
      this.#holding || (late && sentSeq - this.#doneSeq >= MAX_LATE_UNDER_WAY)
    );
  }
}

/** A batch, and what is left of it once some is done with. */
function batchOf(rows: readonly Row[]): Outgoing {
  const first = rows[0]!;
  return {
    seq: first.seq + rows.length - 1,
    data: packBatch(rows),
    firstSeq: first.seq,
    after: (seq) => batchOf(rows.filter((row) => row.seq > seq)),
  };
}
