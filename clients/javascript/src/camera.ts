import { BlazerepsError } from "./errors.js";
import type { Session } from "./session.js";

export interface CameraOptions {
  fps?: number;
  /** Pictures are shrunk to so many pixels on their longer side. */
  longSidePx?: number;
  /** Whether the video's own pixels are mirrored; what CSS mirrors is not. */
  mirrored?: boolean;
  /** Of the JPEGs, 0 to 1. */
  quality?: number;
}

/** What is needed of an HTMLVideoElement: types must hold where there is no DOM. */
export interface Video {
  readonly videoWidth: number;
  readonly videoHeight: number;
  readonly currentTime: number;
  readonly srcObject: unknown;
  requestVideoFrameCallback?(
    seen: (
      nowMs: number,
      frame: { captureTime?: number; mediaTime: number },
    ) => void,
  ): number;
}

/**
 * Sends a playing video, of a camera or a file; gives the function that stops it. What a frame
 * cannot be sent for is an `error` of the session, which goes on.
 */
export function streamCamera(
  session: Session,
  video: Video,
  {
    fps = 15,
    longSidePx = 640,
    mirrored = false,
    quality = 0.8,
  }: CameraOptions = {},
): () => void {
  const thinning = new Thinning(fps);
  const easel = new Easel(video, longSidePx, quality);
  let busy = false;
  let stopped = false;

  async function take(captureUs: number): Promise<void> {
    if (busy || !session.ready || !thinning.takes(captureUs)) return;
    busy = true;
    try {
      const jpeg = await easel.jpeg();
      if (jpeg && session.ready)
        await session.send(jpeg, { captureUs, mirrored });
    } catch (error) {
      if (!stopped) session.report(asBlazerepsError(error));
    } finally {
      busy = false;
    }
  }

  const stopFrames = eachFrame(video, (captureUs) => void take(captureUs));
  const stopAdvice = session.on("rate.advice", (advice) => {
    thinning.fps = Math.min(fps, advice.fps ?? thinning.fps);
    easel.longSidePx = Math.min(
      longSidePx,
      advice.long_side_px ?? easel.longSidePx,
    );
  });
  const stop = () => {
    stopped = true;
    stopFrames();
    stopAdvice();
    stopClosed();
  };
  const stopClosed = session.on("closed", stop);
  return stop;
}

function asBlazerepsError(error: unknown): BlazerepsError {
  if (error instanceof BlazerepsError) return error;
  return new BlazerepsError("camera_failed", String(error), true);
}

/** Which of the frames that come are taken, so that they are not too many a second. */
class Thinning {
  #dueUs = -Infinity;
  #lastUs = -Infinity;

  constructor(public fps: number) {}

  takes(captureUs: number): boolean {
    const stepUs = 1e6 / this.fps;
    // A camera's own pace is uneven: a frame that is a little early is not worth a whole step.
    if (captureUs <= this.#lastUs || captureUs < this.#dueUs - stepUs / 4)
      return false;
    this.#lastUs = captureUs;
    const late = captureUs - this.#dueUs > stepUs;
    this.#dueUs = (late ? captureUs : this.#dueUs) + stepUs;
    return true;
  }
}

/** A file's times, which go on where it is played again or wound back. */
class Onward {
  #lastUs = 0;
  #shiftUs = 0;

  us(fileUs: number): number {
    this.#shiftUs += Math.max(0, this.#lastUs - fileUs);
    this.#lastUs = fileUs;
    return fileUs + this.#shiftUs;
  }
}

/** Where frames are drawn, shrunk and encoded. */
class Easel {
  readonly #canvas = document.createElement("canvas");

  constructor(
    readonly video: Video,
    public longSidePx: number,
    readonly quality: number,
  ) {}

  jpeg(): Promise<Blob | null> {
    const { videoWidth, videoHeight } = this.video;
    const shrink = Math.min(
      1,
      this.longSidePx / Math.max(videoWidth, videoHeight),
    );
    this.#canvas.width = Math.round(videoWidth * shrink);
    this.#canvas.height = Math.round(videoHeight * shrink);
    const { width, height } = this.#canvas;
    const picture = this.video as HTMLVideoElement;
    this.#canvas.getContext("2d")!.drawImage(picture, 0, 0, width, height);
    return new Promise((done) =>
      this.#canvas.toBlob(done, "image/jpeg", this.quality),
    );
  }
}

/** Calls for each frame with its capture time; gives the function that stops it. */
function eachFrame(
  video: Video,
  seen: (captureUs: number) => void,
): () => void {
  let stopped = false;
  const fromFile = () => video.srcObject === null;
  const onward = new Onward();

  function next(): void {
    if (video.requestVideoFrameCallback) {
      video.requestVideoFrameCallback(
        (nowMs, { captureTime = nowMs, mediaTime }) =>
          show(fromFile() ? onward.us(mediaTime * 1e6) : captureTime * 1e3),
      );
    } else {
      requestAnimationFrame((nowMs) =>
        show(fromFile() ? onward.us(video.currentTime * 1e6) : nowMs * 1e3),
      );
    }
  }

  function show(captureUs: number): void {
    if (stopped) return;
    seen(captureUs);
    next();
  }

  next();
  return () => (stopped = true);
}
