// What the project sent: the books of the last 24 hours, why items were refused, the month's usage.
import { html } from "../html.js";
import { addressOf, follow } from "../address.js";
import { adviceOn } from "../facts.js";
import { useLoaded } from "../loaded.js";
import { Fact } from "../parts/fact.js";
import { ago, bytes, fullTime, number, percent } from "../words.js";
import { refusals } from "./source.js";

const BOOKS = [
  ["answered", "Items answered"],
  ["stored", "Stored"],
  ["spilled", "Spilled, to be stored"],
  ["refused", "Refused"],
  ["retry", "Asked to send again"],
  ["events", "Events that a question finds"],
];
const KEPT = "what comes is kept, and not stored";

// What was answered is what became of it: the sum stands beside its parts.
function Books({ books }) {
  if (!books) return html`<p class="soft">Books are told to keys that see the whole project.</p>`;
  const known = BOOKS.filter(([name]) => books[name] !== null);
  const [from, to] = [books.from, books.to].map((text) => fullTime(Date.parse(text)));
  return html`<dl class="facts-of">
      ${known.map(
        ([name, text]) => html`<${Fact} key=${name} name=${text}>${number(books[name])}<//>`,
      )}
    </dl>
    <p class="soft">${from} to ${to}: whole minutes that are settled.</p>`;
}

function Reason({ one }) {
  return html`<tr>
    <th scope="row"><code class="bad">${one.reason}</code></th>
    <td class="n">${number(one.count)}</td>
    <td>${adviceOn(one.reason)}</td>
  </tr>`;
}

function Refusals({ refused }) {
  if (!refused) {
    return html`<p class="soft">What was refused is told to keys that see the whole project.</p>`;
  }
  if (!refused.groups.length) return html`<p class="soft">Nothing was refused.</p>`;
  const to = { view: "live", fate: "refused" };
  return html`<table class="data">
      <thead>
        <tr>
          <th scope="col">Refused because</th>
          <th scope="col" class="n">Items</th>
          <th scope="col">What to do</th>
        </tr>
      </thead>
      <tbody>
        ${refused.groups.map((one) => html`<${Reason} key=${one.reason} one=${one} />`)}
      </tbody>
    </table>
    <p><a href=${addressOf(to, {})} onClick=${follow(to, { fresh: true })}>See them</a></p>`;
}

export function Day({ told, onWrong }) {
  const refused = useLoaded(async (signal) => ({ found: await refusals(signal) }), [], onWrong);
  return html`<${Books} books=${told.books} />
    ${refused && html`<div class="scroll"><${Refusals} refused=${refused.found} /></div>`}`;
}

function Quota({ events, most, exceeded }) {
  return html`<p>
    <label>
      <span class="unseen">Share of the quota</span>
      <meter min="0" max=${most} high=${most * 0.9} value=${events}></meter>
    </label>
    ${" "}${percent(most ? events / most : 1)} of the quota
    ${exceeded && html`<b class="bad-text">, which is used up: ${KEPT}</b>`}
  </p>`;
}

export function Usage({ told: { usage } }) {
  if (!usage) return html`<p class="soft">Usage is told to keys that see the whole project.</p>`;
  const { month, quota } = usage,
    most = quota.monthly_events,
    rate = quota.events_per_second,
    counted = usage.counted_at !== null;
  return html`<dl class="facts-of">
      <${Fact} name=${`Events in ${month.month}`}>${number(counted ? month.events : null)}<//>
      <${Fact} name="Bytes">${counted ? bytes(month.bytes) : number(null)}<//>
      <${Fact} name="Quota">${most === null ? "none" : `${number(most)} a month`}<//>
      <${Fact} name="Rate of a key">${rate === null ? "any" : `${number(rate)} a second`}<//>
      <${Fact} name="Counted">${counted ? ago(Date.parse(usage.counted_at)) : "not yet"}<//>
    </dl>
    ${
      most !== null &&
      html`<${Quota} events=${month.events} most=${most} exceeded=${quota.exceeded} />`
    }`;
}
