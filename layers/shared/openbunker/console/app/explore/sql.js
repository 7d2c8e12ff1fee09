// A question as SQL for `POST /v1/query/sql`, as far as SQL says the same. Pure.

const COLUMNS = new Set(
  (
    "event_id dedupe_key dialect key_id event_name timestamp_ms received_ms customer_identifier " +
    "user_id anonymous_id session_id url page_title page_path referrer ip country browser os " +
    "device utm_source utm_medium utm_campaign utm_term utm_content metric_name metric_value"
  ).split(" "),
);
const NUMBERS = new Set(["timestamp_ms", "received_ms", "metric_value"]);
const SIGNS = { equals: "=", gt: ">", gte: ">=", lt: "<", lte: "<=" };

const text = (value) => `'${String(value).replaceAll("'", "''")}'`;

function path(field) {
  const own = field.replace(/^properties\./, "");
  return COLUMNS.has(field) ? field : `json_extract_scalar(properties, ${text(`$.${own}`)})`;
}

const numeric = (field) => (NUMBERS.has(field) ? field : `try_cast(${path(field)} AS double)`);

function condition({ field_name, op, value }) {
  const side = typeof value === "number" ? numeric(field_name) : path(field_name);
  const written = typeof value === "number" ? String(value) : text(value);
  if (op === "in") return `${path(field_name)} IN (${value.map(text).join(", ")})`;
  if (op === "exists") return `${path(field_name)} IS NOT NULL`;
  if (op === "not_exists") return `${path(field_name)} IS NULL`;
  if (op === "not_equals") return `${side} IS DISTINCT FROM ${written}`;
  if (op === "contains") return `strpos(${path(field_name)}, ${text(value)}) > 0`;
  if (op === "starts_with") return `strpos(${path(field_name)}, ${text(value)}) = 1`;
  return `${side} ${SIGNS[op]} ${written}`;
}

function measure({ function: name, field_name }) {
  if (name === "count") return field_name ? `count(${path(field_name)})` : "count(*)";
  if (name === "count_unique") return `count(DISTINCT ${path(field_name)})`;
  return `${name}(${numeric(field_name)})`;
}

const zoned = ({ timezone, interval }) =>
  timezone === "UTC" ? [] : [`-- A ${interval} is one of UTC here, and one of ${timezone} there.`];

// The text, or nothing where SQL has no word for it: percentiles, funnels, retention.
export function sqlOf(question) {
  const { computations, group_by = [], group_by_date, filters = [] } = question;
  if (!computations || /^(median|p\d\d)$/.test(computations[0].function)) return "";
  const groups = group_by.map(path);
  if (group_by_date) groups.unshift(`date_trunc('${group_by_date.interval}', event_time)`);
  const lines = group_by_date ? zoned(group_by_date) : [];
  lines.push(`SELECT ${[...groups, measure(computations[0])].join(", ")}`, "FROM events");
  if (filters.length) lines.push(`WHERE ${filters.map(condition).join("\n  AND ")}`);
  if (groups.length) {
    const places = groups.map((_, i) => i + 1).join(", ");
    lines.push(`GROUP BY ${places}`, `ORDER BY ${places}`);
  }
  return lines.join("\n");
}
