// Whether the server answers: since when it does not, and the bar that says so in every view.
import { html, useEffect, useState } from "./html.js";
import { store, useStore } from "./store.js";
import { Icon } from "./icons.js";
import { Away } from "./server.js";
import { ago, clock } from "./words.js";

const away = store(null);

// What went wrong with a request: kept until one is answered. `text` is for people.
export function failed(error) {
  const since = away.get() ? away.get().since : Date.now();
  const text = error instanceof Away ? "The server does not answer" : error.text;
  away.set({ since, text });
}

export const answered = () => away.set(null);

export function Connection() {
  const state = useStore(away);
  const [now, tick] = useState(Date.now());
  useEffect(() => {
    if (!state) return undefined;
    const timer = setInterval(() => tick(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [state !== null]);
  if (!state) return null;
  return html`<p class="note bad" role="alert">
    <${Icon} name="warning" />
    <span>
      ${state.text}, since ${clock(state.since).slice(0, 8)} (${ago(state.since, now)}). Asking
      again every few seconds; what you see is what was there before.
    </span>
  </p>`;
}
