import { retryAfterS } from "./backoff.js";
import { BlazerepsError, PassingError } from "./errors.js";

/** What a session needs of a WebSocket: a browser's, React Native's, Node's or that of `ws`. */
export interface Socket {
  readonly bufferedAmount: number;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  /** Text or bytes, whose type is another one from TypeScript 5.7 on. */
  send(data: any): void;
  close(code?: number): void;
}

export type SocketConstructor = new (
  url: string,
  protocols?: string[],
) => Socket;

/** How the server is to know who connects; a key belongs on a back end only. */
export interface Credentials {
  key?: string | undefined;
  /** A short-lived token of one end user. */
  token?: string | undefined;
  /** A ticket is good for one connection: only a function can give one for each resume. */
  ticket?: string | (() => string | Promise<string>) | undefined;
}

const PROTOCOL = "blazereps.v1";
const TICKET_PROTOCOL = "blazereps.ticket.";
/** Too slow, too early and too many: answers that another attempt may not get. */
const PASSING = new Set([408, 425, 429]);

/**
 * The subprotocols to offer; throws a BlazerepsError, other than a PassingError, only where to try
 * again is in vain. Browsers cannot send headers, so a key or token is exchanged for a ticket, which
 * goes as a subprotocol; without one v1 is what the server speaks anyway.
 */
export async function protocols(
  url: string,
  { key, token, ticket }: Credentials,
  fetch: typeof globalThis.fetch,
): Promise<string[]> {
  const secret = key ?? token;
  const given = typeof ticket === "function" ? await ticket() : ticket;
  const chosen = given ?? (secret && (await buyTicket(url, secret, fetch)));
  return chosen ? [PROTOCOL, TICKET_PROTOCOL + chosen] : [];
}

async function buyTicket(
  url: string,
  secret: string,
  fetch: typeof globalThis.fetch,
): Promise<string> {
  const office = `${url.replace(/^ws/, "http").replace(/[?#].*$/, "")}/tickets`;
  const headers = { Authorization: `Bearer ${secret}` };
  const answer = await fetch(office, { method: "POST", headers });
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body.ticket;
  const why = body.detail ?? `No ticket: HTTP ${answer.status}.`;
  if (!PASSING.has(answer.status) && answer.status < 500)
    throw new BlazerepsError(body.code ?? "unauthorized", why);
  const afterS = retryAfterS(answer.headers.get("Retry-After"));
  const code = body.code ?? "connection_lost";
  throw new PassingError(code, why, false, null, null, afterS);
}
