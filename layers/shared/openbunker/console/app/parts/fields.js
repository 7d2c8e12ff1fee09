// Fields that forms are made of: a choice, a text with suggestions. They tell of a change once.
import { html, useEffect, useState } from "../html.js";

export function Choice({ label, name, value, options, onChange, plain }) {
  const entries = Array.isArray(options)
    ? options.map((one) => [one, one])
    : Object.entries(options);
  const known = entries.some(([one]) => one === value);
  return html`<label class="field">
    <span class=${plain ? "unseen" : ""}>${label}</span>
    <select name=${name} value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${!known && html`<option value=${value}>${value}</option>`}
      ${entries.map(([one, text]) => html`<option key=${one} value=${one}>${text}</option>`)}
    </select>
  </label>`;
}

// A text with suggestions. It is told when it was chosen, or when its typist goes on.
export function Suggested({ label, name, value, options, hint, onChange, plain }) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const id = `${name}-known`;
  const input = (event) => {
    setText(event.target.value);
    if (options.includes(event.target.value)) onChange(event.target.value);
  };
  return html`<label class="field">
    <span class=${plain ? "unseen" : ""}>${label}</span>
    <input
      name=${name}
      value=${text}
      list=${id}
      placeholder=${hint || ""}
      autocomplete="off"
      spellcheck="false"
      onInput=${input}
      onChange=${() => text !== value && onChange(text)}
    />
    <datalist id=${id}>${options.map((one) => html`<option key=${one} value=${one} />`)}</datalist>
  </label>`;
}
