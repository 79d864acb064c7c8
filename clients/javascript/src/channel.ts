import { Changes } from "./changes.js";

interface Typed {
  type: string;
}

type Of<E extends Typed, T extends E["type"]> = Extract<E, { type: T }>;

/** What a session says, to whoever listens and whoever iterates. */
export class Channel<E extends Typed> {
  readonly #listeners = new Map<string, Set<(event: E) => void>>();
  readonly #inboxes = new Set<E[]>();
  readonly #changes = new Changes();
  #over = false;
  #error: Error | null = null;

  /** Listens to one type; gives the function that stops it. */
  on<T extends E["type"]>(
    type: T,
    listener: (event: Of<E, T>) => void,
  ): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener as (event: E) => void));
    return () => listeners.delete(listener as (event: E) => void);
  }

  emit(event: E): void {
    for (const inbox of this.#inboxes) inbox.push(event);
    this.#changes.tell();
    this.tell(event);
  }

  /** To listeners only: an iterator is told of the end by ending. */
  tell(event: E): void {
    for (const listener of [...(this.#listeners.get(event.type) ?? [])])
      listener(event);
  }

  /** Ends every iterator, with an error if there is one. */
  end(error: Error | null): void {
    this.#over = true;
    this.#error = error;
    this.#changes.tell();
  }

  /** Everything from here on. */
  [Symbol.asyncIterator](): AsyncGenerator<E, void, undefined> {
    const inbox: E[] = [];
    this.#inboxes.add(inbox);
    return this.#read(inbox);
  }

  async *#read(inbox: E[]): AsyncGenerator<E, void, undefined> {
    try {
      while (true) {
        await this.#changes.until(() => this.#over || inbox.length > 0);
        if (inbox.length === 0) break;
        yield* inbox.splice(0);
      }
    } finally {
      this.#inboxes.delete(inbox);
    }
    if (this.#error) throw this.#error;
  }
}
