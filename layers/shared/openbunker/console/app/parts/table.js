// An answer as a table of the page: numbers line up, groups stand as they were sent.
import { html, useState } from "../html.js";
import { named, sent, told } from "../../draw/words.js";

const MOST = 200;

const numericAt = (rows, i) =>
  rows.some((row) => typeof row[i] === "number") &&
  rows.every((row) => row[i] === null || typeof row[i] === "number");

// A bucket as it was asked for, in its own time zone: a day has no clock.
const dateOf = (text, interval) =>
  text.slice(0, /minute|hour/.test(interval) ? 16 : 10).replace("T", " ");

// `measured` is the first column of numbers; `dated` the interval of a first column of dates.
export function Table({ columns, rows, measured, label, dated = "none", format = told }) {
  const [all, showAll] = useState(false);
  const numeric = columns.map((_, i) => numericAt(rows, i));
  const side = (i) => (numeric[i] ? "n" : "");
  const shown = all ? rows : rows.slice(0, MOST);
  const cell = (value, i) => {
    if (i >= measured) return format(value, i);
    if (!i && dated !== "none") return dateOf(value, dated);
    return value === null ? named(value) : sent(value);
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}>
    <table class="data">
      <thead>
        <tr>
          ${columns.map((name, i) => html`<th scope="col" class=${side(i)}>${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          (row) =>
            html`<tr>
              ${row.map((value, i) => html`<td class=${side(i)}>${cell(value, i)}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
    ${
      rows.length > shown.length &&
      html`<button type="button" class="plain" onClick=${() => showAll(true)}>
        Show all ${told(rows.length)} rows
      </button>`
    }
  </div>`;
}
