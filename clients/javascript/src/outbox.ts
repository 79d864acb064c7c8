import type { Bytes } from "./media.js";

/** A message that may have to be said again. */
export interface Outgoing {
  /** Its number, the last one of a batch; a control message has that of the next media. */
  seq: number;
  data: Bytes | string;
  /** Of media. */
  firstSeq?: number;
  /** Of video that needs what came before. */
  delta?: boolean;
  /** A batch without the observations up to a number. */
  after?(seq: number): Outgoing;
}

const MAX_MESSAGES = 4096;
const MAX_BYTES = 8 * 1024 * 1024;

/** What the server has not stored yet, in order: what was said on this connection comes first. */
export class Outbox {
  /** Observations that were to be said and were not there any more. */
  givenUp = 0;
  /** Up to which media was sent on this connection, or is done with. */
  sentSeq = -1;
  /** Of the media to come. */
  nextSeq = 0;
  #kept: Outgoing[] = [];
  #bytes = 0;
  #sent = 0;
  #wholeFromSeq = 0; // what is missing before is known

  add(message: Outgoing): void {
    this.#kept.push(message);
    this.#bytes += message.data.length;
    if (message.firstSeq !== undefined) this.nextSeq = message.seq + 1;
  }

  /** Gives up the oldest media where it is too much, but never what was added last. */
  trim(): void {
    while (this.#kept.length > MAX_MESSAGES || this.#bytes > MAX_BYTES) {
      const oldest = this.#kept.findIndex(
        ({ firstSeq }) => firstSeq !== undefined,
      );
      if (oldest === this.#kept.length - 1) return;
      this.#remove(Math.max(0, oldest), 1);
    }
  }

  /** Whether another message like the last one would be too much. */
  get full(): boolean {
    const bytes = this.#kept.at(-1)?.data.length ?? 0;
    return this.#kept.length >= MAX_MESSAGES || this.#bytes + bytes > MAX_BYTES;
  }

  /** The last number of the message that has this one first. */
  lastSeq(firstSeq: number): number {
    const message = this.#kept.find((one) => one.firstSeq === firstSeq);
    return message?.seq ?? firstSeq;
  }

  /** Forgets everything up to this number. */
  forget(seq: number): void {
    const first = this.#kept.findIndex((message) => message.seq > seq);
    this.#remove(0, first < 0 ? this.#kept.length : first);
  }

  /** Whatever was said before: all after this number is to be said, video from a key frame on. */
  goOn(doneSeq: number): void {
    this.forget(doneSeq);
    this.#cut(doneSeq);
    this.#skipToKey();
    this.#sent = 0;
    this.sentSeq = Math.max(doneSeq, this.#wholeFromSeq - 1);
    const first = this.#kept.find(({ firstSeq }) => firstSeq !== undefined);
    this.#passTo(first?.firstSeq ?? this.nextSeq);
  }

  /** The next message to send, which counts as sent from here on. */
  next(): Outgoing | undefined {
    const next = this.#kept[this.#sent];
    if (!next) return undefined;
    this.#sent++;
    if (next.firstSeq === undefined) return next;
    this.#passTo(next.firstSeq);
    this.sentSeq = next.seq;
    return next;
  }

  /** What is missing before this number is given up. */
  #passTo(seq: number): void {
    const missing = seq - this.sentSeq - 1; // seqs have no gaps
    if (missing <= 0) return;
    this.givenUp += missing;
    this.#wholeFromSeq = seq;
    this.sentSeq = seq - 1;
  }

  /** The first may be a batch that is done with in part. */
  #cut(doneSeq: number): void {
    const [first] = this.#kept;
    if (!first?.after) return;
    const rest = first.after(doneSeq);
    this.#bytes += rest.data.length - first.data.length;
    this.#kept[0] = rest;
  }

  /** Drops the video that cannot be decoded; what else is said in between stays. */
  #skipToKey(): void {
    const place = this.#kept.findIndex(
      ({ firstSeq, delta }) => firstSeq !== undefined && !delta,
    );
    const before = place < 0 ? this.#kept.length : place;
    for (let n = before - 1; n >= 0; n--)
      if (this.#kept[n]!.delta) this.#remove(n, 1);
  }

  #remove(start: number, count: number): void {
    const gone = this.#kept.splice(start, count);
    for (const { data } of gone) this.#bytes -= data.length;
    this.#sent -= Math.max(0, Math.min(count, this.#sent - start));
  }
}
