// System: how the server is, what the last day brought, what the month used, and the keys.
import { html } from "../html.js";
import { addressOf, follow } from "../address.js";
import { adviceOn } from "../facts.js";
import { Icon } from "../icons.js";
import { useLoaded } from "../loaded.js";
import { ago, bytes, fullTime, number, percent } from "../words.js";
import { Keys } from "./keys.js";
import { health, lastDay, usage } from "./source.js";

function Told({ name, children, note }) {
  return html`<div class="told-of">
    <dt>${name}</dt>
    <dd class="numeric">${children} ${note && html`<span class="soft">${note}</span>`}</dd>
  </div>`;
}

const KEPT = "what comes is kept, and not stored";
const at = (ms) => (ms ? fullTime(ms) : "never");

function State({ onWrong }) {
  const told = useLoaded(async (signal) => ({ state: await health(signal) }), [], onWrong);
  if (!told) return html`<p class="soft">Asking…</p>`;
  const { state } = told;
  if (!state)
    return html`<p class="soft">A deployment tells its state in its alarms and dashboard.</p>`;
  return html`${
      state.status === "ok"
        ? html`<p class="note good"><${Icon} name="stored" /> <span>All is well.</span></p>`
        : state.causes.map(
            (one) =>
              html`<p class="note warn" role="alert" key=${one.cause}>
                <${Icon} name="warning" />
                <span><b>${one.cause}</b>${one.count ? ` (${one.count})` : ""}: ${one.detail}</span>
              </p>`,
          )
    }
    <dl class="facts-of">
      <${Told} name="Fresh to" note=${`${number(state.lag_ms / 1000)} s behind`}>
        ${at(state.fresh_to_ms)}
      <//>
      <${Told} name="Compacted to" note=${state.compacted_to_ms ? ago(state.compacted_to_ms) : ""}>
        ${at(state.compacted_to_ms)}
      <//>
      <${Told} name="Objects not compacted yet">${number(state.hot_objects)}<//>
    </dl>`;
}

function Refusals({ refused }) {
  if (!refused)
    return html`<p class="soft">What was refused is told to keys that see the whole project.</p>`;
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
        ${refused.groups.map(
          (one) =>
            html`<tr key=${one.reason}>
              <th scope="row"><code class="bad">${one.reason}</code></th>
              <td class="n">${number(one.count)}</td>
              <td>${adviceOn(one.reason)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <p><a href=${addressOf(to, {})} onClick=${follow(to, { fresh: true })}>See them</a></p>`;
}

function Day({ onWrong }) {
  const told = useLoaded(lastDay, [], onWrong);
  if (!told) return html`<p class="soft">Asking…</p>`;
  const { stored, refused } = told;
  const total = stored.rows.reduce((sum, [, count]) => sum + count, 0);
  return html`<dl class="facts-of">
      <${Told} name="Events stored">${number(total)}<//>
      ${stored.rows.map(
        ([dialect, count]) => html`<${Told} key=${dialect} name=${dialect}>${number(count)}<//>`,
      )}
    </dl>
    <div class="scroll"><${Refusals} refused=${refused} /></div>`;
}

function Usage({ onWrong }) {
  const loaded = useLoaded(async (signal) => ({ told: await usage(signal) }), [], onWrong);
  if (!loaded) return html`<p class="soft">Asking…</p>`;
  const { told } = loaded;
  if (!told) return html`<p class="soft">Usage is told to keys that see the whole project.</p>`;
  const { month, quota } = told,
    most = quota.monthly_events,
    counted = told.counted_at !== null;
  return html`<dl class="facts-of">
      <${Told} name=${`Events in ${month.month}`}>${number(counted ? month.events : null)}<//>
      <${Told} name="Bytes">${counted ? bytes(month.bytes) : number(null)}<//>
      <${Told} name="Quota">${most === null ? "none" : `${number(most)} a month`}<//>
      <${Told} name="Rate of a key">
        ${quota.events_per_second === null ? "any" : `${number(quota.events_per_second)} a second`}
      <//>
      <${Told} name="Counted">${counted ? ago(Date.parse(told.counted_at)) : "not yet"}<//>
    </dl>
    ${
      most !== null &&
      html`<p>
        <label>
          <span class="unseen">Share of the quota</span>
          <meter min="0" max=${most} high=${most * 0.9} value=${month.events}></meter>
        </label>
        ${percent(most ? month.events / most : 1)} of the quota
        ${quota.exceeded && html`<b class="bad-text">, which is used up: ${KEPT}</b>`}
      </p>`
    }`;
}

const PARTS = [
  ["How it is", State],
  ["The last 24 hours", Day],
  ["This month", Usage],
  ["Keys", Keys],
];

export function System({ onWrong }) {
  return html`<div class="system">
    ${PARTS.map(
      ([title, Part]) =>
        html`<section key=${title} aria-label=${title}>
          <h2>${title}</h2>
          <${Part} onWrong=${onWrong} />
        </section>`,
    )}
  </div>`;
}
