// What is known of events by their names, as the server tells it. The only module of Events that
// knows the route.
import { ask } from "../server.js";

export const DAYS = 30;

// All names, the most frequent first, with their days.
export const names = (signal) => ask(`v1/events/names?days=${DAYS}`, { signal });

// One name with its properties as `one`; undefined where it is not there.
export async function nameOf(name, signal) {
  const asked = new URLSearchParams({ days: DAYS, name });
  const told = await ask(`v1/events/names?${asked}`, { signal });
  return { ...told, one: told.names[0] };
}
