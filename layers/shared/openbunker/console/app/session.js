// Who looks: the QUERY key of this tab. It is taken out of the address at once, lies in the tab's
// own storage until it is closed, and goes nowhere but into the header of a request.
import { store, useStore } from "./store.js";

const PLACE = "openbunker.query-key";

function kept() {
  try {
    return sessionStorage.getItem(PLACE) || "";
  } catch {
    return "";
  }
}

const key = store(kept());

function keep(text) {
  try {
    if (text) sessionStorage.setItem(PLACE, text);
    else sessionStorage.removeItem(PLACE);
  } catch {
    // A browser that keeps nothing: the key lasts as long as the page.
  }
  key.set(text);
}

function take() {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (!given) return;
  history.replaceState(null, "", location.pathname + location.search);
  keep(given.trim());
}

take();
addEventListener("hashchange", take);

export const signIn = (text) => keep(text.trim());
export const signOut = () => keep("");
export const queryKey = () => key.get();
export const useKey = () => useStore(key);
