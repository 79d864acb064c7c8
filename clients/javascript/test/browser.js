// A job of the server's that this page came from; what was told, or why not, goes back to it.

import { connect, streamCamera } from "../dist/index.js";
import { count } from "./count.js";

const load = async (file) => (await fetch(file)).blob();

/** Sends a film to its end, or of the camera until so many repetitions are counted. */
async function film({ url, start, camera, film, reps }) {
  const video = document.querySelector("video");
  if (film) video.src = film;
  else
    video.srcObject = await navigator.mediaDevices.getUserMedia({
      video: true,
    });
  const session = await connect(url, start);
  const errors = [];
  session.on("error", ({ code }) => errors.push(code));
  const stop = streamCamera(session, video, camera);
  const over = new Promise((resolve) => {
    video.onended = resolve;
    session.on("rep.counted", ({ count }) => count === reps && resolve());
  });
  await video.play();
  await over;
  stop();
  return { summary: await session.end(), errors };
}

/** Encodes pictures of these shades of grey as the browser does, and sends them. */
async function encode({ url, start, levels, stepUs }) {
  const session = await connect(url, start);
  const encoder = new VideoEncoder({
    output: (chunk) => session.sendVideo(chunk),
    error: (error) => session.close(error),
  });
  encoder.configure({
    codec: "vp8",
    width: 64,
    height: 48,
    latencyMode: "realtime",
  });
  const canvas = new OffscreenCanvas(64, 48);
  const ink = canvas.getContext("2d");
  levels.forEach((level, n) => {
    ink.fillStyle = `rgb(${level} ${level} ${level})`;
    ink.fillRect(0, 0, 64, 48);
    const frame = new VideoFrame(canvas, { timestamp: n * stepUs });
    encoder.encode(frame, { keyFrame: n === 0 });
    frame.close();
  });
  await encoder.flush();
  return { summary: await session.end() };
}

const { work, ...job } = await (await fetch("/job")).json();
const works = { film, encode, count: (job) => count(job, load) };
const result = await works[work](job).catch(({ name, code, message }) => ({
  error: { name, code, message },
}));
await fetch("/result", { method: "POST", body: JSON.stringify(result) });
