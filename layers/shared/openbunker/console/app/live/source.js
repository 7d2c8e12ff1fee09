// Where the rows of Live come from: what is stored and what was refused, as one walk of the server
// that misses no row and tells none twice. The only module of Live that knows routes.
import { ask, Refused } from "../server.js";

const MOST = 500,
  // Of one round; what is more waits for the next one, so that the page stays at hand.
  ROUNDS = 4;

// The rows since `after` (null: the newest there are), and where to go on. `full`: there are older
// ones than the first that came; `lacks`: why some are not there; `slow`: a question costs money.
export async function rowsSince(after, filters, signal) {
  const rows = [];
  let next = after,
    answer = null;
  for (let round = 0; round < ROUNDS && (!answer || answer.more); round += 1) {
    const asked = { ...filters, limit: MOST, ...(next === null ? {} : { after: next }) };
    const given = Object.entries(asked).filter(([, value]) => value !== "");
    answer = await ask(`v1/live?${new URLSearchParams(given)}`, { signal });
    rows.push(...answer.rows);
    next = answer.next;
  }
  const lacks = answer.complete ? [] : answer.incomplete || [];
  const full = after === null && rows.length >= MOST;
  return { rows, next, lacks, full, slow: answer.fresh_to === null };
}

// One row by its id, with all that is known of it; null where the key sees none.
export async function opened(id, signal) {
  try {
    return await ask(`v1/live/${encodeURIComponent(id)}`, { signal });
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

// An opened row as a row of the list: for one that is linked to, and not in the list.
export function listed({ fate, event_id, event, refused }) {
  const told = event || refused;
  const { received_ms, dialect, key_id } = told;
  const known = { fate, event_id, received_ms, dialect, key: key_id };
  if (event) return { ...known, name: event.event_name, user_id: event.user_id };
  return { ...known, name: null, reason: told.reason, field: told.field, message: told.message };
}
