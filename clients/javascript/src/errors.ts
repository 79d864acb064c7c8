/** Something was refused, or the session is over; `code` is one of the protocol's or below. */
export class BlazerepsError extends Error {
  override readonly name = "BlazerepsError";
  readonly type = "error";

  constructor(
    readonly code: string,
    message: string,
    /** Whether the session goes on as it was. */
    readonly recoverable = false,
    /** What was wrong with a message, or null. */
    readonly field: string | null = null,
    /** Of the media message that was refused, or null. */
    readonly seq: number | null = null,
    /** In how many seconds to come again, where the server has said so, or null. */
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
  }
}

/** Another attempt may be answered otherwise. */
export class PassingError extends BlazerepsError {}

const GOING_AWAY = 1001;
const NO_STATUS = 1005;
/** No close came: the network failed. */
export const ABNORMAL = 1006;
/** The server failed. */
export const FAULT = 1011;
const RESTART = 1012;
const OVER_CAPACITY = 1013;

const PASSING = new Set([
  GOING_AWAY,
  NO_STATUS,
  ABNORMAL,
  FAULT,
  RESTART,
  OVER_CAPACITY,
]);

/** Idle, or too many messages: the session is there yet. */
const LIMITS = new Set([4408, 4429]);

const CODES: Record<number, string> = {
  1009: "message_too_large",
  [OVER_CAPACITY]: "over_capacity",
  4401: "unauthorized",
  4404: "unknown_session",
  4408: "idle",
  4409: "superseded",
  4429: "flood",
};

/** Whether a connection that was closed so may come back. */
export function isPassing(closeCode: number): boolean {
  return PASSING.has(closeCode);
}

/** Whether the session can be resumed to be ended, and its summary heard. */
export function isLimit(closeCode: number): boolean {
  return LIMITS.has(closeCode);
}

/** What a close of the connection says where no error message came before it. */
export function closeError(closeCode: number, reason: string): BlazerepsError {
  const code = CODES[closeCode] ?? "connection_lost";
  const why = reason || `close code ${closeCode}`;
  return new BlazerepsError(code, `The connection was closed: ${why}`);
}
