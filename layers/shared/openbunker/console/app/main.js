// The page begins here: who looks, which view is chosen, and what is said when neither will do.
import { html, render, useEffect, useState } from "./html.js";
import { addressOf, follow, useAddress } from "./address.js";
import { Connection } from "./connection.js";
import { signOut, useKey } from "./session.js";
import { Refused, wrongKey } from "./server.js";
import { Icon } from "./icons.js";
import { SignIn } from "./signin.js";
import { Events } from "./events/view.js";
import { Explore } from "./explore/view.js";
import { Live } from "./live/view.js";
import { Pill } from "./system/pill.js";
import { System } from "./system/view.js";

const VIEWS = {
  live: ["Live", Live],
  explore: ["Explore", Explore],
  events: ["Events", Events],
  system: ["System", System],
};

function Top({ view }) {
  return html`<header class="top">
    <span class="brand">openbunker</span>
    <nav aria-label="Views">
      ${Object.entries(VIEWS).map(
        ([name, [label]]) =>
          html`<a
            key=${name}
            href=${addressOf({ view: name }, {})}
            aria-current=${name === view ? "page" : null}
            onClick=${follow({ view: name }, { fresh: true })}
          >
            ${label}
          </a>`,
      )}
    </nav>
    <${Pill} />
    <button type="button" class="plain" onClick=${signOut}>Sign out</button>
  </header>`;
}

function Stopped({ error }) {
  const text = error instanceof Refused ? `${error.text} (${error.reason})` : String(error);
  return html`<p class="note bad" role="alert"><${Icon} name="refused" /> <span>${text}</span></p>`;
}

function App() {
  const key = useKey();
  const address = useAddress();
  const view = address.view in VIEWS ? address.view : "live";
  const [wrong, setWrong] = useState(null);
  const place = JSON.stringify([key, view]);
  useEffect(() => setWrong(null), [place]);
  useEffect(() => {
    document.title = `${VIEWS[view][0]} · openbunker`;
  }, [view]);
  const onWrong = (error) => {
    setWrong({ place, error });
    return "stop";
  };
  const stopped = wrong && wrong.place === place ? wrong.error : null;
  if (!key) return html`<${SignIn} />`;
  if (stopped && wrongKey(stopped)) return html`<${SignIn} wrong=${stopped.text} />`;
  const View = VIEWS[view][1];
  return html`<${Top} view=${view} />
    <main>
      <${Connection} />
      ${stopped && html`<${Stopped} error=${stopped} />`}
      ${!stopped && html`<${View} key=${place} onWrong=${onWrong} />`}
    </main>`;
}

render(html`<${App} />`, document.getElementById("app"));
document.documentElement.dataset.ready = "yes";
