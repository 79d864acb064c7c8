import type { Bytes } from "./media.js";

/** A message that may have to be said again; a control message has the number of the next media. */
export interface Kept {
  seq: number;
  data: Bytes | string;
  /** On this connection. */
  said?: boolean;
}

const MAX_MESSAGES = 256;
const MAX_BYTES = 8 * 1024 * 1024;

/** What the server has not stored yet, in order; when it is too much, the oldest media is given up. */
export class Backlog {
  #kept: Kept[] = [];
  #bytes = 0;

  add(message: Kept): void {
    this.#kept.push(message);
    this.#bytes += message.data.length;
    while (this.#kept.length > MAX_MESSAGES || this.#bytes > MAX_BYTES) {
      const oldest = this.#kept.findIndex(
        ({ data }) => typeof data !== "string",
      );
      this.#remove(Math.max(0, oldest));
    }
  }

  /** Forgets everything up to this number. */
  forget(seq: number | null | undefined): void {
    if (seq === null || seq === undefined) return;
    const first = this.#kept.findIndex((message) => message.seq > seq);
    const gone = this.#kept.splice(0, first < 0 ? this.#kept.length : first);
    for (const { data } of gone) this.#bytes -= data.length;
  }

  unsaid(): Kept[] {
    return this.#kept.filter(({ said }) => !said);
  }

  /** Nobody knows what arrived: all of it is to be said. */
  unsay(): void {
    for (const message of this.#kept) message.said = false;
  }

  #remove(index: number): void {
    const [gone] = this.#kept.splice(index, 1);
    this.#bytes -= gone?.data.length ?? 0;
  }
}
