// The state of the page is its address: the query names the view and all that was chosen in it.
// The key is never part of it.
import { store, useStore } from "./store.js";

const read = () => Object.fromEntries(new URLSearchParams(location.search));
const address = store(read());

addEventListener("popstate", () => address.set(read()));

// The address with some members changed; those that are null or empty are left out of it.
export function addressOf(changes, from = address.get()) {
  const kept = Object.entries({ ...from, ...changes }).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  const query = new URLSearchParams(kept).toString();
  return query ? `?${query}` : location.pathname;
}

// Changes the address. What is typed letter by letter replaces it, so that Back leads somewhere.
export function go(changes, { replace = false, fresh = false } = {}) {
  const next = addressOf(changes, fresh ? {} : address.get());
  history[replace ? "replaceState" : "pushState"](null, "", next);
  address.set(read());
}

export const useAddress = () => useStore(address);
export const whole = (query) => new URL(query, location.href.split(/[?#]/)[0]).href;

// What a plain click on a link within the page does; with a modifier key the browser does its own.
export const follow = (changes, options) => (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  go(changes, options);
};
