// Events: what comes in, by name; how much of it day by day, and what its properties are.
import { html } from "../html.js";
import { addressOf, follow, go, useAddress } from "../address.js";
import { useLoaded } from "../loaded.js";
import { Suggested } from "../parts/fields.js";
import { Lacks } from "../parts/lacks.js";
import { ago, fullTime, number, plural } from "../words.js";
import { Properties } from "./properties.js";
import { DAYS, names } from "./source.js";
import { Sparkline } from "./sparkline.js";

function Link({ to, children }) {
  return html`<a href=${addressOf(to, {})} onClick=${follow(to, { fresh: true })}>${children}</a>`;
}

function Name({ one, open, onWrong }) {
  const [first, last] = [one.first_seen, one.last_seen].map((text) => Date.parse(text));
  return html`<li class=${`event${open ? " open" : ""}`}>
    <button
      type="button"
      class="head"
      aria-expanded=${open}
      onClick=${() => go({ event: open ? "" : one.name })}
    >
      <span class="title">${one.name}</span>
      <${Sparkline} daily=${one.daily} days=${DAYS} />
      <span class="numeric">${number(one.events)}</span>
      <span class="soft" title=${fullTime(first)}>first ${ago(first)}</span>
      <span class="soft" title=${fullTime(last)}>last ${ago(last)}</span>
    </button>
    ${open && html`<${Opened} ...${{ one, first, last, onWrong }} />`}
  </li>`;
}

function Opened({ one, first, last, onWrong }) {
  return html`<div class="opened">
    <p>First seen ${fullTime(first)}, last seen ${fullTime(last)}.</p>
    <p class="bar">
      <${Link} to=${{ view: "live", name: one.name }}>See it live<//>
      <${Link} to=${{ view: "explore", names: JSON.stringify([one.name]) }}>Explore it<//>
    </p>
    <${Properties} name=${one.name} onWrong=${onWrong} />
  </div>`;
}

export function Events({ onWrong }) {
  const { event, find = "" } = useAddress();
  const told = useLoaded(names, [], onWrong);
  if (!told) return html`<p class="soft" role="status">Asking…</p>`;
  if (!told.names.length) {
    return html`<p class="nothing soft">
      <b>No events</b> in the last ${DAYS} days. Live shows how to send a first one.
    </p>`;
  }
  const shown = told.names.filter(({ name }) => name.toLowerCase().includes(find.toLowerCase()));
  return html`<section aria-label="Events">
    <div class="bar">
      <${Suggested}
        label="Search"
        name="find"
        value=${find}
        options=${told.names.map((one) => one.name)}
        hint="a name"
        onChange=${(text) => go({ find: text }, { replace: true })}
      />
      <p class="soft numeric">
        ${plural(shown.length, "name", "names")} of the last ${DAYS} days (UTC), by time of receipt.
      </p>
    </div>
    <${Lacks} told=${told} />
    <ol class="events" aria-label="Names, the most frequent first">
      ${shown.map(
        (one) => html`<${Name} ...${{ key: one.name, one, open: one.name === event, onWrong }} />`,
      )}
    </ol>
  </section>`;
}
