// One row, opened in place: its fate and receipt, its fields, its properties; of a refused one the
// reason, how to mend it, and the form that sends it again.
import { html, useEffect, useState } from "../html.js";
import { adviceOn } from "../facts.js";
import { fullTime } from "../words.js";
import { whole } from "../address.js";
import { Copy, curl, QUERY_HEADER } from "../copying.js";
import { parsed } from "../server.js";
import { Tree } from "../parts/tree.js";
import { Resend } from "./resend.js";
import { receipt as receiptOf } from "./source.js";

const AGAIN_MS = 700,
  LOOKS = 20;

// The receipt of a row, looked up anew as long as the row is on its way.
function useReceipt(id) {
  const [found, tell] = useState(undefined);
  useEffect(() => {
    const ended = new AbortController();
    let timer = 0;
    const look = async (left) => {
      const told = await receiptOf(id, ended.signal).catch(() => null);
      if (ended.signal.aborted) return;
      tell(told);
      const moving = !told || ["accepted", "spilled"].includes(told.status);
      if (moving && left) timer = setTimeout(() => look(left - 1), AGAIN_MS);
    };
    look(LOOKS);
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [id]);
  return found;
}

const FATES = {
  accepted: "Accepted: durable, and in no object yet",
  stored: "Stored",
  compacted: "Stored, and compacted",
  spilled: "Accepted: durable in the spill, and brought in from there",
  refused: "Refused, and kept",
  duplicate_of: "Stored, but a copy: another event with the same key came first and counts",
};

function Fate({ id }) {
  const told = useReceipt(id);
  if (told === undefined) return html`<p class="soft">Looking up the receipt…</p>`;
  if (!told) return html`<p class="soft">There is no receipt yet.</p>`;
  const place = told.object && `${told.object}${told.line ? `, line ${told.line}` : ""}`;
  return html`<p>
    ${FATES[told.status] || told.status}.
    ${told.duplicate_of && html` The one that counts: <code>${told.duplicate_of}</code>.`}
    ${place && html`<br /><code class="place">${place}</code>`}
  </p>`;
}

const TIMES = ["timestamp_ms", "received_ms"];

function Fields({ event }) {
  const shown = Object.entries(event).filter(
    ([name, value]) => name !== "properties" && value !== null && value !== undefined,
  );
  return html`<dl class="fields">
    ${shown.map(
      ([name, value]) =>
        html`<div key=${name}>
          <dt>${name}</dt>
          <dd>
            ${String(value)}
            ${TIMES.includes(name) && html`<span class="soft"> ${fullTime(value)}</span>`}
          </dd>
        </div>`,
    )}
  </dl>`;
}

const propertiesOf = (event) =>
  typeof event.properties === "string" ? parsed(event.properties) : event.properties;

const line = (event) =>
  JSON.stringify(Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null)));

const linkTo = (row) => whole(`?view=live&open=${encodeURIComponent(row.event_id)}`);

function asCurl(row) {
  const filters = [{ field_name: "event_id", op: "equals", value: row.event_id }];
  const body = JSON.stringify({ select: ["*"], time_period: "all", filters });
  return curl("/v1/query/json", { headers: [QUERY_HEADER], body });
}

function Stored({ row }) {
  const properties = propertiesOf(row.event);
  return html`<section>
      <h3>Fate</h3>
      <${Fate} id=${row.event_id} />
    </section>
    <section>
      <h3>Properties</h3>
      ${
        Object.keys(properties || {}).length
          ? html`<${Tree} value=${properties} />`
          : html`<p class="soft">None were sent.</p>`
      }
    </section>
    <section>
      <h3>Fields</h3>
      <${Fields} event=${row.event} />
    </section>
    <p class="acts">
      <${Copy} text=${() => asCurl(row)}>Copy as curl<//>
      <${Copy} text=${() => line(row.event)}>Copy as NDJSON<//>
      <${Copy} icon="link" text=${() => linkTo(row)}>Copy link<//>
    </p>`;
}

function Refused({ row, onOpen }) {
  const told = row.refused,
    sent = parsed(told.payload);
  return html`<section>
      <h3>Why it was refused</h3>
      <p><code class="bad">${row.reason}</code> ${told.message}</p>
      <p>
        ${told.field && html`<span>Field: <code>${told.field}</code>. </span>`}
        ${adviceOn(row.reason) && html`<span>What to do: ${adviceOn(row.reason)}.</span>`}
      </p>
    </section>
    <section>
      <h3>What was sent to ${told.route}</h3>
      ${sent === undefined ? html`<pre>${told.payload}</pre>` : html`<${Tree} value=${sent} />`}
      ${told.truncated && html`<p class="soft">Cut off when it was kept.</p>`}
    </section>
    <section>
      <h3>Fate</h3>
      <${Fate} id=${row.event_id} />
    </section>
    <section>
      <h3>Mend it and send it again</h3>
      <${Resend} row=${{ ...told, dialect: row.dialect }} sent=${sent} onOpen=${onOpen} />
    </section>
    <p class="acts">
      <${Copy} text=${() => line(told)}>Copy as NDJSON<//>
      <${Copy} icon="link" text=${() => linkTo(row)}>Copy link<//>
    </p>`;
}

export const Opened = ({ row, onOpen }) =>
  html`<div class="opened">
    ${
      row.fate === "stored"
        ? html`<${Stored} row=${row} />`
        : html`<${Refused} row=${row} onOpen=${onOpen} />`
    }
  </div>`;
