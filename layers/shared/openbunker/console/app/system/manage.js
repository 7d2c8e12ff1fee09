// The routes of keys, with the project's master key, which is kept in this page alone: it is gone
// when the page is.
import { ask } from "../server.js";
import { store } from "../store.js";

export const masterKey = store("");

const call = (path, body, signal) =>
  ask(`v1/manage/${path}`, {
    body,
    signal,
    headers: { "x-eventbunker-apikey": masterKey.get() },
  });

// All keys of the project, newest first.
export async function keys(signal) {
  const found = [];
  let cursor = null;
  do {
    const told = await call("key/list", { limit: 1000, ...(cursor ? { cursor } : {}) }, signal);
    found.push(...told.keys);
    cursor = told.next_cursor;
  } while (cursor);
  return found;
}

// The newest entries of the project's audit; `more` where there are older ones.
export async function audit(signal) {
  const told = await call("audit", { limit: 50 }, signal);
  return { entries: told.entries, more: told.next_cursor !== null };
}

export const create = (members) => call("key/create", members);
export const rotate = (key_id, overlap_seconds) =>
  call("key/rotate", { key_id, ...(overlap_seconds ? { overlap_seconds } : {}) });
export const disable = (key_id) => call("key/disable", { key_id });
export const enable = (key_id) => call("key/enable", { key_id });
