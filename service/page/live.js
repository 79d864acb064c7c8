// Camera or video file -> canvas -> JPEG -> WebSocket; counts, events and skeleton back.

const HEADER_BYTES = 16, VERSION = 1, IMAGE = 1;
const FRAMES_A_SECOND = 15, LONGEST_SIDE = 640, JPEG_QUALITY = 0.8, EVENTS_SHOWN = 30;
const UNDER_WAY = 8; // pictures: more would only be seen later, however much networks take in
const GUIDANCE_MS = 6000;
const WATCH_MS = 1000, SILENT_MS = 10_000, LAST_WORD_MS = 5000;
const PING = JSON.stringify({ type: "ping", nonce: "" });
const BONES = [[11, 12], [23, 24], [11, 23], [12, 24], [11, 13], [13, 15], [12, 14], [14, 16],
  [15, 19], [16, 20], [23, 25], [25, 27], [24, 26], [26, 28], [27, 29], [29, 31], [28, 30],
  [30, 32], [0, 2], [2, 7], [0, 5], [5, 8], [9, 10]];

const $ = (id) => document.getElementById(id);
const video = document.createElement("video");
video.muted = true;
video.playsInline = true;
const canvas = $("picture"), screen = canvas.getContext("2d");
const frame = document.createElement("canvas"), ink = frame.getContext("2d");

let run = null; // the session that is going on, or null

// What is read aloud is read whenever it is written: only what is new.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function say(text, wrong = false) {
  write($("status"), text);
  $("status").classList.toggle("wrong", wrong);
}

const words = (name) => name.replaceAll("_", " ");

// Minutes and seconds: "1:05".
const timer = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

let boxes = {}; // of the exercises, by name

function boxed(name) {
  const box = document.createElement("div"), told = document.createElement("span");
  const number = document.createElement("b"), doing = document.createElement("small");
  told.append(number, " ", words(name));
  box.append(told, " ", doing);
  $("counts").append(box);
  return { box, told, number, doing };
}

// A number for each exercise: its count, which is read aloud, or while it is held the time so far.
function showCounts(counts, phases = {}, holds = {}) {
  for (const name of Object.keys({ ...counts, ...holds })) {
    const { box, told, number, doing } = boxes[name] ??= boxed(name);
    const held = name in holds;
    box.className = held ? "count held" : "count";
    told.role = held ? "timer" : "status";
    write(number, held ? timer(holds[name]) : String(counts[name]));
    write(doing, held ? "held" : phases[name] ?? "");
  }
}

let guided; // the timer that takes the guidance away again

function guide(text) {
  clearTimeout(guided);
  $("guidance").textContent = text;
  guided = text && setTimeout(() => guide(""), GUIDANCE_MS);
}

function done(text) {
  const item = document.createElement("li");
  item.textContent = text;
  $("sets").append(item);
}

// The joints' angles at the bottom: "knee 84°".
const angles = (measures) => Object.entries(measures)
  .filter(([name, one]) => name.endsWith("_bottom") && one.unit === "degrees")
  .map(([name, one]) => `${words(name.slice(0, -"_bottom".length))} ${Math.round(one.value)}°`);

function summed(set) {
  const parts = [`${words(set.exercise)}: ${set.reps} × ${set.mean_rep_s.toFixed(1)} s`];
  if (set.velocity_loss !== null) parts.push(`slowed ${Math.round(set.velocity_loss * 100)} %`);
  if (set.rest_s !== null) parts.push(`${Math.round(set.rest_s)} s rest before`);
  return parts.join(", ");
}

function note(at_s, text, kind = "") {
  const line = document.createElement("li"), time = document.createElement("time");
  time.textContent = at_s === null ? "" : `${at_s.toFixed(1)} s`;
  line.className = kind;
  line.append(time, text);
  $("events").prepend(line);
  while ($("events").children.length > EVENTS_SHOWN) $("events").lastChild.remove();
}

let pose = null; // the newest landmarks, shown on every picture until newer ones come

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

const handlers = {
  "session.created": (m) => {
    boxes = {};
    $("counts").replaceChildren();
    showCounts(Object.fromEntries(m.exercises.map((name) => [name, 0])));
    say("Connected: counting.");
    play();
    send(run);
  },
  "rep.counted": (m) => {
    showCounts(m.counts);
    note(m.at_s, [`${words(m.exercise)} ${m.count}`, m.grade, ...angles(m.measures)].join(", "));
  },
  "rep.rejected": (m) => note(m.at_s,
    `${words(m.exercise)} not counted: ${words(m.reason)}`, "rejected"),
  "set.ended": (m) => done(summed(m)),
  "hold.started": (m) => note(m.at_s, `${words(m.exercise)} is being held`),
  "hold.ended": (m) => done(`${words(m.exercise)} held ${m.held_s.toFixed(1)} s`),
  "unknown.counted": (m) => {
    showCounts(m.counts);
    note(m.at_s, `unknown movement ${m.count}`);
  },
  "guidance": (m) => guide(m.text),
  "subject.found": (m) => note(m.at_s, "somebody is in view"),
  "subject.lost": (m) => note(m.at_s, "nobody is in view", "rejected"),
  "subject.switched": (m) => note(m.at_s, "somebody else is followed"),
  "state": (m) => {
    showCounts(m.counts, m.phases, m.holds);
    say(m.subject ? "In view." : "Nobody in view.");
    write($("progress"), `${m.processed} frames, ${m.dropped} dropped`);
  },
  "ack": (m) => { run.done = m.seq + 1; },
  "landmarks": (m) => {
    pose = m;
    draw();
  },
  "error": (m) => {
    run.concluded = !m.recoverable;
    say(m.message, true);
    note(null, `${m.code}: ${m.message}`, "error");
  },
  "session.summary": (m) => {
    const counted = Object.entries(m.counts).map(([name, n]) => `${words(name)} ${n}`);
    say(`Done: ${counted.join(", ") || "nothing counted"}; ` +
      `${m.processed} frames, ${m.dropped} dropped.`);
    run.concluded = true;
  },
};

function paint() {
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

// A page that is hidden sends a picture a second at most: a file waits until it is seen again.
function play() {
  if (run.file && document.hidden) video.pause();
  else video.play();
}

const open = (one) => run === one && !one.ended && one.socket.readyState === WebSocket.OPEN;

async function send(mine) {
  while (open(mine)) {
    if (video.ended) return finish();
    const began = performance.now();
    const at_us = Math.round(mine.file ? video.currentTime * 1e6 : (began - mine.began_ms) * 1000);
    if (video.videoWidth && at_us > mine.last_us) {
      paint();
      if (mine.seq - mine.done < UNDER_WAY) await post(mine, at_us); // else the network is the bottleneck
    }
    const rest = 1000 / FRAMES_A_SECOND - (performance.now() - began);
    await new Promise((done) => setTimeout(done, Math.max(0, rest)));
  }
}

async function post(mine, at_us) {
  const jpeg = await new Promise((done) => frame.toBlob(done, "image/jpeg", JPEG_QUALITY));
  const message = jpeg && await packed(jpeg, mine.seq, at_us);
  if (!message || !open(mine)) return;
  mine.socket.send(message);
  mine.seq++;
  mine.last_us = at_us;
}

async function packed(jpeg, seq, at_us) {
  const message = new Uint8Array(HEADER_BYTES + jpeg.size);
  const header = new DataView(message.buffer);
  header.setUint8(0, VERSION);
  header.setUint8(1, IMAGE);
  header.setUint32(4, seq, true);
  header.setBigUint64(8, BigInt(at_us), true);
  message.set(new Uint8Array(await jpeg.arrayBuffer()), HEADER_BYTES);
  return message;
}

// Where the server has keys: a request with the key that was typed in.
const ask = (path, options) => fetch(path, {
  ...options, headers: $("key").value ? { authorization: `Bearer ${$("key").value}` } : {},
  signal: AbortSignal.timeout(SILENT_MS),
});

// A browser cannot send a header with a WebSocket, but a ticket as a subprotocol.
async function subprotocols() {
  if (!$("key").value) return ["blazereps.v1"];
  const answer = await ask("/v1/live/tickets", { method: "POST" });
  const { ticket, detail } = await answer.json();
  if (!answer.ok) throw new Error(detail);
  return ["blazereps.v1", `blazereps.ticket.${ticket}`];
}

function connect(file, protocols) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}/v1/live`, protocols);
  const began_ms = performance.now();
  const mine = run = {
    socket, file, began_ms, seq: 0, last_us: -1, done: 0, opened: false, concluded: false,
    ended: false, heard_ms: began_ms, watching: setInterval(() => watch(mine), WATCH_MS),
  };
  pose = null;
  keepAwake(mine);
  $("events").replaceChildren();
  $("sets").replaceChildren();
  guide("");
  $("stop").disabled = false;
  say("Connecting…");
  socket.onopen = () => {
    mine.opened = true;
    socket.send(JSON.stringify({
      type: "session.start", exercise: $("exercise").value, unknown: $("unknown").checked,
      outputs: { landmarks: true, state_hz: 4 },
    }));
  };
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    mine.heard_ms = performance.now();
    if (run === mine) handlers[message.type]?.(message);
  };
  socket.onclose = (event) => {
    if (run !== mine) return;
    if (!mine.concluded) say(parted(event, mine.opened, protocols.length > 1), true);
    release();
  };
}

// Nobody touches a phone that watches; a page that was hidden has to ask again.
async function keepAwake(mine) {
  mine.awake = await navigator.wakeLock?.request("screen").catch(() => null);
  if (run !== mine) mine.awake?.release();
}

// Why the connection is no more: of one that never opened a browser tells nothing.
function parted({ code, reason }, opened, hasTicket) {
  if (code !== 1006) return `The connection was closed (${code} ${reason}).`;
  if (opened) return "The connection to the server was lost.";
  return `The server cannot be reached, or has no free session${hasTicket ? ", or refused the ticket" : ""}.`;
}

// A network that is gone tells nobody, and the camera must not stay on for it.
function watch(mine) {
  const silent_ms = performance.now() - mine.heard_ms;
  if (open(mine)) mine.socket.send(PING); // a file that waits is not idle
  if (silent_ms < (mine.ended ? LAST_WORD_MS : SILENT_MS)) return;
  say("The server does not answer.", true);
  if (mine.ended) leave();
}

function finish() {
  if (run?.socket.readyState !== WebSocket.OPEN) return leave();
  run.socket.send(JSON.stringify({ type: "session.end" }));
  run.ended = true;
  run.heard_ms = performance.now(); // the last word has its time from here on
  $("stop").disabled = true;
  video.pause();
}

function leave() {
  run?.socket.close();
  release();
}

function release() {
  clearInterval(run?.watching);
  run?.awake?.release();
  video.pause();
  video.srcObject?.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
  if (video.src) URL.revokeObjectURL(video.src);
  video.removeAttribute("src");
  $("stop").disabled = true;
  write($("progress"), "");
  guide("");
  run = null;
}

async function begin(source, file) {
  leave();
  if (!$("key").value && !$("locked").hidden) {
    return say("Not let in: this server asks for a key or a token.", true);
  }
  $("camera").disabled = $("file").disabled = true; // whoever is asked for the camera may take long
  const trouble = await begun(source, file);
  $("camera").disabled = $("file").disabled = false;
  if (!trouble) return;
  release();
  say(trouble, true);
}

// Why it did not begin. A ticket is not good for long: it is bought last.
async function begun(source, file) {
  let doing = "No picture";
  try {
    await source();
    await video.play();
    if (!video.videoWidth) throw new Error("there is none in this file");
    if (file) video.pause(); // until it is counted, from its beginning on
    doing = "Not let in";
    connect(file, await subprotocols());
  } catch (error) {
    return `${doing}: ${error.message}`;
  }
}

$("camera").onclick = () => begin(async () => {
  if (!navigator.mediaDevices) throw new Error("a browser gives the camera to https or localhost only");
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640 }, audio: false });
  video.srcObject.getVideoTracks()[0].onended = unplugged;
}, false);

// A camera that is gone would be shown as its last picture, or a black one, for ever.
function unplugged() {
  say("The camera is gone.", true);
  note(null, "the camera is gone", "error");
  finish();
}

$("file").onchange = (event) => {
  const [chosen] = event.target.files;
  event.target.value = "";
  if (chosen) begin(async () => { video.src = URL.createObjectURL(chosen); }, true);
};

$("stop").onclick = finish;

document.onvisibilitychange = () => {
  if (!run?.opened || run.ended) return;
  play();
  if (!document.hidden) keepAwake(run);
  else if (!run.file) note(null, "the page is hidden: few pictures are sent", "rejected");
};

async function listExercises() {
  try {
    const answer = await ask("/v1/exercises");
    $("locked").hidden = answer.ok && !$("key").value;
    if (answer.status === 401) {
      const asked = "This server asks for a key or a token.";
      return say($("key").value ? (await answer.json()).detail : asked, Boolean($("key").value));
    }
    const { exercises } = await answer.json();
    const options = exercises.map((one) => new Option(one.title, one.name));
    $("exercise").replaceChildren(new Option("any", "auto"), ...options);
    say("Not connected.");
  } catch (error) {
    say(`The list of exercises cannot be read: ${error.message}`, true);
  }
}

$("key").onchange = listExercises;
await listExercises();
