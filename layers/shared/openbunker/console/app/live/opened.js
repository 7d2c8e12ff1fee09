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
import { opened } from "./source.js";

const AGAIN_MS = 700,
  LOOKS = 20;

const onItsWay = (row) => !row || ["accepted", "spilled"].includes((row.receipt || {}).status);

// A row with all that is known of it, looked up anew as long as it is on its way.
function useOpened(id) {
  const [row, tell] = useState(undefined);
  useEffect(() => {
    const ended = new AbortController();
    let timer = 0;
    const look = async (left) => {
      const told = await opened(id, ended.signal).catch((error) => ({ error }));
      if (ended.signal.aborted) return;
      if (!told || !told.error) tell(told);
      if (left && (told?.error || onItsWay(told)))
        timer = setTimeout(() => look(left - 1), AGAIN_MS);
      else if (told?.error) tell(told);
    };
    look(LOOKS);
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [id]);
  return row;
}

const FATES = {
  accepted: "Accepted: durable, and in no object yet",
  stored: "Stored",
  compacted: "Stored, and compacted",
  spilled: "Accepted: durable in the spill, and brought in from there",
  refused: "Refused, and kept",
  duplicate_of: "Stored, but a copy: another event with the same key came first and counts",
};

function Fate({ told }) {
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

const line = (event) =>
  JSON.stringify(Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null)));

const linkTo = (row) => whole(`?view=live&open=${encodeURIComponent(row.event_id)}`);

const asCurl = (row) => curl(`/v1/live/${row.event_id}`, { headers: [QUERY_HEADER] });

function Stored({ row }) {
  return html`<section>
      <h3>Fate</h3>
      <${Fate} told=${row.receipt} />
    </section>
    <section>
      <h3>Properties</h3>
      ${
        Object.keys(row.properties || {}).length
          ? html`<${Tree} value=${row.properties} />`
          : html`<p class="soft">None were sent.</p>`
      }
    </section>
    <section>
      <h3>Fields</h3>
      <${Fields} event=${row.event} />
    </section>
    <p class="acts">
      <${Copy} text=${() => asCurl(row)}>Copy as curl<//>
      <${Copy} text=${() => line({ ...row.event, properties: row.properties })}>Copy as NDJSON<//>
      <${Copy} icon="link" text=${() => linkTo(row)}>Copy link<//>
    </p>`;
}

function Refused({ row, onOpen }) {
  const told = row.refused,
    sent = row.sent ?? parsed(told.payload);
  return html`<section>
      <h3>Why it was refused</h3>
      <p><code class="bad">${told.reason}</code> ${told.message}</p>
      <p>
        ${told.field && html`<span>Field: <code>${told.field}</code>. </span>`}
        ${adviceOn(told.reason) && html`<span>What to do: ${adviceOn(told.reason)}.</span>`}
      </p>
    </section>
    <section>
      <h3>What was sent to ${told.route}</h3>
      ${sent === undefined ? html`<pre>${told.payload}</pre>` : html`<${Tree} value=${sent} />`}
      ${told.truncated && html`<p class="soft">Cut off when it was kept.</p>`}
    </section>
    <section>
      <h3>Fate</h3>
      <${Fate} told=${row.receipt} />
    </section>
    <section>
      <h3>Mend it and send it again</h3>
      <${Resend} row=${told} sent=${sent} onOpen=${onOpen} />
    </section>
    <p class="acts">
      <${Copy} text=${() => line(told)}>Copy as NDJSON<//>
      <${Copy} icon="link" text=${() => linkTo(row)}>Copy link<//>
    </p>`;
}

export function Opened({ id, onOpen }) {
  const row = useOpened(id);
  if (!row) return html`<p class="opened soft" role="status">Looking it up…</p>`;
  if (row.error) return html`<p class="opened" role="alert">${row.error.message}</p>`;
  return html`<div class="opened">
    ${row.fate === "stored" && html`<${Stored} row=${row} />`}
    ${row.fate === "refused" && html`<${Refused} row=${row} onOpen=${onOpen} />`}
  </div>`;
}
