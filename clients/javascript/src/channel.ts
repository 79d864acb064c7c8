interface Typed {
  type: string;
}

type Of<E extends Typed, T extends E["type"]> = Extract<E, { type: T }>;

/** What a session says, to whoever listens and whoever iterates. */
export class Channel<E extends Typed> {
  readonly #listeners = new Map<string, Set<(event: E) => void>>();
  readonly #inboxes = new Set<Inbox<E>>();
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
    for (const inbox of this.#inboxes) inbox.put(event);
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
    for (const inbox of this.#inboxes) inbox.wake();
  }

  /** Everything from here on. */
  [Symbol.asyncIterator](): AsyncGenerator<E, void, undefined> {
    const inbox = new Inbox<E>();
    this.#inboxes.add(inbox);
    return this.#read(inbox);
  }

  async *#read(inbox: Inbox<E>): AsyncGenerator<E, void, undefined> {
    try {
      while (true) {
        yield* inbox.take();
        if (this.#over && inbox.empty) break;
        await inbox.filled(() => this.#over);
      }
    } finally {
      this.#inboxes.delete(inbox);
    }
    if (this.#error) throw this.#error;
  }
}

class Inbox<E> {
  #events: E[] = [];
  wake: () => void = () => {};

  get empty(): boolean {
    return this.#events.length === 0;
  }

  put(event: E): void {
    this.#events.push(event);
    this.wake();
  }

  take(): E[] {
    return this.#events.splice(0);
  }

  filled(over: () => boolean): Promise<void> {
    if (!this.empty || over()) return Promise.resolve();
    return new Promise((resolve) => (this.wake = resolve));
  }
}
