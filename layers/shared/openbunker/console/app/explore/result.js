// The answer to a question: its chart, its numbers, whether it is whole, and ways to take it along.
import { html } from "../html.js";
import { whole as address } from "../address.js";
import { Copy, curl, QUERY_HEADER } from "../copying.js";
import { Icon } from "../icons.js";
import { Chart } from "../parts/chart.js";
import { Table } from "../parts/table.js";
import { sent } from "../server.js";
import { queryKey } from "../session.js";
import { number, percent, plural } from "../words.js";
import { sqlOf } from "./sql.js";
import { totals } from "./compared.js";

const ADDITIVE = ["count", "sum"];

// An answer in the form that is drawn.
function drawable(answer, chosen, timezone, compared) {
  const measures = compared ? 2 : 1,
    groups = answer.columns.length - measures;
  const dated = chosen.each !== "none";
  return {
    columns: answer.columns,
    rows: answer.rows,
    chart: {
      type: dated ? "line" : groups ? "bar" : "number",
      theme: "auto",
      date: dated ? 0 : null,
      timezone,
      computed: answer.columns.map((_, i) => i).slice(groups),
      alike: compared,
      additive: ADDITIVE.includes(chosen.fn),
      complete: answer.complete,
    },
  };
}

export function Whole({ answer }) {
  const size = plural(answer.rows.length, "row", "rows");
  if (answer.complete) return html`<p class="soft numeric">Complete: ${size}.</p>`;
  return html`<p class="note warn" role="status">
    <${Icon} name="warning" />
    <span>
      Not complete: ${size} of more.${" "}
      ${(answer.incomplete || []).map((one) => `${one.reason}: ${one.advice}`).join(" ")}
    </span>
  </p>`;
}

function Change({ answer, additive }) {
  const told = totals(answer, additive);
  if (!told) return null;
  const way = told.change === null ? "" : told.change >= 0 ? "+" : "";
  return html`<p class="change numeric">
    <b>${number(told.now)}</b> now, <b>${number(told.then)}</b> in the period before
    ${told.change !== null && html`: <b>${way}${percent(told.change)}</b>`}
  </p>`;
}

const asCurl = (question) =>
  curl("/v1/query/json", { headers: [QUERY_HEADER], body: JSON.stringify(question) });

function asSql(question) {
  const sql = sqlOf(question);
  const body = JSON.stringify({ time_period: question.time_period, sql });
  const asked = curl("/v1/query/sql", { headers: [QUERY_HEADER], body });
  return `${sql}\n\n-- ${asked.replaceAll("\n", "\n-- ")}`;
}

async function asCsv(question) {
  const headers = {
    "content-type": "application/json",
    accept: "text/csv",
    "x-eventbunker-query-key": queryKey(),
  };
  const body = JSON.stringify(question);
  return (await sent("v1/query/json", { method: "POST", headers, body })).text;
}

export function Acts({ question }) {
  return html`<p class="acts">
    <${Copy} text=${() => asCurl(question)}>Copy as curl<//>
    ${sqlOf(question) && html`<${Copy} text=${() => asSql(question)}>Copy as SQL<//>`}
    <${Copy} text=${() => asCsv(question)}>Copy as CSV<//>
    <${Copy} icon="link" text=${() => address(location.search)}>Copy link<//>
  </p>`;
}

export function Trend({ answer, chosen, question, timezone, compared }) {
  const drawn = drawable(answer, chosen, timezone, compared);
  return html`<${Chart} answer=${drawn} label=${`Chart of ${answer.columns.join(", ")}`} />
    ${compared && html`<${Change} answer=${answer} additive=${drawn.chart.additive} />`}
    <${Acts} question=${question} />
    <${Whole} answer=${answer} />
    <${Table}
      columns=${answer.columns}
      rows=${answer.rows}
      measured=${answer.columns.length - (compared ? 2 : 1)}
      dated=${chosen.each}
      label="The answer as a table"
    />`;
}
