// One thing that is told, with its name above it.
import { html } from "../html.js";

export function Fact({ name, children, note }) {
  return html`<div class="told-of">
    <dt>${name}</dt>
    <dd class="numeric">${children} ${note && html`<span class="soft">${note}</span>`}</dd>
  </div>`;
}
