// What was chosen in Explore, read from the address, and the question that it is. Pure: the address
// goes in, bodies of `POST /v1/query/json` come out.
import { parsed } from "../server.js";

export const KINDS = { trend: "Trend", funnel: "Funnel", retention: "Retention" };
export const FUNCTIONS = {
  count: "number of events",
  count_unique: "different values of",
  sum: "sum of",
  avg: "mean of",
  median: "median of",
  p90: "90th percentile of",
  p95: "95th percentile of",
  p99: "99th percentile of",
  min: "least of",
  max: "most of",
};
export const PERIODS = {
  minus_60_minutes: "last hour",
  minus_24_hours: "last 24 hours",
  minus_7_days: "last 7 days",
  minus_30_days: "last 30 days",
  minus_90_days: "last 90 days",
  minus_12_months: "last 12 months",
  all: "all time",
};
export const INTERVALS = ["minute", "hour", "day", "week", "month"];
export const OPS = {
  equals: "is",
  not_equals: "is not",
  contains: "contains",
  starts_with: "begins with",
  gt: "is more than",
  gte: "is at least",
  lt: "is less than",
  lte: "is at most",
  exists: "is there",
  not_exists: "is missing",
};
export const PEOPLE = ["user_id", "anonymous_id", "session_id", "customer_identifier"];
export const WITHIN = {
  "1_hours": "an hour",
  "1_days": "a day",
  "7_days": "7 days",
  "30_days": "30 days",
};
const USUAL = { trend: "minus_24_hours", funnel: "minus_30_days", retention: "minus_90_days" };
const FITTING = { minus_60_minutes: "minute", minus_24_hours: "hour", minus_12_months: "month" };
const UNIT_MS = { minutes: 60000, hours: 3600000, days: 86400000, weeks: 604800000 };

const list = (text) => {
  const value = parsed(text || "[]");
  return Array.isArray(value) ? value : [];
};

// All that was chosen, with what stands where nothing was.
export function chosenIn(address) {
  const kind = address.kind in KINDS ? address.kind : "trend";
  const period = address.period || USUAL[kind];
  const [fn, field] = (address.measure || "count").split(/:(.*)/s);
  const each = address.each || (period === "all" ? "none" : FITTING[period] || "day");
  return {
    kind,
    period,
    fn: fn in FUNCTIONS ? fn : "count",
    field: field || "",
    names: list(address.names).filter((name) => typeof name === "string"),
    where: list(address.where).filter((one) => Array.isArray(one) && one[1] in OPS),
    each: INTERVALS.includes(each) ? each : "none",
    group: address.group || "",
    compare: address.compare === "1" && period !== "all",
    steps: list(address.steps).map(String).slice(0, 5),
    within: address.within in WITHIN ? address.within : "7_days",
    by: address.by || "user_id",
    back: address.back || "",
  };
}

const valued = (op) => op !== "exists" && op !== "not_exists";

// A typed value as the kind that it looks like; in quotes it is a text, whatever it looks like.
function valueOf(text) {
  const value = parsed(text);
  return ["string", "number", "boolean"].includes(typeof value) ? value : text;
}

function filtersOf({ names, where }) {
  const named = names.length ? [{ field_name: "event_name", op: "in", value: names }] : [];
  return [
    ...named,
    ...where
      .filter(([field, op, value]) => field && (!valued(op) || value !== ""))
      .map(([field_name, op, value]) =>
        valued(op) ? { field_name, op, value: valueOf(value) } : { field_name, op },
      ),
  ];
}

// The body of a question; nothing where something is missing still.
export function questionOf(chosen, timezone) {
  const { kind, period } = chosen;
  if (kind === "funnel") return funnelOf(chosen);
  if (kind === "retention") return retentionOf(chosen, timezone);
  if (chosen.fn !== "count" && !chosen.field) return null;
  const computation = { function: chosen.fn };
  if (chosen.field) computation.field_name = chosen.field;
  const filters = filtersOf(chosen);
  return {
    time_period: period,
    ...(chosen.group ? { group_by: [chosen.group] } : {}),
    ...(chosen.each === "none" ? {} : { group_by_date: { interval: chosen.each, timezone } }),
    computations: [computation],
    ...(filters.length ? { filters } : {}),
    limit: 10000,
  };
}

const filtered = (chosen) => {
  const filters = filtersOf({ names: [], where: chosen.where });
  return filters.length ? { filters } : {};
};

function funnelOf(chosen) {
  const { period, steps, within, by } = chosen,
    named = steps.filter(Boolean);
  if (named.length < 2) return null;
  return {
    time_period: period,
    ...filtered(chosen),
    funnel: { steps: named.map((event_name) => ({ event_name })), within, by },
  };
}

function retentionOf(chosen, timezone) {
  const { period, steps, back, by } = chosen;
  const begun = steps[0] ? { event_name: steps[0] } : {};
  const again = back ? { event_name: back } : {};
  const retention = { start: begun, back: again, by, timezone };
  return { time_period: period, ...filtered(chosen), retention };
}

// The same question about the time before: as long, ending where the period begins.
export function before(question, now) {
  const found = /^minus_(\d+)_(minutes|hours|days|weeks|months)$/.exec(question.time_period);
  if (!found) return null;
  const count = Number(found[1]);
  return {
    ...question,
    time_period: { from: back(now, 2 * count, found[2]), to: back(now, count, found[2]) },
  };
}

function back(now, count, unit) {
  if (unit !== "months") return now - count * UNIT_MS[unit];
  const time = new Date(now),
    day = time.getUTCDate();
  time.setUTCDate(1);
  time.setUTCMonth(time.getUTCMonth() - count);
  const last = new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + 1, 0)).getUTCDate();
  time.setUTCDate(Math.min(day, last));
  return time.getTime();
}
