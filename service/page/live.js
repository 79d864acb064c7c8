// Camera or video file -> JPEGs -> a session; counts, events and skeleton back.

import { jpeg, paint, show } from "./picture.js";
import { Session } from "./session.js";
import * as source from "./source.js";

const FRAMES_A_SECOND = 15, EVENTS_SHOWN = 30;
const GUIDANCE_MS = 6000, PATIENCE_MS = 10_000;
const ADVICE = {
  overloaded: "the server is busy: pictures are passed over",
  too_slow: "few pictures a second get through: quick repetitions may be missed",
};
const FRESH_S = 1; // a skeleton that is older fits no picture

const { video } = source;
const $ = (id) => document.getElementById(id);
let run = null; // the session that is going on, of which source, or null
let last = []; // what was begun last

// What is read aloud is read whenever it is written: only what is new.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function say(text, wrong = false) {
  write($("status"), text);
  $("status").classList.toggle("wrong", wrong);
}

const words = (name) => name.replaceAll("_", " ");

const titles = { auto: "any exercise" }; // of the exercises, by name
const titled = (name) => titles[name] ?? words(name);

// Minutes and seconds: "1:05".
const timer = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

let boxes = {}, numbers = {}; // of the exercises, by name

function boxed(name) {
  const box = document.createElement("div"), told = document.createElement("span");
  const number = document.createElement("b"), doing = document.createElement("small");
  told.append(number, " ", titled(name));
  box.className = "count";
  box.append(told, " ", doing);
  $("counts").append(box);
  return { box, told, number, doing };
}

// A number for each exercise: its count, which is read aloud, or how long it is or was held. Of
// those that are not chosen any more only what was done.
function showCounts(counts, phases = {}, holds = {}) {
  const chosen = $("exercise").value;
  const timers = Object.entries(holds).map(([name, s]) => [name, timer(s)]);
  numbers = { [chosen]: "0:00", ...numbers, ...counts, ...Object.fromEntries(timers) };
  delete numbers.auto;
  for (const [name, value] of Object.entries(numbers)) {
    const { box, told, number, doing } = boxes[name] ??= boxed(name);
    const phase = phases[name] === "away" ? "" : phases[name] ?? "";
    box.hidden = ![name, "auto"].includes(chosen) && [0, "0:00"].includes(value);
    told.role = typeof value === "number" ? "status" : "timer";
    write(number, String(value));
    write(doing, name in holds ? "held" : phase);
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
  const parts = [`${titled(set.exercise)}: ${set.reps} × ${set.mean_rep_s.toFixed(1)} s`];
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

const handlers = {
  "session.created": (m) => {
    [boxes, numbers] = [{}, {}];
    $("counts").replaceChildren();
    showCounts(Object.fromEntries(m.exercises.map((name) => [name, 0])));
    say("Connected: counting.");
    play();
    send(run);
  },
  "connection.lost": (m) => {
    const since = run.session.lostAt.toLocaleTimeString();
    const meanwhile = run.file ? "the video waits" : "the last half minute is counted afterwards";
    say(`Reconnecting since ${since}: ${meanwhile}.`, true);
    note(null, m.why, "error");
    show(null);
    play();
  },
  "session.resumed": (m) => {
    showCounts(m.counts);
    say("Connected again.");
    note(null, "connected again");
    write($("progress"), "");
    play();
  },
  "closed": (m) => {
    if (m.why) say(m.why, true);
    $("again").hidden = !m.why;
    release();
  },
  "session.updated": (m) => note(null, `from here on: ${titled(m.config.exercise)}`),
  "rep.counted": (m) => {
    showCounts(m.counts);
    note(m.at_s, [`${titled(m.exercise)} ${m.count}`, m.grade, ...angles(m.measures)].join(", "));
  },
  "rep.rejected": (m) => note(m.at_s,
    `${titled(m.exercise)} not counted: ${words(m.reason)}`, "rejected"),
  "set.ended": (m) => done(summed(m)),
  "hold.started": (m) => note(m.at_s, `${titled(m.exercise)} is being held`),
  "hold.ended": (m) => done(`${titled(m.exercise)} held ${m.held_s.toFixed(1)} s`),
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
    if (!run.session.ending) say(m.subject ? "In view." : "Nobody in view.");
    write($("progress"), `${m.processed} frames, ${m.dropped} dropped`);
  },
  "rate.advice": (m) => note(null, ADVICE[m.reason] ?? words(m.reason), "rejected"),
  "landmarks": (m) => show(run.last_us / 1e6 - m.at_s < FRESH_S ? m : null),
  "error": (m) => {
    say(m.message, true);
    note(null, `${m.code}: ${m.message}`, "error");
  },
  "session.summary": (m) => {
    const counted = Object.entries(m.counts).map(([name, n]) => `${titled(name)} ${n}`);
    say(`Done: ${counted.join(", ") || "nothing counted"}; ` +
      `${m.processed} frames, ${m.dropped} dropped.`);
  },
};

// A page that is hidden sends a picture a second at most, and one that is not connected none: a
// file waits.
function play() {
  if (run.file && (document.hidden || !run.session.connected)) video.pause();
  else video.play();
}

async function send(mine) {
  while (run === mine && !mine.session.ending) {
    if (video.ended) return finish();
    const began = performance.now(), { lostAt } = mine.session;
    if (lostAt) write($("progress"), timer((Date.now() - lostAt) / 1000));
    const at_us = Math.round(mine.file ? video.currentTime * 1e6 : (began - mine.began_ms) * 1000);
    if (video.videoWidth && at_us > mine.last_us) {
      paint(video);
      if (mine.session.takes) await post(mine, at_us);
    }
    const rest = 1000 / FRAMES_A_SECOND - (performance.now() - began);
    await new Promise((done) => setTimeout(done, Math.max(0, rest)));
  }
}

async function post(mine, at_us) {
  const picture = await jpeg();
  if (!picture || run !== mine || mine.session.ending) return;
  mine.session.send(picture, at_us);
  mine.last_us = at_us;
}

// Where the server has keys: a request with the key that was typed in.
const ask = (path, options) => fetch(path, {
  ...options, headers: $("key").value ? { authorization: `Bearer ${$("key").value}` } : {},
  signal: AbortSignal.timeout(PATIENCE_MS),
});

// A browser cannot send a header with a WebSocket, but a ticket as a subprotocol.
async function subprotocols() {
  if (!$("key").value) return ["blazereps.v1"];
  const answer = await ask("/v1/live/tickets", { method: "POST" });
  const { ticket, detail } = await answer.json();
  if (!answer.ok) {
    throw Object.assign(new Error(detail), { refused: [401, 403].includes(answer.status) });
  }
  return ["blazereps.v1", `blazereps.ticket.${ticket}`];
}

function connect(file) {
  const start = {
    exercise: $("exercise").value, unknown: $("unknown").checked,
    outputs: { landmarks: true, state_hz: 4 },
  };
  const session = new Session(start, subprotocols, (message) => handlers[message.type]?.(message));
  run = { session, file, began_ms: performance.now(), last_us: -1 };
  show(null);
  keepAwake(run);
  $("events").replaceChildren();
  $("sets").replaceChildren();
  guide("");
  $("stage").hidden = false;
  live(true);
  say("Connecting…");
}

// Nobody touches a phone that watches; a page that was hidden has to ask again.
async function keepAwake(mine) {
  mine.awake = await navigator.wakeLock?.request("screen").catch(() => null);
  if (run !== mine) mine.awake?.release();
}

// Stopped a second time, nothing is waited for any more.
function finish() {
  if (run.session.ending) return run.session.close("Stopped before everything was counted.");
  source.stop();
  write($("progress"), "");
  if (run.session.connected) say("Counting the rest…");
  run.session.end();
}

// Shows what is of use now; who types does not lose the place.
function live(yes) {
  const place = document.activeElement;
  document.body.classList.toggle("live", yes);
  if (place !== document.body && !place.closest(".idle, .counting")) return;
  $(yes ? "stop" : $("again").hidden ? "camera" : "again").focus({ preventScroll: true });
}

function release() {
  run?.awake?.release();
  source.close();
  Object.values(boxes).forEach(({ doing }) => write(doing, ""));
  write($("progress"), "");
  guide("");
  live(false);
  run = null;
}

async function begin(open, file) {
  run?.session.close();
  last = [open, file];
  $("again").hidden = true;
  if (!$("key").value && !$("locked").hidden) {
    return say("Not let in: this server asks for a key or a token.", true);
  }
  $("camera").disabled = $("file").disabled = true; // whoever is asked for the camera may take long
  try {
    await open();
    arrange();
    connect(file);
  } catch (error) {
    source.close();
    say(source.trouble(error), true);
  }
  $("camera").disabled = $("file").disabled = false;
}

async function arrange() {
  $("picture").classList.toggle("mirrored", source.isSelfie());
  $("other").hidden = !video.srcObject || (await source.cameras()).length < 2;
}

$("camera").onclick = () => begin(() => {
  say("Waiting for the camera: allow it where the browser asks.");
  return source.openCamera(unplugged);
}, false);

$("other").onclick = async () => {
  $("other").disabled = true;
  try {
    await source.openOtherCamera(unplugged);
    arrange();
  } catch (error) {
    stopped(source.trouble(error));
  }
  $("other").disabled = false;
  if (!run || run.session.ending) source.close();
};

// A camera that is gone would be shown as its last picture, or a black one, for ever.
const unplugged = () => stopped("The camera is gone.");

function stopped(why) {
  if (run?.session.ending === false) finish();
  say(why, true);
  note(null, why, "error");
}

$("file").onchange = (event) => {
  const [chosen] = event.target.files;
  event.target.value = "";
  if (chosen) begin(() => source.openFile(chosen), true);
};

$("stop").onclick = finish;
$("again").onclick = () => begin(...last);

document.onvisibilitychange = () => {
  if (!run || run.session.ending) return;
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
    for (const { name, title } of exercises) titles[name] = title;
    const options = exercises.map((one) => new Option(one.title, one.name));
    $("exercise").replaceChildren(new Option("any", "auto"), ...options);
    say("Ready.");
  } catch (error) {
    say(`The list of exercises cannot be read: ${error.message}`, true);
  }
}

$("exercise").onchange = (event) =>
  run?.session.say({ type: "session.update", exercise: event.target.value });

$("key").onchange = listExercises;
await listExercises();
