// Camera or video file -> canvas -> JPEG -> WebSocket; counts, events and skeleton back.

const HEADER_BYTES = 16, VERSION = 1, IMAGE = 1;
const FRAMES_A_SECOND = 15, LONGEST_SIDE = 640, JPEG_QUALITY = 0.8, EVENTS_SHOWN = 30;
const GUIDANCE_MS = 6000;
const WATCH_MS = 1000, SILENT_MS = 10_000, LAST_WORD_MS = 5000;
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

function say(text, wrong = false) {
  $("status").textContent = text;
  $("status").classList.toggle("wrong", wrong);
}

const words = (name) => name.replaceAll("_", " ");

// Minutes and seconds: "1:05".
const timer = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

// A number for each exercise: its count, or while it is held the time so far.
function showCounts(counts, phases = {}, holds = {}) {
  $("counts").replaceChildren(...Object.keys({ ...counts, ...holds }).map((name) => {
    const box = document.createElement("div"), number = document.createElement("b");
    const doing = document.createElement("small"), held = name in holds;
    box.className = held ? "count held" : "count";
    number.textContent = held ? timer(holds[name]) : counts[name];
    doing.textContent = held ? "held" : phases[name] ?? "";
    box.append(number, words(name), " ", doing);
    return box;
  }));
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

function draw(message) {
  if (!message.points) return;
  const scale = canvas.width / message.width_px;
  const seen = (i) => message.points[i][3] > 0.5;
  screen.strokeStyle = screen.fillStyle = "#3ddc97";
  screen.lineWidth = Math.max(2, canvas.width / 200);
  for (const [a, b] of BONES) {
    if (!seen(a) || !seen(b)) continue;
    screen.beginPath();
    screen.moveTo(message.points[a][0] * scale, message.points[a][1] * scale);
    screen.lineTo(message.points[b][0] * scale, message.points[b][1] * scale);
    screen.stroke();
  }
}

const handlers = {
  "session.created": (m) => {
    showCounts(Object.fromEntries(m.exercises.map((name) => [name, 0])));
    say("Connected: counting.");
    video.play();
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
    const lost = m.dropped ? `, ${m.dropped} frames dropped` : "";
    say(`${m.subject ? "In view" : "Nobody in view"}: ${m.processed} frames${lost}.`);
  },
  "landmarks": draw,
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
  screen.drawImage(frame, 0, 0);
}

const open = (one) => run === one && !one.ended && one.socket.readyState === WebSocket.OPEN;

async function send(mine) {
  while (open(mine)) {
    if (video.ended) return finish();
    const began = performance.now();
    const at_us = Math.round(mine.file ? video.currentTime * 1e6 : began * 1000);
    const room = mine.socket.bufferedAmount < 200_000; // else the network is the bottleneck
    if (video.videoWidth && at_us > mine.last_us && room) {
      paint();
      const jpeg = await new Promise((done) => frame.toBlob(done, "image/jpeg", JPEG_QUALITY));
      const message = jpeg && await packed(jpeg, mine.seq, at_us);
      if (message && open(mine)) {
        mine.socket.send(message);
        mine.seq++;
        mine.last_us = at_us;
      }
    }
    const rest = 1000 / FRAMES_A_SECOND - (performance.now() - began);
    await new Promise((done) => setTimeout(done, Math.max(0, rest)));
  }
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
  const mine = run = {
    socket, file, seq: 0, last_us: -1, concluded: false, ended: false, heard_ms: performance.now(),
    watching: setInterval(() => watch(mine), WATCH_MS),
  };
  $("events").replaceChildren();
  $("sets").replaceChildren();
  guide("");
  $("stop").disabled = false;
  say("Connecting…");
  socket.onopen = () => socket.send(JSON.stringify({
    type: "session.start", exercise: $("exercise").value, unknown: $("unknown").checked,
    outputs: { landmarks: true, state_hz: 4 },
  }));
  socket.onmessage = (event) => {
    const message = JSON.parse(event.data);
    mine.heard_ms = performance.now();
    if (run === mine) handlers[message.type]?.(message);
  };
  socket.onclose = (event) => {
    if (run !== mine) return;
    if (!mine.concluded) {
      const ticket = protocols.length > 1 ? ", or refused the ticket" : "";
      say(event.code === 1006 ? `The server cannot be reached, or has no free session${ticket}.`
        : `The connection was closed (${event.code} ${event.reason}).`, true);
    }
    release();
  };
}

// A network that is gone tells nobody, and the camera must not stay on for it.
function watch(mine) {
  const silent_ms = performance.now() - mine.heard_ms;
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
  video.pause();
  video.srcObject?.getTracks().forEach((track) => track.stop());
  video.srcObject = null;
  if (video.src) URL.revokeObjectURL(video.src);
  video.removeAttribute("src");
  $("stop").disabled = true;
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
}, false);

$("file").onchange = (event) => {
  const [chosen] = event.target.files;
  event.target.value = "";
  if (chosen) begin(async () => { video.src = URL.createObjectURL(chosen); }, true);
};

$("stop").onclick = finish;

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
