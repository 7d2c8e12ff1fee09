// A choice of a few, side by side: one of them is pressed.
import { html } from "../html.js";

export const Segments = ({ label, value, options, onChange }) =>
  html`<div class="segments" role="group" aria-label=${label}>
    ${options.map(
      ([one, text]) =>
        html`<button
          key=${one}
          type="button"
          aria-pressed=${one === value}
          onClick=${() => onChange(one)}
        >
          ${text}
        </button>`,
    )}
  </div>`;
