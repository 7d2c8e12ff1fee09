// The properties of one name: their types, how often they are there, examples, and what is new.
import { html } from "../html.js";
import { useLoaded } from "../loaded.js";
import { Lacks } from "../parts/lacks.js";
import { ago, fullTime, percent, plural } from "../words.js";
import { nameOf } from "./source.js";

const HEADS = ["Property", "Types", "There in", "Examples", "Since 7 days"];
const WHAT = { new_property: () => "new property", new_type: ({ type }) => `now also ${type}` };

// How a change is told; one of a kind that this page does not know, by its name.
const changeOf = (change) => (WHAT[change.what] ? WHAT[change.what](change) : change.what);

function Change({ change }) {
  const at = Date.parse(change.at);
  return html`<span class="chip new" title=${fullTime(at)}>
    ${changeOf(change)}, ${ago(at)}
  </span>`;
}

function Property({ one }) {
  const types = Object.entries(one.types).sort(([, a], [, b]) => b - a);
  const examples = one.examples.map((value) => JSON.stringify(value));
  return html`<tr>
    <th scope="row"><code>${one.path}</code></th>
    <td>${types.map(([type]) => type).join(", ")}</td>
    <td class="n">${percent(one.fill)}</td>
    <td><code>${examples.join("  ")}</code></td>
    <td>${one.changed.map((each) => html`<${Change} key=${changeOf(each)} change=${each} />`)}</td>
  </tr>`;
}

const head = (name, i) =>
  html`<th key=${name} scope="col" class=${i === 2 ? "n" : ""}>${name}</th>`;

export function Properties({ name, onWrong }) {
  const told = useLoaded((signal) => nameOf(name, signal), [name], onWrong);
  if (!told) return html`<p class="soft">Asking…</p>`;
  const { one } = told;
  if (!one || !one.properties.length) {
    return html`<p class="soft">No properties were sent with it.</p>`;
  }
  return html`<p class="soft">
      Of ${plural(one.sampled, "event", "events")}: the newest of the last 7 days, and of the days
      before.
    </p>
    <${Lacks} told=${told} />
    <div class="scroll" tabindex="0" role="region" aria-label=${`Properties of ${name}`}>
      <table class="data">
        <thead>
          <tr>
            ${HEADS.map(head)}
          </tr>
        </thead>
        <tbody>
          ${one.properties.map((each) => html`<${Property} key=${each.path} one=${each} />`)}
        </tbody>
      </table>
    </div>`;
}
