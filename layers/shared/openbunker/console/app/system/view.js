// System: how the server is, what the last day brought, what the month used, and the keys.
import { html, useEffect, useState } from "../html.js";
import { Icon } from "../icons.js";
import { useLoaded } from "../loaded.js";
import { Fact } from "../parts/fact.js";
import { ago, fullTime } from "../words.js";
import { Day, Usage } from "./day.js";
import { Keys } from "./keys.js";
import { seen, system } from "./source.js";

const at = (text) => (text ? fullTime(Date.parse(text)) : "never");
const since = (text) => (text ? ago(Date.parse(text)) : "");

function Cause({ one }) {
  return html`<p class="note warn" role="alert">
    <${Icon} name="warning" />
    <span><b>${one.cause}</b>${one.count ? ` (${one.count})` : ""}: ${one.detail}</span>
  </p>`;
}

const Well = () =>
  html`<p class="note good"><${Icon} name="stored" /> <span>All is well.</span></p>`;

function State({ told }) {
  if (told.status === null) {
    return html`<p class="soft">A deployment tells its state in its alarms and its dashboard.</p>`;
  }
  return html`${told.status === "ok" && html`<${Well} />`}
    ${told.causes.map((one) => html`<${Cause} key=${one.cause} one=${one} />`)}
    <dl class="facts-of">
      <${Fact} name="Fresh to" note=${since(told.fresh_to)}>${at(told.fresh_to)}<//>
      <${Fact} name="Compacted to" note=${since(told.compacted_to)}>${at(told.compacted_to)}<//>
    </dl>`;
}

const PARTS = [
  ["How it is", State],
  ["The last 24 hours", Day],
  ["This month", Usage],
];

export function System({ onWrong }) {
  const first = useLoaded(system, [], onWrong);
  const [newer, tell] = useState(null);
  useEffect(() => seen.watch(tell), []);
  const told = newer || first;
  return html`<div class="system">
    ${PARTS.map(
      ([title, Part]) =>
        html`<section key=${title} aria-label=${title}>
          <h2>${title}</h2>
          ${!told && html`<p class="soft">Asking…</p>`}
          ${told && html`<${Part} told=${told} onWrong=${onWrong} />`}
        </section>`,
    )}
    <section aria-label="Keys">
      <h2>Keys</h2>
      <${Keys} />
    </section>
  </div>`;
}
