// Where pictures come from: a camera, or a video file.

const TROUBLES = {
  NotAllowedError: "the camera was not allowed: allow it in the browser's settings for this page",
  NotFoundError: "there is no camera: connect one, or choose a video",
  NotReadableError: "the camera is in use by another program",
  OverconstrainedError: "the camera is gone",
  NotSupportedError: "the browser plays no such file: take MP4 with H.264, or WebM",
};

export const video = document.createElement("video");
video.muted = true;
video.playsInline = true;

let last; // the id of the camera that was opened last

export const trouble = ({ name, message }) => `No picture: ${TROUBLES[name] ?? message}.`;

export const isSelfie = () =>
  Boolean(video.srcObject) && settings().facingMode !== "environment";

export async function openCamera(gone, id = last) {
  if (!navigator.mediaDevices) throw new Error("a browser gives the camera to https or localhost only");
  const wanted = { width: 640, deviceId: { exact: id } };
  last = undefined; // unless it opens
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  last = settings().deviceId;
  video.srcObject.getVideoTracks()[0].onended = gone;
  await video.play();
  if (!video.srcObject?.active) throw new Error("the camera is gone");
}

// A phone opens one camera at a time.
export async function openOtherCamera(gone) {
  const all = await cameras(), place = all.indexOf(settings().deviceId);
  stop();
  await openCamera(gone, all[(place + 1) % all.length]);
}

export async function openFile(file) {
  video.src = URL.createObjectURL(file);
  await video.play();
  video.pause(); // until it is counted, from its beginning on
  if (!video.videoWidth) throw new Error("there is none in this file");
}

export async function cameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter(({ kind }) => kind === "videoinput").map(({ deviceId }) => deviceId);
}

export function stop() {
  video.pause();
  video.srcObject?.getTracks().forEach((track) => track.stop());
}

export function close() {
  stop();
  video.srcObject = null;
  if (video.src) URL.revokeObjectURL(video.src);
  video.removeAttribute("src");
}

const settings = () => video.srcObject.getVideoTracks()[0].getSettings();
