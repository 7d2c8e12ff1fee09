// How the system is and what the project used: from the state of the server, where it tells one,
// and from questions.
import { ask, Refused } from "../server.js";

const HALF_MINUTE_MS = 30000;

// The state of the server; null where it tells none, as behind a gateway.
export async function health(signal) {
  try {
    return await ask("health", { signal });
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

async function orScoped(asked) {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Refused && error.reason === "scoped_key") return null;
    throw error;
  }
}

const DAY = "minus_24_hours";

// The last 24 hours: what was stored and what was refused; null for what this key does not see.
export async function lastDay(signal) {
  const body = { time_basis: "received", time_period: DAY, group_by: ["dialect"] };
  const [stored, refused] = await Promise.all([
    ask("v1/query/json", { body, signal }),
    orScoped(ask(`v1/refused?period=${DAY}`, { signal })),
  ]);
  return { stored, refused };
}

export const usage = (signal) => orScoped(ask("v1/usage", { signal }));

// Calls `told` with the state of the server now and every half minute while somebody looks.
export function watchHealth(told) {
  const ended = new AbortController();
  let timer = 0;
  const turn = async () => {
    const state = document.hidden ? undefined : await health(ended.signal).catch(() => undefined);
    if (ended.signal.aborted || state === null) return;
    if (state) told(state);
    timer = setTimeout(turn, HALF_MINUTE_MS);
  };
  turn();
  return () => {
    ended.abort();
    clearTimeout(timer);
  };
}
