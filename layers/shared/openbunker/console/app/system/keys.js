// The keys of the project: listed, made, rotated, switched off and on. A new one is shown once.
import { html, useEffect, useState } from "../html.js";
import { Copy } from "../copying.js";
import { Icon } from "../icons.js";
import { Secret } from "../parts/secret.js";
import { Choice } from "../parts/fields.js";
import { useStore } from "../store.js";
import { ago } from "../words.js";
import { Audit } from "./audit.js";
import { create, disable, enable, keys, masterKey, rotate } from "./manage.js";

const KINDS = ["WRITE", "QUERY", "DELETE"];
const OVERLAP_SECONDS = 86400;

function Once({ made, onClose }) {
  if (!made) return null;
  return html`<div class="note good once" role="status">
    <${Icon} name="stored" />
    <div>
      <p>The key <b>${made.name || made.key_id}</b>. It is shown this once:</p>
      <p><code>${made.api_key}</code> <${Copy} text=${() => made.api_key}>Copy<//></p>
      ${made.old_key_until && html`<p>The old one works until ${made.old_key_until}.</p>`}
      <button type="button" onClick=${onClose}>I have it</button>
    </div>
  </div>`;
}

const list = (text) => text.split(/[\s,]+/).filter(Boolean);

function Create({ act }) {
  const [type, setType] = useState("WRITE");
  const submit = async (event) => {
    event.preventDefault();
    const form = event.target,
      given = Object.fromEntries(new FormData(form));
    const members = { type, ...(given.name ? { name: given.name } : {}) };
    if (given.customer) members.customer_identifier = given.customer;
    if (type === "WRITE" && given.origins) members.allowed_origins = list(given.origins);
    if (await act(() => create(members))) form.reset();
  };
  return html`<form class="bar" onSubmit=${submit}>
    <${Choice} label="Kind" name="type" value=${type} options=${KINDS} onChange=${setType} />
    <label class="field"><span>Name</span><input name="name" maxlength="200" /></label>
    <label class="field">
      <span>Bound to one customer</span>
      <input name="customer" placeholder="nobody" maxlength="500" />
    </label>
    ${
      type === "WRITE" &&
      html`<label class="field">
        <span>Sites whose pages may use it</span>
        <input name="origins" placeholder="any" />
      </label>`
    }
    <button class="main">Make a key</button>
  </form>`;
}

// A button that asks back before it does what ends something.
function Sure({ children, question, onSure }) {
  const [asked, ask] = useState(false);
  if (!asked) {
    return html`<button type="button" class="plain" onClick=${() => ask(true)}>
      ${children}
    </button>`;
  }
  return html`<span class="bar sure" role="group" aria-label=${question}>
    <span>${question}</span>
    <button type="button" class="danger" onClick=${() => (ask(false), onSure())}>Yes</button>
    <button type="button" onClick=${() => ask(false)}>No</button>
  </span>`;
}

function Row({ one, act }) {
  const scope = [one.customer_identifier, ...(one.dialects || []), ...(one.allowed_origins || [])];
  return html`<tr>
    <th scope="row">
      ${one.name || html`<span class="soft">no name</span>`}<br /><code>${one.key_id}</code>
    </th>
    <td>${one.type}</td>
    <td class=${one.status === "ACTIVE" ? "good" : "soft"}>${one.status.toLowerCase()}</td>
    <td>${scope.filter(Boolean).join(", ")}</td>
    <td class="soft">${one.last_used_at ? ago(Date.parse(one.last_used_at)) : "–"}</td>
    <td>
      ${
        one.status === "ACTIVE" &&
        html`<${Sure}
            question="A new key; the old one works for a day more?"
            onSure=${() => act(() => rotate(one.key_id, OVERLAP_SECONDS))}
          >
            Rotate
          <//>
          <${Sure}
            question="Nobody can use it then. Disable it?"
            onSure=${() => act(() => disable(one.key_id))}
          >
            Disable
          <//>`
      }
      ${
        one.status === "DISABLED" &&
        html`<button type="button" class="plain" onClick=${() => act(() => enable(one.key_id))}>
          Enable
        </button>`
      }
    </td>
  </tr>`;
}

const HEADS = ["Key", "Kind", "Status", "Bound to", "Last used", ""];

function List({ found, act }) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Keys">
    <table class="data">
      <thead>
        <tr>
          ${HEADS.map((name) => html`<th key=${name} scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${found.map((one) => html`<${Row} key=${one.key_id} one=${one} act=${act} />`)}
      </tbody>
    </table>
  </div>`;
}

// The keys as they are, and `act`, which does something and looks anew. What came of it is told:
// `made` is a new key, `wrong` why nothing was done, `changes` how often something was.
function useKeys() {
  const [state, tell] = useState({ found: null, made: null, wrong: "", changes: 0 });
  const change = (members) => tell((old) => ({ ...old, ...members }));
  const load = async () => change({ found: await keys() });
  const say = (error) => change({ wrong: error.message });
  useEffect(() => {
    load().catch(say);
  }, []);
  const act = async (what) => {
    change({ wrong: "" });
    try {
      const told = await what();
      if (told.api_key) change({ made: told });
      await load();
      tell((old) => ({ ...old, changes: old.changes + 1 }));
      return true;
    } catch (error) {
      say(error);
      return false;
    }
  };
  return { ...state, act, seen: () => change({ made: null }) };
}

function Listed({ onForget }) {
  const { found, made, wrong, changes, act, seen } = useKeys();
  return html`<${Once} made=${made} onClose=${seen} />
    ${
      wrong &&
      html`<p class="note bad" role="alert"><${Icon} name="refused" /> <span>${wrong}</span></p>`
    }
    ${found && html`<${List} found=${found} act=${act} />`}
    ${found && html`<${Create} act=${act} />`} ${found && html`<${Audit} changes=${changes} />`}
    <button type="button" class="plain" onClick=${onForget}>Forget the master key</button>`;
}

export function Keys() {
  const key = useStore(masterKey);
  const [text, type] = useState("");
  const submit = (event) => {
    event.preventDefault();
    masterKey.set(text.trim());
    type("");
  };
  if (key) return html`<${Listed} onForget=${() => masterKey.set("")} />`;
  return html`<form class="bar" onSubmit=${submit}>
    <${Secret}
      label="The project's master key. It stays in this page, and is gone when the page is."
      name="master-key"
      hint="obm_…"
      value=${text}
      onType=${type}
    />
    <button class="main">Show the keys</button>
  </form>`;
}
