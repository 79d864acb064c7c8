const FIRST_MS = 200;
const LONGEST_MS = 5_000;
/** As long as a server may ask for: what it says is a guess, and a session is not kept for ever. */
const MAX_ASKED_S = 60;

/** How long to wait before an attempt, 0, 1, 2 ...: anything up to a bound that doubles. */
export function backoffMs(attempt: number, random: () => number): number {
  return random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
}

/** How long a server that has asked for so much is left alone. */
export function askedMs(retryAfterS: number | null): number {
  return Math.min(retryAfterS ?? 0, MAX_ASKED_S) * 1000;
}

/** How many seconds a `Retry-After` asks for, which is a number or a date. */
export function retryAfterS(
  header: string | null,
  nowMs = Date.now(),
): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header)) return Number(header);
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? null : Math.max(0, (atMs - nowMs) / 1000);
}
