// What is shown: the newest picture with the newest skeleton; and as a JPEG, what is sent.

const LONGEST_SIDE = 640, JPEG_QUALITY = 0.8;
const BONES = [[11, 12], [23, 24], [11, 23], [12, 24], [11, 13], [13, 15], [12, 14], [14, 16],
  [15, 19], [16, 20], [23, 25], [25, 27], [24, 26], [26, 28], [27, 29], [29, 31], [28, 30],
  [30, 32]]; // without the face

const canvas = document.getElementById("picture"), screen = canvas.getContext("2d");
const frame = document.createElement("canvas"), ink = frame.getContext("2d");

let pose = null; // the newest landmarks, shown on every picture until newer ones come

export function paint(video) {
  const shrink = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
  frame.width = Math.round(video.videoWidth * shrink);
  frame.height = Math.round(video.videoHeight * shrink);
  ink.drawImage(video, 0, 0, frame.width, frame.height);
  if (canvas.width !== frame.width || canvas.height !== frame.height) {
    canvas.width = frame.width;
    canvas.height = frame.height;
  }
  draw();
}

export function show(landmarks) {
  pose = landmarks;
  draw();
}

export async function jpeg() {
  const blob = await new Promise((done) => frame.toBlob(done, "image/jpeg", JPEG_QUALITY));
  return blob?.arrayBuffer();
}

function draw() {
  screen.drawImage(frame, 0, 0);
  if (!pose?.points) return;
  const { points, width_px } = pose, scale = canvas.width / width_px;
  const seen = (i) => points[i][3] > 0.5;
  screen.strokeStyle = "#3ddc97";
  screen.lineWidth = Math.max(2, canvas.width / 200);
  for (const [a, b] of BONES) {
    if (!seen(a) || !seen(b)) continue;
    screen.beginPath();
    screen.moveTo(points[a][0] * scale, points[a][1] * scale);
    screen.lineTo(points[b][0] * scale, points[b][1] * scale);
    screen.stroke();
  }
}
