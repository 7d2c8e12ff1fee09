// Events: what comes in, by name; how much of it day by day, and what its properties are.
import { html } from "../html.js";
import { addressOf, follow, go, useAddress } from "../address.js";
import { Icon } from "../icons.js";
import { useLoaded } from "../loaded.js";
import { Suggested } from "../parts/fields.js";
import { ago, fullTime, number, percent, plural } from "../words.js";
import { DAYS, names, propertiesOf, SAMPLE } from "./source.js";
import { Sparkline } from "./sparkline.js";

function Property({ one }) {
  const types = Object.entries(one.types).sort(([, a], [, b]) => b - a);
  return html`<tr>
    <th scope="row"><code>${one.path}</code></th>
    <td>${types.map(([type]) => type).join(", ")}</td>
    <td class="n">${percent(one.fill)}</td>
    <td><code>${one.examples.join("  ")}</code></td>
    <td>${one.changed.map((text) => html`<span class="chip new" key=${text}>${text}</span>`)}</td>
  </tr>`;
}

function Properties({ name, onWrong }) {
  const told = useLoaded((signal) => propertiesOf(name, Date.now(), signal), [name], onWrong);
  if (!told) return html`<p class="soft">Asking…</p>`;
  if (!told.properties.length) return html`<p class="soft">No properties were sent with it.</p>`;
  return html`<p class="soft">
      Of ${plural(told.sampled, "event", "events")}: the newest ones, at most ${number(SAMPLE)} of
      the last 7 days and as many from before.${" "}
      ${!told.old && "There is none from before, so nothing is told as new."}
    </p>
    <div class="scroll" tabindex="0" role="region" aria-label=${`Properties of ${name}`}>
      <table class="data">
        <thead>
          <tr>
            <th scope="col">Property</th>
            <th scope="col">Types</th>
            <th scope="col" class="n">There in</th>
            <th scope="col">Examples</th>
            <th scope="col">Since 7 days</th>
          </tr>
        </thead>
        <tbody>
          ${told.properties.map((one) => html`<${Property} key=${one.path} one=${one} />`)}
        </tbody>
      </table>
    </div>`;
}

function Links({ name }) {
  const live = { view: "live", name },
    explore = { view: "explore", names: JSON.stringify([name]) };
  return html`<p class="bar">
    ${[
      [live, "See it live"],
      [explore, "Explore it"],
    ].map(
      ([to, text]) =>
        html`<a key=${text} href=${addressOf(to, {})} onClick=${follow(to, { fresh: true })}>
          ${text}
        </a>`,
    )}
  </p>`;
}

function Name({ one, open, onWrong }) {
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
      <span class="soft" title=${fullTime(one.first_ms)}>first ${ago(one.first_ms)}</span>
      <span class="soft" title=${fullTime(one.last_ms)}>last ${ago(one.last_ms)}</span>
    </button>
    ${
      open &&
      html`<div class="opened">
        <p>First seen ${fullTime(one.first_ms)}, last seen ${fullTime(one.last_ms)}.</p>
        <${Links} name=${one.name} />
        <${Properties} name=${one.name} onWrong=${onWrong} />
      </div>`
    }
  </li>`;
}

export function Events({ onWrong }) {
  const { event, find = "" } = useAddress();
  const told = useLoaded(names, [], onWrong);
  if (!told) return html`<p class="soft" role="status">Asking…</p>`;
  if (!told.names.length) {
    return html`<p class="nothing soft">
      <b>No events</b> yet. Live shows how to send a first one.
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
        ${plural(shown.length, "name", "names")}; bars are the last ${DAYS} days, by time of
        receipt.
      </p>
    </div>
    ${
      !told.complete &&
      html`<p class="note warn"><${Icon} name="warning" /> <span>Not all names are here.</span></p>`
    }
    <ol class="events" aria-label="Names, the most frequent first">
      ${shown.map(
        (one) =>
          html`<${Name}
            key=${one.name}
            one=${one}
            open=${one.name === event}
            onWrong=${onWrong}
          />`,
      )}
    </ol>
  </section>`;
}
