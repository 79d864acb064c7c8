// One live session over as many connections as it takes: docs/protocol.md, "Resuming".

const HEADER_BYTES = 16, VERSION = 1, IMAGE = 1, LATE = 1 << 4;
const UNDER_WAY = 8; // pictures: more would only be seen later, however much networks take in
const LATE_UNDER_WAY = 16;
const KEPT = 450; // pictures: half a minute of them
const BEAT_MS = 1000, STALLED = 3, GONE = 10; // beats without a word
const FIRST_WAIT_MS = 200, LONGEST_WAIT_MS = 5000;
// Close codes after which it is resumed; a picture at which the server fails (1011) would come again.
const PASSING = [1001, 1005, 1006, 1012, 1013, 4408];

const ADDRESS = `${location.origin.replace("http", "ws")}/v1/live`;

const json = (message) => JSON.stringify(message);

function packed(jpeg, seq, at_us) {
  const message = new Uint8Array(HEADER_BYTES + jpeg.byteLength);
  const header = new DataView(message.buffer);
  header.setUint8(0, VERSION);
  header.setUint8(1, IMAGE);
  header.setUint32(4, seq, true);
  header.setBigUint64(8, BigInt(at_us), true);
  message.set(new Uint8Array(jpeg), HEADER_BYTES);
  return message;
}

// Why a connection is no more: of one that was never open a browser tells nothing.
function parted({ code, reason }, opened, hasTicket) {
  if (code !== 1006) return `The connection was closed (${code} ${reason}).`;
  if (opened) return "The connection to the server was lost.";
  const refused = hasTicket ? ", or refused the ticket" : "";
  return `The server cannot be reached, or has no free session${refused}.`;
}

export class Session {
  connected = false; // and the server ready for pictures
  lostAt = null; // since when it is not, though it was
  ending = false;
  #over = false;
  #socket = null;
  #created = null;
  #stalled = false; // it says nothing
  #lastWord = ""; // of the server, why it is to close
  #silent = 0; // beats: a page that sleeps has none
  #attempt = 0;
  #lastEvent = 0;
  #kept = []; // what the server has not stored yet
  #next = 0; // numbers of pictures: to come,
  #sent = -1; // sent on this connection,
  #done = -1; // done with,
  #furthest = -1; // ever done with,
  #lateTo = -1; // and up to which they are late
  #beating = setInterval(() => this.#beat(), BEAT_MS);

  // `protocols` gives those to offer, anew for each connection; `tell` gets what the server says,
  // `connection.lost`, and `closed` with the reason why.
  constructor(start, protocols, tell) {
    this.start = start;
    this.protocols = protocols;
    this.tell = tell;
    this.#dial();
  }

  // Whether a picture taken now will be counted: soon, or once the connection is back.
  get takes() {
    if (!this.#created || this.ending) return false;
    return !this.#up || this.#next <= this.#lateTo || this.#underWay < UNDER_WAY;
  }

  send(jpeg, at_us) {
    this.#keep(packed(jpeg, this.#next, at_us));
    this.#next++;
    this.#pump();
  }

  // Anything else: it keeps its place among the pictures.
  say(control) {
    this.#keep(json(control));
    this.#pump();
  }

  end() {
    if (!this.#created) return this.close("Stopped before it began.");
    this.ending = true;
    this.say({ type: "session.end" });
  }

  close(why = "") {
    if (this.#over) return;
    this.#over = true;
    clearInterval(this.#beating);
    this.#drop();
    this.tell({ type: "closed", why });
  }

  get #up() {
    return this.connected && !this.#stalled;
  }

  get #underWay() {
    return this.#next - 1 - this.#done;
  }

  async #dial() {
    if (this.#over) return;
    try {
      const offered = await this.protocols();
      if (!this.#over) this.#use(new WebSocket(ADDRESS, offered), offered.length > 1);
    } catch (error) {
      this.#lose(`Not let in: ${error.message}`, !error.refused);
    }
  }

  #use(socket, hasTicket) {
    let opened = false;
    this.#socket = socket;
    this.#silent = 0;
    socket.onopen = () => {
      opened = true;
      socket.send(json(this.#first()));
    };
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    socket.onclose = (event) =>
      this.#lose(parted(event, opened, hasTicket), PASSING.includes(event.code));
  }

  #first() {
    if (!this.#created) return { type: "session.start", ...this.start };
    const { session_id, resume_token } = this.#created;
    return { type: "session.resume", session_id, resume_token, last_event_id: this.#lastEvent };
  }

  #hear(message) {
    this.#silent = 0;
    if (message.event_id <= this.#lastEvent) return;
    this.#lastEvent = message.event_id ?? this.#lastEvent;
    if (this.#stalled) this.#goOn();
    if (message.type === "session.created") this.#begin(message);
    if (message.type === "session.resumed") this.#resume(message.resumed_at_seq ?? -1);
    if (message.type === "ack") this.#acknowledge(message);
    if (message.type === "error" && !message.recoverable) this.#lastWord = message.message;
    this.tell(message);
    if (message.type === "session.summary") {
      this.close(this.ending ? "" : "The server has ended the session.");
    }
  }

  #begin(created) {
    this.#created = created;
    this.connected = true;
  }

  #resume(seq) {
    this.lostAt = null;
    this.connected = true;
    this.#done = this.#sent = seq;
    this.#forget(seq);
    for (const one of this.#kept) one.sent = false;
    this.#goOn();
  }

  #acknowledge({ seq, stored_seq }) {
    this.#done = Math.max(this.#done, seq);
    this.#forget(stored_seq ?? -1);
    if (seq > this.#furthest) this.#attempt = 0;
    this.#furthest = Math.max(this.#furthest, seq);
    this.#pump();
  }

  // Pictures go where there are too many, never what was said.
  #keep(message) {
    this.#kept.push({ seq: this.#next, message, sent: false });
    const pictures = this.#kept.filter(({ message }) => message.buffer);
    if (pictures.length > KEPT) this.#kept.splice(this.#kept.indexOf(pictures[0]), 1);
  }

  #forget(stored) {
    this.#kept = this.#kept.filter(({ seq }) => seq > stored);
  }

  // What was held up is late, and as many pictures again that are taken while it is caught up with.
  #goOn() {
    this.#stalled = false;
    this.#lateTo = this.#next - 1 + this.#underWay;
    this.#pump();
  }

  #pump() {
    while (this.#up) {
      const next = this.#kept.find(({ sent }) => !sent);
      if (!next) return;
      const late = next.seq <= this.#lateTo;
      if (late && this.#sent - this.#done >= LATE_UNDER_WAY) return;
      if (late && next.message.buffer) next.message[2] |= LATE;
      this.#socket.send(next.message);
      next.sent = true;
      this.#sent = next.seq;
    }
  }

  // A network that is gone tells nobody.
  #beat() {
    if (!this.#socket) return;
    this.#silent++;
    if (this.#silent > GONE) return this.#lose("The server does not answer.", true);
    this.#stalled ||= this.connected && this.#silent >= STALLED;
    if (this.connected) this.#socket.send(json({ type: "ping" })); // a file that waits is not idle
  }

  #lose(reason, passing) {
    this.#drop();
    const why = this.#lastWord || reason, known = this.lostAt;
    this.#lastWord = "";
    this.lostAt ??= new Date();
    const lost_s = (Date.now() - this.lostAt) / 1000;
    if (!passing || lost_s >= (this.#created?.limits.resume_s ?? 0)) {
      return this.close(known ? `Reconnecting was given up. ${why}` : why);
    }
    if (!known) this.tell({ type: "connection.lost", why });
    const wait_ms = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#attempt++);
    setTimeout(() => this.#dial(), Math.random() * wait_ms);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.connected = this.#stalled = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
