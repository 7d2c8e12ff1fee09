// What can be chosen: the names, fields and values that exist in the period. They are suggestions;
// anything else may be typed.
import { useEffect, useState } from "../html.js";
import { ask } from "../server.js";

const MOST = 100,
  SAMPLE = 200,
  DEPTH = 4;

export const COLUMNS = (
  "event_name country browser os device url page_path page_title referrer utm_source utm_medium " +
  "utm_campaign utm_term utm_content metric_name metric_value user_id anonymous_id session_id " +
  "customer_identifier dialect key_id"
).split(" ");

function paths(value, before, found) {
  for (const [name, one] of Object.entries(value || {})) {
    const path = before ? `${before}.${name}` : name;
    const deep = one !== null && typeof one === "object" && !Array.isArray(one);
    if (deep && path.split(".").length < DEPTH) paths(one, path, found);
    else found.add(COLUMNS.includes(path) ? `properties.${path}` : path);
  }
  return found;
}

async function fieldsOf(period, signal) {
  const asked = { select: ["properties"], time_period: period, limit: SAMPLE };
  const { rows } = await ask("v1/query/json", { body: asked, signal });
  const found = new Set();
  for (const [properties] of rows) paths(properties, "", found);
  return [...found].sort();
}

// The values of a field in the period, those that occur most first.
async function valuesOf(field, period, signal) {
  const body = {
    time_period: period,
    group_by: [field],
    order_by: [{ field_name: "count", direction: "DESC" }],
    limit: MOST,
  };
  const { rows } = await ask("v1/query/json", { body, signal });
  return rows.map(([value]) => value).filter((value) => value !== null);
}

function useAsked(asked, ...on) {
  const [found, tell] = useState([]);
  useEffect(() => {
    const ended = new AbortController();
    asked(ended.signal)
      .then((told) => !ended.signal.aborted && tell(told))
      .catch(() => {});
    return () => ended.abort();
  }, on);
  return found;
}

const nothing = async () => [];

export const useFields = (period) => useAsked((signal) => fieldsOf(period, signal), period);

export const useValues = (field, period) =>
  useAsked((signal) => (field ? valuesOf(field, period, signal) : nothing()), field, period);
