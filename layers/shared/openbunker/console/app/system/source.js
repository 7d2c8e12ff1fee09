// How the system is and what the project used, as the server tells it.
import { ask, Refused } from "../server.js";
import { store } from "../store.js";

const HALF_MINUTE_MS = 30000;

// The state of the server, and the project's books and usage. What nobody knows there is null.
export const system = (signal) => ask("v1/system", { signal });

// What was refused in the last 24 hours, by reason; null where this key does not see it.
export async function refusals(signal) {
  try {
    return await ask("v1/refused?period=minus_24_hours", { signal });
  } catch (error) {
    if (error instanceof Refused && error.reason === "scoped_key") return null;
    throw error;
  }
}

// What the server told of itself last, while it is watched.
export const seen = store(null);

// Keeps `seen`, now and every half minute while somebody looks; not again where the server does not
// know how it is.
export function watchState() {
  const ended = new AbortController();
  let timer = 0;
  const turn = async () => {
    const state = document.hidden ? undefined : await system(ended.signal).catch(() => undefined);
    if (ended.signal.aborted || (state && state.status === null)) return;
    if (state) seen.set(state);
    timer = setTimeout(turn, HALF_MINUTE_MS);
  };
  turn();
  return () => {
    ended.abort();
    clearTimeout(timer);
  };
}
