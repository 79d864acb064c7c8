/** Time, where it is not the real one: in tests. */
export interface Clock {
  /** Milliseconds from any origin. */
  now(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(timer: any): void;
}

export const realClock: Clock = {
  now: () => performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
};
