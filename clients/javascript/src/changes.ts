/** Whoever waits looks again whenever a change is told. */
export class Changes {
  #waiting: (() => void)[] = [];

  /** Something may hold now. */
  tell(): void {
    this.#waiting.splice(0).forEach((look) => look());
  }

  /** Resolves once it holds. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds())
      await new Promise<void>((look) => this.#waiting.push(look));
  }
}
