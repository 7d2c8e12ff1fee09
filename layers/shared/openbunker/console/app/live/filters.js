// The bar over Live: search, filters, pause. All of it is kept in the address.
import { html, useEffect, useRef, useState } from "../html.js";
import { go } from "../address.js";
import { DIALECTS } from "../facts.js";
import { Icon } from "../icons.js";
import { Segments } from "../parts/segments.js";

const TYPED_MS = 250;
const FATES = [
  ["", "All"],
  ["stored", "Stored"],
  ["refused", "Refused"],
];

// A field whose text goes into the address once its typist rests.
function Typed({ name, label, value, list, icon, hint }) {
  const [text, setText] = useState(value);
  const timer = useRef(0);
  useEffect(() => setText(value), [value]);
  const type = (event) => {
    const typed = event.target.value;
    setText(typed);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => go({ [name]: typed.trim() }, { replace: true }), TYPED_MS);
  };
  return html`<label class=${`field typed ${name}`}>
    <span>${icon && html`<${Icon} name=${icon} />`} ${label}</span>
    <input
      type="search"
      name=${name}
      value=${text}
      list=${list && `${name}-seen`}
      placeholder=${hint}
      autocomplete="off"
      spellcheck="false"
      onInput=${type}
    />
    ${
      list &&
      html`<datalist id=${`${name}-seen`}>
        ${list.map((one) => html`<option key=${one} value=${one} />`)}
      </datalist>`
    }
  </label>`;
}

export function Filters({ chosen, names, keys, paused }) {
  return html`<form class="bar filters" role="search" onSubmit=${(event) => event.preventDefault()}>
    <${Typed}
      name="q"
      label="Search"
      icon="search"
      value=${chosen.q || ""}
      hint="id, name, any text"
    />
    <${Typed} name="name" label="Event" value=${chosen.name || ""} list=${names} hint="any" />
    <label class="field">
      <span>Dialect</span>
      <select
        name="dialect"
        value=${chosen.dialect || ""}
        onChange=${(event) => go({ dialect: event.target.value })}
      >
        <option value="">any</option>
        ${Object.keys(DIALECTS).map((one) => html`<option key=${one} value=${one}>${one}</option>`)}
      </select>
    </label>
    <${Typed} name="key" label="Key" value=${chosen.key || ""} list=${keys} hint="any" />
    <${Segments}
      label="Fate"
      value=${chosen.fate || ""}
      options=${FATES}
      onChange=${(fate) => go({ fate })}
    />
    <button
      type="button"
      class="pause"
      aria-pressed=${paused}
      onClick=${() => go({ paused: paused ? "" : "1" }, { replace: true })}
    >
      <${Icon} name=${paused ? "play" : "pause"} /> ${paused ? "Go on" : "Pause"}
    </button>
  </form>`;
}
