/** A WebSocket whose other end is the test. */
export class FakeSocket {
  static opened = [];
  sent = [];
  bufferedAmount = 0;
  closed = false;

  constructor(url, protocols) {
    Object.assign(this, { url, protocols });
    FakeSocket.opened.push(this);
  }

  static get last() {
    return this.opened.at(-1);
  }

  send(data) {
    this.sent.push(typeof data === "string" ? JSON.parse(data) : data);
  }

  close() {
    this.closed = true;
  }

  accept(...messages) {
    this.onopen({});
    messages.forEach((message) => this.tell(message));
  }

  tell(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }

  drop(code = 1006, reason = "") {
    this.onclose?.({ code, reason });
  }

  /** The types of what was said, or `#seq` of media. */
  get said() {
    return this.sent.map((one) => one.type ?? `#${seqOf(one)}`);
  }
}

export function seqOf(media) {
  return new DataView(media.buffer).getUint32(4, true);
}

/** Time that stands still until it is advanced. */
export class FakeClock {
  #nowMs = 0;
  #timers = new Map();
  #next = 0;

  now = () => this.#nowMs;

  setTimeout = (run, ms) => {
    this.#timers.set(++this.#next, { run, atMs: this.#nowMs + ms });
    return this.#next;
  };

  clearTimeout = (timer) => this.#timers.delete(timer);

  /** Milliseconds until each timer. */
  get waits() {
    return [...this.#timers.values()].map(({ atMs }) => atMs - this.#nowMs);
  }

  async advance(ms) {
    const untilMs = this.#nowMs + ms;
    for (let due; (due = this.#due(untilMs)); await settled()) {
      this.#timers.delete(due[0]);
      this.#nowMs = due[1].atMs;
      due[1].run();
    }
    this.#nowMs = untilMs;
  }

  #due(untilMs) {
    const ordered = [...this.#timers].sort((a, b) => a[1].atMs - b[1].atMs);
    return ordered.find(([, { atMs }]) => atMs <= untilMs);
  }
}

/** Lets every promise that can go on do so. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

const LIMITS = { max_message_bytes: 15 * 2 ** 20, idle_s: 30, resume_s: 0 };

export const CREATED = {
  type: "session.created",
  session_id: "s1",
  resume_token: "secret",
  epoch: 1,
  exercises: ["squat"],
  config: {},
  limits: LIMITS,
};

export const RESUMABLE = { ...CREATED, limits: { ...LIMITS, resume_s: 60 } };

export const RESUMED = {
  type: "session.resumed",
  session_id: "s1",
  epoch: 2,
  resumed_at_seq: null,
  last_event_id: 0,
  counts: { squat: 0 },
  counting: "counting",
};

export const repCounted = (event_id, count = event_id) => ({
  type: "rep.counted",
  event_id,
  at_s: event_id,
  counts: { squat: count },
  exercise: "squat",
  count,
});

export const ack = (seq, more = {}) => ({
  type: "ack",
  processed: seq + 1,
  dropped: 0,
  refused: 0,
  queue_ms: 0,
  seq,
  credit: 1,
  ...more,
});

export const SUMMARY = {
  type: "session.summary",
  processed: 0,
  dropped: 0,
  refused: 0,
  queue_ms: 0,
  counts: { squat: 1 },
};
