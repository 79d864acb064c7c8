const FIRST_MS = 200;
const LONGEST_MS = 5_000;

/** How long to wait before an attempt, 0, 1, 2 ...: anything up to a bound that doubles. */
export function backoffMs(attempt: number, random: () => number): number {
  return random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
}
