// Answers about people: how far they came along steps, and how many came back week after week.
import { html } from "../html.js";
import { Table } from "../parts/table.js";
import { number, percent } from "../words.js";
import { Acts, Whole } from "./result.js";

// A funnel: a bar for each step, as wide as its share of the first.
export function Funnel({ answer, question }) {
  const steps = answer.rows.map(([step, name, users, first, previous]) => ({
    ...{ step, name, users, first, previous },
  }));
  if (!steps.length || !steps[0].users)
    return html`<p class="nothing soft"><b>No events</b> of the first step.</p>`;
  return html`<ol class="funnel" aria-label="Steps">
      ${steps.map(
        (one) =>
          html`<li key=${one.step}>
            <span class="title">${one.name}</span>
            <span class="funnel-track" aria-hidden="true">
              <span style=${{ width: `${100 * (one.first ?? 0)}%` }}></span>
            </span>
            <span class="numeric">${number(one.users)}</span>
            <span class="numeric soft">${percent(one.first ?? 0)}</span>
            <span class="numeric soft">
              ${one.previous === null ? "" : `${percent(one.previous)} of the step before`}
            </span>
          </li>`,
      )}
    </ol>
    <${Acts} question=${question} />
    <${Whole} answer=${answer} />`;
}

const SHADES = 5;

function Share({ row, at }) {
  const value = row[at],
    users = row[1];
  if (!at) return html`<th scope="row">${value.slice(0, 10)}</th>`;
  if (at === 1) return html`<td class="n">${number(users)}</td>`;
  if (value === null) return html`<td></td>`;
  if (!users) return html`<td class="n soft">–</td>`;
  const share = value / users;
  return html`<td class=${`n shade-${Math.ceil(share * SHADES)}`} title=${number(value)}>
    ${percent(share)}
  </td>`;
}

// Retention: a row for each week, darker where more came back.
export function Retention({ answer, question }) {
  const { columns, rows } = answer;
  if (!rows.some((row) => row[1]))
    return html`<p class="nothing soft"><b>No events</b> in this period.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Retention by week">
      <table class="data retention">
        <thead>
          <tr>
            ${columns.map((name) => html`<th scope="col">${name.replace("_", " ")}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                ${columns.map((_, at) => html`<${Share} row=${row} at=${at} />`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <${Acts} question=${question} />
    <${Whole} answer=${answer} />
    <details>
      <summary>Numbers</summary>
      <${Table}
        columns=${columns}
        rows=${rows}
        measured=${1}
        dated="week"
        label="Retention in numbers"
      />
    </details>`;
}
