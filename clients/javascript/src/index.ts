export { type CameraOptions, streamCamera, type Video } from "./camera.js";
export type { Clock } from "./clock.js";
export { BlazerepsError } from "./errors.js";
export type {
  Captured,
  Landmark,
  Observation,
  Point,
  VideoChunk,
} from "./media.js";
export type * from "./messages.js";
export { connect, type Options, type Session, type Shot } from "./session.js";
export type { Credentials, Socket, SocketConstructor } from "./socket.js";
