// A field for a key: shown as dots, kept by no browser.
import { html } from "../html.js";

export const Secret = ({ label, name, value, onType, hint, first }) =>
  html`<label class="field grow">
    <span>${label}</span>
    <input
      type="password"
      name=${name}
      value=${value}
      placeholder=${hint}
      autocomplete="off"
      spellcheck="false"
      required
      autofocus=${first}
      onInput=${(event) => onType(event.target.value)}
    />
  </label>`;
