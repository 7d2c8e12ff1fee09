// A refused item becomes a request again: patched, in the body of its route, with a key where its
// dialect has it. Pure; the same rules as `openbunker refused replay`.
import { DIALECTS } from "../facts.js";

// A value with a JSON merge patch applied (RFC 7396): null removes a member.
export function patched(target, patch) {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const plain = target !== null && typeof target === "object" && !Array.isArray(target);
  const merged = plain ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = patched(merged[name], value);
  }
  return merged;
}

// Why a row cannot be sent again, or nothing.
export function hindrance(row, sent) {
  if (!DIALECTS[row.dialect]) return "Its dialect has no route any more.";
  if (row.truncated) return "It was cut off when it was kept: only its sender has it whole.";
  if (sent === undefined) return "What was sent is no JSON, so there is nothing to patch.";
  return "";
}

// The request that sends a row again. `key` is a WRITE key, or a word in its place.
export function again(row, value, key) {
  const dialect = DIALECTS[row.dialect],
    path = row.route.split(" ")[1];
  const whole = row.item === null || row.item === undefined;
  const body = whole ? value : alone(dialect.bodies[path] || {}, value);
  const keyed =
    dialect.key_member && isObject(body) ? { ...body, [dialect.key_member]: key } : body;
  const headers = { "content-type": "application/json", "x-openbunker-refused-id": row.refused_id };
  if (dialect.key_header) headers[dialect.key_header] = key;
  return { path, headers, body: JSON.stringify(keyed) };
}

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

function alone(body, item) {
  if (body.member) return { [body.member]: [item] };
  return body.list ? [item] : item;
}

// A patch to begin with: the field that was named, with nothing in it yet.
export function begun(field) {
  const path = (field || "").split(".").filter((part) => part && !/^\d+$/.test(part));
  if (!path.length) return "{}";
  return JSON.stringify(
    path.reduceRight((inner, name) => ({ [name]: inner }), ""),
    null,
    2,
  );
}
