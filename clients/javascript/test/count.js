import { connect } from "../dist/index.js";

/** Does one step after another, and gives everything that was told. */
export async function count({ url, start, steps, ...options }, load) {
  const session = await connect(url, { ...start, ...options });
  const told = listened(session);
  for (const step of steps) {
    if (step.waitMs) await wait(step.waitMs);
    while (!session.ready) await wait(5);
    await take(session, step, load);
  }
  const summary = await session.end();
  return { summary, events: await told, created: session.created };
}

/** Sends a file or landmarks, or says something. */
async function take(session, { file, landmarks, world, say, ...shot }, load) {
  if (file && "key" in shot) session.sendVideo(await load(file), shot);
  else if (file) await session.send(await load(file), shot);
  else if (say) await session[say](shot.about);
  else session.sendLandmarks(landmarks, { world, ...shot });
}

async function listened(session) {
  const events = [];
  for await (const event of session) {
    if (event.type === "error") throw event;
    events.push(event);
  }
  return events;
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
