// Where the rows of Live come from: what is stored and what was refused, in one form, newest first.
// The only module of Live that knows routes.
import { ask, Refused } from "../server.js";

export const MOST = 500;
const NEVER_MS = 8.64e15 - 1,
  // Objects become visible out of order: what was seen already is asked for once more, and known.
  OVERLAP_MS = 5000,
  LOOK_BACK_MS = 86400000;

const FILTERS = { name: "event_name", dialect: "dialect", key: "key_id" };

// The rows since `after` (null: the newest there are), and where to go on.
export async function rowsSince(after, filters, signal) {
  const from = after === null ? Date.now() - LOOK_BACK_MS : Math.max(after - OVERLAP_MS, 0);
  const both = await Promise.all([
    filters.fate === "refused" ? [] : stored(from, filters, signal),
    filters.fate === "stored" || filters.name ? [] : refused(from, filters, signal),
  ]);
  const rows = both.flat().filter((row) => says(row, filters.q));
  return { rows, next: Math.max(from, ...both.flat().map((row) => row.received_ms)) };
}

async function stored(from, filters, signal) {
  const asked = Object.entries(FILTERS).filter(([name]) => filters[name]);
  const answer = await ask("v1/query/json", {
    body: {
      select: ["*"],
      time_basis: "received",
      time_period: { from, to: NEVER_MS },
      filters: asked.map(([name, field_name]) => ({
        field_name,
        op: "equals",
        value: filters[name],
      })),
      limit: MOST,
    },
    signal,
  });
  const at = Object.fromEntries(answer.columns.map((name, index) => [name, index]));
  return answer.rows.map((row) => {
    const event = Object.fromEntries(answer.columns.map((name) => [name, row[at[name]]]));
    const { event_id, received_ms, dialect, key_id } = event;
    const told = { event_id, received_ms, dialect, key: key_id, name: event.event_name };
    return { fate: "stored", ...told, event };
  });
}

async function refused(from, filters, signal) {
  const minutes = Math.min(Math.ceil((Date.now() - from) / 60000) + 1, 1440);
  const query = new URLSearchParams({ period: `minus_${minutes}_minutes` });
  if (filters.dialect) query.set("dialect", filters.dialect);
  const answer = await ask(`v1/refused?${query}`, { signal }).catch((error) => {
    // A key of one customer sees no refusals; what it may see is all there is for it.
    if (error instanceof Refused && error.reason === "scoped_key") return { groups: [] };
    throw error;
  });
  const rows = answer.groups.flatMap((group) =>
    group.samples.map((sample) => ({
      fate: "refused",
      event_id: sample.refused_id,
      received_ms: Date.parse(sample.received),
      dialect: sample.dialect,
      key: sample.key_id,
      name: null,
      reason: group.reason,
      field: sample.field,
      message: sample.message,
      refused: sample,
    })),
  );
  return rows.filter((row) => !filters.key || row.key === filters.key);
}

function says(row, wanted) {
  if (!wanted) return true;
  return JSON.stringify(row).toLowerCase().includes(wanted.toLowerCase());
}

// One row by its id, with all that is known of it; null where the key sees none.
export async function opened(id, signal) {
  const asked = await ask("v1/query/json", {
    body: {
      select: ["*"],
      time_period: "all",
      filters: [{ field_name: "event_id", op: "equals", value: id }],
      limit: 1,
    },
    signal,
  });
  if (!asked.rows.length) return null;
  const event = Object.fromEntries(asked.columns.map((name, at) => [name, asked.rows[0][at]]));
  return {
    fate: "stored",
    event_id: id,
    received_ms: event.received_ms,
    dialect: event.dialect,
    key: event.key_id,
    name: event.event_name,
    event,
  };
}

// What the receipt of a row says; null where there is none yet.
export async function receipt(id, signal) {
  try {
    return await ask(`v1/receipts/${encodeURIComponent(id)}`, { signal });
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}
