// Asking the server: one request, its answer as JSON, or an error that says whose fault it is.
// Knows the routes' header of the key and nothing of what is asked.
import { queryKey } from "./session.js";

// The server answered and said no. `reason` is its code, `text` its own words.
export class Refused extends Error {
  constructor(status, reason, text) {
    super(text || reason || `status ${status}`);
    Object.assign(this, { status, reason, text: this.message });
  }
}

// Nobody answered, or somebody in between did: the request may be sent again as it is.
export class Away extends Error {}

const AWAY = [502, 504];
const PATIENCE_MS = 40000;

// The answer to a request as `{status, headers, text}`. Throws Away where there is none.
export async function sent(path, { method = "GET", headers = {}, body, signal } = {}) {
  const late = AbortSignal.timeout(PATIENCE_MS);
  const given = { method, headers, body, cache: "no-store", redirect: "error" };
  try {
    const both = signal ? AbortSignal.any([signal, late]) : late;
    const answer = await fetch(path, { ...given, signal: both });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  } catch (error) {
    if (signal && signal.aborted) throw error;
    throw new Away("no answer");
  }
}

// The JSON of an answer. Throws Refused, or Away.
export async function ask(path, { body, headers = {}, ...more } = {}) {
  const asked = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const all = { "content-type": "application/json", "x-eventbunker-query-key": queryKey() };
  const answer = await sent(path, { ...asked, ...more, headers: { ...all, ...headers } });
  const told = parsed(answer.text);
  if (answer.status < 300 && told !== undefined) return told;
  const reason = answer.headers.get("x-openbunker-reason");
  if (told === undefined || (AWAY.includes(answer.status) && !reason)) throw new Away("no answer");
  throw new Refused(answer.status, reason || told.code, told.error || told.message);
}

export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const wrongKey = (error) => error instanceof Refused && error.status === 401;
export const mayRetry = (error) =>
  error instanceof Away || (error instanceof Refused && error.status >= 500);
