// The binary layouts of docs/protocol.md: a 16-byte header, then the payload; little-endian.

import { BlazerepsError } from "./errors.js";

export type Bytes = Uint8Array;

/** When it was taken, from any origin: the camera's clock, not the network's. */
export type Captured = { atS: number } | { captureUs: number };

/** A point in the picture, or around the hips' middle. */
export interface Point {
  x: number;
  y: number;
  z: number;
}

export interface Landmark extends Point {
  /** 0 to 1; taken as 1 where it is not given. */
  visibility?: number;
  /** 0 to 1; taken as the visibility where it is not given. */
  presence?: number;
}

/** One look at a person; `null` landmarks say that nobody is seen. */
export type Observation = Captured & {
  landmarks: readonly Landmark[] | null;
  /** The same in metres, the origin at the hips' middle. */
  world?: readonly Point[] | null;
  /** Width and height of the upright picture where landmarks are 0 to 1 of it, as MediaPipe's are. */
  size?: readonly [width: number, height: number];
};

/** What is needed of WebCodecs' EncodedVideoChunk: types must hold where there is no DOM. */
export interface VideoChunk {
  readonly type: "key" | "delta";
  readonly timestamp: number;
  readonly byteLength: number;
  copyTo(target: Uint8Array): void;
}

export type Kind = "image" | "landmarks" | "video" | "batch";

export interface Header {
  seq: number;
  captureUs: number;
  /** Degrees clockwise that make the picture upright. */
  rotation?: 0 | 90 | 180 | 270;
  /** Whether left and right are swapped, as in a selfie preview. */
  mirrored?: boolean;
  /** Whether a video frame can be decoded without the ones before it. */
  key?: boolean;
}

/** One observation of a batch. */
export interface Row {
  seq: number;
  captureUs: number;
  data: Bytes;
}

/** Observations in one message. */
export const MAX_BATCH = 64;

const VERSION = 1;
const KINDS: Record<Kind, number> = {
  image: 1,
  landmarks: 2,
  video: 3,
  batch: 4,
};
const MAX_CAPTURE_US = 2 ** 53;
const HEADER_BYTES = 16;
const ROW_BYTES = 16;
const LANDMARKS = 33;
const ROTATIONS: readonly number[] = [0, 90, 180, 270];
const MIRRORED = 0b00100;
const KEY = 0b01000;
const LATE = 0b10000;
const NOBODY = 0;
const POINTS = 1;
const POINTS_AND_WORLD = 2;

export function captureUs(captured: Captured): number {
  const us = Math.round(
    "captureUs" in captured ? captured.captureUs : captured.atS * 1e6,
  );
  if (us >= 0 && us <= MAX_CAPTURE_US) return us;
  throw new BlazerepsError(
    "invalid_time",
    `There must be a capture time, atS or captureUs, of 0 to 2^53 microseconds, not ${us}.`,
    true,
  );
}

export function packMedia(kind: Kind, header: Header, payload: Bytes): Bytes {
  const head = new DataView(new ArrayBuffer(HEADER_BYTES));
  head.setUint8(0, VERSION);
  head.setUint8(1, KINDS[kind]);
  head.setUint16(2, flagsOf(header), true);
  head.setUint32(4, header.seq, true);
  setUint64(head, 8, header.captureUs);
  return joined([new Uint8Array(head.buffer), payload]);
}

function flagsOf({
  rotation = 0,
  mirrored = false,
  key = false,
}: Header): number {
  if (ROTATIONS.includes(rotation))
    return rotation / 90 + (mirrored ? MIRRORED : 0) + (key ? KEY : 0);
  throw new BlazerepsError(
    "invalid_rotation",
    `The rotation must be 0, 90, 180 or 270 degrees, not ${rotation}.`,
    true,
  );
}

/** Says of a media message that it comes behind newer: the server is to look at it all the same. */
export function markLate(message: Bytes): void {
  message[2]! |= LATE;
}

/** The payload of a landmarks message: pixels, then metres where there are any. */
export function packLandmarks({
  landmarks,
  world,
  size = [1, 1],
}: Observation): Bytes {
  if (landmarks === null) return new Uint8Array();
  const [width, height] = size;
  const rows = complete(landmarks).map(
    ({ x, y, z, visibility = 1, presence = visibility }) => [
      x * width,
      y * height,
      z * width,
      visibility,
      presence,
    ],
  );
  const metres = world ? complete(world).map(({ x, y, z }) => [x, y, z]) : [];
  return packFloats([...rows, ...metres].flat());
}

/** A whole message of one observation or more. */
export function packBatch(rows: readonly Row[]): Bytes {
  const payload = joined(rows.map(({ data }) => data));
  return packMedia("batch", rows[0]!, payload);
}

export function packRow(seq: number, observation: Observation): Row {
  const atUs = captureUs(observation);
  const head = new DataView(new ArrayBuffer(ROW_BYTES));
  head.setUint32(0, seq, true);
  head.setUint8(4, contentOf(observation));
  setUint64(head, 8, atUs);
  const parts = [new Uint8Array(head.buffer), packLandmarks(observation)];
  return { seq, captureUs: atUs, data: joined(parts) };
}

function contentOf({ landmarks, world }: Observation): number {
  if (landmarks === null) return NOBODY;
  return world ? POINTS_AND_WORLD : POINTS;
}

function complete<T>(points: readonly T[]): readonly T[] {
  if (points.length === LANDMARKS) return points;
  throw new BlazerepsError(
    "invalid_landmarks",
    `There must be ${LANDMARKS} landmarks, not ${points.length}.`,
    true,
  );
}

function packFloats(numbers: readonly number[]): Bytes {
  const view = new DataView(new ArrayBuffer(numbers.length * 4));
  numbers.forEach((number, i) => view.setFloat32(i * 4, number, true));
  return new Uint8Array(view.buffer);
}

// Capture times are at most 2^53: exact as a number, and not every engine has 64-bit setters.
function setUint64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value % 2 ** 32, true);
  view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
}

function joined(parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
