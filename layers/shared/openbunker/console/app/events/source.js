// What is known of events by their names: how many, since when, and what their properties are. Made
// of questions that everybody may ask, so it sees what the key sees, and nothing that was erased.
import { ask } from "../server.js";
import { ZONE } from "../words.js";
import { properties } from "./properties.js";

export const DAYS = 30;
export const SAMPLE = 500;
const MOST_NAMES = 1000,
  WEEK_MS = 604800000,
  LAST_MS = 8.64e15 - 1;

const RECEIVED = { time_basis: "received" };
const NEWEST = [{ field_name: "count", direction: "DESC" }];

// All names, the most frequent first, with their days.
export async function names(signal) {
  const seen = ["min", "max"].map((name) => ({ function: name, field_name: "received_ms" }));
  const [all, daily] = await Promise.all([
    ask("v1/query/json", {
      body: {
        ...{ ...RECEIVED, time_period: "all", group_by: ["event_name"], limit: MOST_NAMES },
        ...{ computations: [{ function: "count" }, ...seen], order_by: NEWEST },
      },
      signal,
    }),
    ask("v1/query/json", {
      body: {
        ...{ ...RECEIVED, time_period: `minus_${DAYS}_days`, group_by: ["event_name"] },
        ...{ group_by_date: { interval: "day", timezone: ZONE, fill: false }, limit: 10000 },
      },
      signal,
    }),
  ]);
  const byName = Map.groupBy(daily.rows, ([, name]) => name);
  return {
    complete: all.complete && daily.complete,
    names: all.rows.map(([name, events, first_ms, last_ms]) => ({
      ...{ name, events, first_ms, last_ms },
      daily: (byName.get(name) || []).map(([date, , count]) => [date.slice(0, 10), count]),
    })),
  };
}

// The properties of one name, of its newest events, and what is new in them since a week ago.
export async function propertiesOf(name, now, signal) {
  const listing = (from, to) =>
    ask("v1/query/json", {
      body: {
        ...{ ...RECEIVED, select: ["properties"], time_period: { from, to }, limit: SAMPLE },
        filters: [{ field_name: "event_name", op: "equals", value: name }],
      },
      signal,
    });
  const [week, earlier] = await Promise.all([
    listing(now - WEEK_MS, LAST_MS),
    listing(0, now - WEEK_MS),
  ]);
  const rows = [week, earlier].map((answer) => answer.rows.map(([value]) => value || {}));
  return {
    properties: properties(rows[0], rows[1]),
    sampled: rows[0].length + rows[1].length,
    old: rows[1].length,
  };
}
