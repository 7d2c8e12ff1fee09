// Who changed what of the project, newest first, as the audit has it.
import { html, useEffect, useState } from "../html.js";
import { fullTime } from "../words.js";
import { audit } from "./manage.js";

const HEADS = ["When", "Who", "What", "Key", "Details"];

function Entry({ one }) {
  return html`<tr>
    <th scope="row">${fullTime(Date.parse(one.at))}</th>
    <td>${one.actor}</td>
    <td>${one.action}</td>
    <td><code>${one.key_id || ""}</code></td>
    <td><code>${one.detail ? JSON.stringify(one.detail) : ""}</code></td>
  </tr>`;
}

// `changes` is how often something was changed here: then it is read anew.
export function Audit({ changes }) {
  const [told, tell] = useState(null);
  useEffect(() => {
    const ended = new AbortController();
    audit(ended.signal).then(tell, () => {});
    return () => ended.abort();
  }, [changes]);
  if (!told) return null;
  return html`<h3>Audit</h3>
    <div class="scroll" tabindex="0" role="region" aria-label="Audit">
      <table class="data audit">
        <thead>
          <tr>
            ${HEADS.map((name) => html`<th key=${name} scope="col">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${told.entries.map((one, i) => html`<${Entry} key=${i} one=${one} />`)}
        </tbody>
      </table>
    </div>
    ${told.more && html`<p class="soft">Older entries: <code>openbunker audit</code>.</p>`}`;
}
