// What is said, each way: the types that the server's own models give.

import type { BlazerepsError } from "./errors.js";
import type {
  ArmInput,
  ClientMessage as AnyClientMessage,
  ErrorMessage,
  ServerMessage,
  SessionStartInput,
  SessionSummary,
  SessionUpdate,
} from "./generated.js";

export type * from "./generated.js";

/** A message of the client's, which always says its type. */
export type ClientMessage = AnyClientMessage & { type: string };

/** The fields of `session.start`. */
export type Start = Omit<SessionStartInput, "type">;

/** The fields of `session.update`: what is left out stays as it is. */
export type Changes = Omit<SessionUpdate, "type">;

/** What must happen before counting begins: a countdown, or that the top is kept so long. */
export type Arm = ArmInput;

export type Summary = SessionSummary;

/** The connection was lost; it is tried to resume the session. */
export interface ConnectionLost {
  type: "connection.lost";
  error: BlazerepsError;
}

/** The session is over, by an error or as it should. Iterators are not told: they end. */
export interface Closed {
  type: "closed";
  error: BlazerepsError | null;
}

/** Everything that a session tells, by `type`. */
export type SessionEvent =
  | Exclude<ServerMessage, ErrorMessage>
  | BlazerepsError
  | ConnectionLost
  | Closed;
