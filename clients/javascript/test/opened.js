import { connect } from "../dist/index.js";
import { CREATED, FakeClock, FakeSocket, settled } from "./fakes.js";

export const URL = "ws://gym.example/v1/live";

/** A session over a fake socket, which has been created as told. */
export async function opened({ created = CREATED, ...options } = {}) {
  const clock = new FakeClock();
  const random = () => 1;
  const connecting = connect(URL, {
    WebSocket: FakeSocket,
    clock,
    random,
    ...options,
  });
  await settled();
  const socket = FakeSocket.last;
  socket.accept(created);
  return { session: await connecting, socket, clock };
}

/** Connects, and is answered in this way. */
export async function answered(answer, options = {}) {
  const clock = new FakeClock();
  const connecting = connect(URL, {
    WebSocket: FakeSocket,
    clock,
    ...options,
  });
  connecting.catch(() => {});
  await settled();
  answer(FakeSocket.last, clock);
  return connecting;
}
