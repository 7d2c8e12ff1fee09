// How the server is, in a word at the top of each view; nothing where it does not say.
import { html, useEffect } from "../html.js";
import { addressOf, follow } from "../address.js";
import { Icon } from "../icons.js";
import { useStore } from "../store.js";
import { seen, watchState } from "./source.js";

export function Pill() {
  const state = useStore(seen);
  useEffect(watchState, []);
  if (!state || state.status === "ok") return null;
  const to = { view: "system" };
  return html`<a
    class="pill warn"
    role="status"
    href=${addressOf(to, {})}
    onClick=${follow(to, { fresh: true })}
  >
    <${Icon} name="warning" /> ${state.status}
  </a>`;
}
