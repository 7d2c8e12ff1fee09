// The form that mends a refused row and sends it again, through the door of its vendor. It asks for
// a WRITE key, which is kept in this form alone.
import { html, useState } from "../html.js";
import { Icon } from "../icons.js";
import { sent as send, parsed } from "../server.js";
import { Secret } from "../parts/secret.js";
import { Tree } from "../parts/tree.js";
import { Copy, curl, quoted } from "../copying.js";
import { again, begun, hindrance, patched } from "./mend.js";

function told(answer) {
  const reason = answer.headers.get("x-openbunker-reason");
  if (answer.status < 300 && !reason) {
    return { good: true, id: answer.headers.get("x-openbunker-event-id") };
  }
  const body = parsed(answer.text) || {};
  const text = [body.error, body.message].find((one) => typeof one === "string");
  return { good: false, text: `${reason || `status ${answer.status}`}${text ? `: ${text}` : ""}` };
}

function Outcome({ outcome, onOpen }) {
  if (!outcome) return null;
  if (!outcome.good)
    return html`<p class="note bad" role="alert">
      <${Icon} name="refused" /> <span>Refused again. ${outcome.text}</span>
    </p>`;
  return html`<p class="note good" role="status">
    <${Icon} name="stored" />
    <span>Stored. However often it is sent again, it counts once.</span>
    ${
      outcome.id &&
      html`<button type="button" class="plain" onClick=${() => onOpen(outcome.id)}>Open it</button>`
    }
  </p>`;
}

const asCurl = (row, value) => {
  const { path, headers, body } = again(row, value, "$WRITE_KEY");
  const lines = Object.entries(headers)
    .filter(([name]) => name !== "content-type")
    .map(([name, text]) =>
      text === "$WRITE_KEY" ? `"${name}: ${text}"` : quoted(`${name}: ${text}`),
    );
  // Within single quotes a shell puts nothing in: the name of the key stands outside of them.
  const text = curl(path, { headers: lines, body });
  return text.replaceAll('"$WRITE_KEY"', `"'"$WRITE_KEY"'"`);
};

function Preview({ change, value }) {
  return html`<details>
    <summary>What will be sent</summary>
    ${change === undefined && html`<p class="soft">The patch is no JSON yet.</p>`}
    ${change !== undefined && html`<${Tree} value=${value} />`}
  </details>`;
}

async function outcomeOf(request) {
  const { path, headers, body } = request;
  try {
    return told(await send(path.slice(1), { method: "POST", headers, body }));
  } catch {
    return { good: false, text: "No answer; try again." };
  }
}

export function Resend({ row, sent, onOpen }) {
  const [patch, setPatch] = useState(begun(row.field));
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState(null);
  const hindered = hindrance(row, sent);
  if (hindered) return html`<p class="soft">${hindered}</p>`;
  const change = parsed(patch);
  const value = change === undefined ? sent : patched(sent, change);

  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setOutcome(await outcomeOf(again(row, value, key.trim())));
    setBusy(false);
  };

  return html`<form class="mend" onSubmit=${submit}>
    <label class="field">
      <span>Patch: members replace members, null removes one (JSON merge patch)</span>
      <textarea
        name="patch"
        rows="4"
        spellcheck="false"
        value=${patch}
        aria-invalid=${change === undefined}
        onInput=${(event) => setPatch(event.target.value)}
      ></textarea>
    </label>
    <${Preview} change=${change} value=${value} />
    <div class="bar">
      <${Secret} label="WRITE key" name="write-key" hint="obw_…" value=${key} onType=${setKey} />
      <button class="main" disabled=${busy || change === undefined}>
        ${busy ? "Sending…" : "Send again"}
      </button>
      <${Copy} text=${() => asCurl(row, value)}>Copy as curl<//>
    </div>
    <${Outcome} outcome=${outcome} onOpen=${onOpen} />
  </form>`;
}
