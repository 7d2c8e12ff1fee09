// A JSON value as a tree that opens and closes. All of it is text of strangers.
import { html } from "../html.js";

const OPEN_DEPTH = 2,
  MOST = 200;

const kind = (value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

function Leaf({ value }) {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return html`<span class=${`leaf ${kind(value)}`}>${text}</span>`;
}

function Branch({ value, depth }) {
  const entries = Object.entries(value);
  if (!entries.length)
    return html`<span class="leaf">${Array.isArray(value) ? "[ ]" : "{ }"}</span>`;
  const more = entries.length - MOST;
  return html`<ul class="tree">
    ${entries
      .slice(0, MOST)
      .map(
        ([name, one]) => html`<${Entry} key=${name} name=${name} value=${one} depth=${depth} />`,
      )}
    ${more > 0 && html`<li class="soft">and ${more} more</li>`}
  </ul>`;
}

function Entry({ name, value, depth }) {
  const inner = value !== null && typeof value === "object";
  if (!inner) return html`<li><span class="name">${name}</span> <${Leaf} value=${value} /></li>`;
  const count = Object.keys(value).length;
  const told = Array.isArray(value) ? `[${count}]` : `{${count}}`;
  return html`<li>
    <details open=${depth < OPEN_DEPTH}>
      <summary><span class="name">${name}</span> <span class="soft">${told}</span></summary>
      <${Branch} value=${value} depth=${depth + 1} />
    </details>
  </li>`;
}

export function Tree({ value }) {
  if (value === null || typeof value !== "object") return html`<${Leaf} value=${value} />`;
  return html`<${Branch} value=${value} depth=${0} />`;
}
