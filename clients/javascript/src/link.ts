import { backoffMs } from "./backoff.js";
import type { Clock } from "./clock.js";
import {
  ABNORMAL,
  BlazerepsError,
  closeError,
  PassingError,
} from "./errors.js";
import type { Bytes } from "./media.js";
import type { ServerMessage } from "./messages.js";
import {
  type Credentials,
  protocols,
  type Socket,
  type SocketConstructor,
} from "./socket.js";

export interface LinkOptions extends Credentials {
  WebSocket: SocketConstructor;
  fetch: typeof globalThis.fetch;
  clock: Clock;
  random: () => number;
}

export interface LinkOwner {
  /** The first thing to say on each connection. */
  first(): string;
  heard(message: ServerMessage): void;
  /** The connection is gone; after some close codes `redial` may bring it back. */
  lost(error: BlazerepsError, closeCode: number): void;
  /** Nothing is heard, not even a pong, or something is again. */
  stalled(yes: boolean): void;
  /** There will be none: who connects is not let in. */
  refused(error: BlazerepsError): void;
}

// A phone that changes networks is told of its lost connection minutes later, if at all.
const BEAT_MS = 1000;
/** So many beats without a word of the server's: it is pinged, it does not answer, it is gone. */
const PINGED = 2;
const STALLED = 3;
const GONE = 15;
const HEARTBEAT = "heartbeat";
const TICKET_MS = 15_000;

/** One connection after another to the same address. */
export class Link {
  #socket: Socket | null = null;
  #opened = false;
  #complaint = "";
  #attempt = 0;
  #silentBeats = 0;
  #timer: unknown;
  #closed = false;

  constructor(
    readonly url: string,
    readonly options: LinkOptions,
    readonly owner: LinkOwner,
  ) {}

  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0; // React Native has none
  }

  async dial(): Promise<void> {
    const { WebSocket, fetch } = this.options;
    try {
      const offered = await this.#patiently(
        protocols(this.url, this.options, fetch),
      );
      if (!this.#closed) this.#use(new WebSocket(this.url, offered));
    } catch (error) {
      if (!this.#closed) this.#failed(error);
    }
  }

  /** What is promised, unless a ticket is too long in coming. */
  async #patiently<T>(promised: Promise<T>): Promise<T> {
    const { clock } = this.options;
    const late = new Promise<never>((_, reject) => {
      const tell = () => reject(new Error("no ticket came"));
      this.#timer = clock.setTimeout(tell, TICKET_MS);
    });
    return Promise.race([promised, late]).finally(() =>
      clock.clearTimeout(this.#timer),
    );
  }

  /** Dials once more, the later the more often it has failed, and no earlier than it was asked for. */
  redial(afterMs: number): void {
    const { clock, random } = this.options;
    this.#timer = clock.setTimeout(
      () => this.dial(),
      afterMs + backoffMs(this.#attempt++, random),
    );
  }

  /** The session has come farther: the next loss is a first one. */
  advanced(): void {
    this.#attempt = 0;
  }

  say(data: string | Bytes): void {
    this.#socket?.send(data);
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #use(socket: Socket): void {
    this.#socket = socket;
    this.#opened = false;
    this.#complaint = "";
    this.#silentBeats = 0;
    socket.onopen = () => {
      this.#opened = true;
      this.#silentBeats = 0;
      this.say(this.owner.first());
    };
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    // Of a socket that was never open Node tells no close.
    socket.onerror = ({ message = "" }) => {
      if (this.#opened) this.#complaint = message;
      else
        this.#lose(ABNORMAL, message || "it was refused, or nobody answered");
    };
    // React Native has told a failure of the network without a code, or with 0 or null.
    socket.onclose = ({ code, reason }) => this.#lose(code || ABNORMAL, reason);
    this.#wait();
  }

  #hear(message: ServerMessage): void {
    this.#silentBeats = 0;
    this.owner.stalled(false);
    if (message.type !== "pong" || message.nonce !== HEARTBEAT)
      this.owner.heard(message);
  }

  #lose(code: number, reason: string): void {
    const why = reason || this.#complaint;
    this.#drop();
    this.owner.lost(closeError(code, why), code);
  }

  #failed(error: unknown): void {
    if (error instanceof PassingError) return this.owner.lost(error, ABNORMAL);
    if (error instanceof BlazerepsError) return this.owner.refused(error);
    const why = error instanceof Error ? said(error) : String(error);
    this.owner.lost(new BlazerepsError("connection_lost", why), ABNORMAL);
  }

  #wait(): void {
    this.#timer = this.options.clock.setTimeout(() => this.#beat(), BEAT_MS);
  }

  #beat(): void {
    this.#silentBeats++;
    if (this.#silentBeats === GONE)
      return this.#lose(ABNORMAL, "nothing was heard");
    if (this.#silentBeats === STALLED && this.#opened) this.owner.stalled(true);
    if (this.#silentBeats === PINGED && this.#opened)
      this.say(JSON.stringify({ type: "ping", nonce: HEARTBEAT }));
    this.#wait();
  }

  #drop(): void {
    this.options.clock.clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.onerror = () => {}; // a socket that is closed before it is open complains
    socket.close(1000);
  }
}

/** Node says why it failed to fetch in the cause alone. */
function said({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
