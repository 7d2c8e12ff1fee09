// The question, built by clicking. What is chosen goes into the address and nowhere else.
import { html } from "../html.js";
import { go } from "../address.js";
import { Icon } from "../icons.js";
import { Choice, Suggested } from "../parts/fields.js";
import { Segments } from "../parts/segments.js";
import { FUNCTIONS, INTERVALS, KINDS, OPS, PEOPLE, PERIODS, WITHIN } from "./asked.js";
import { COLUMNS, useFields, useValues } from "./known.js";

const put = (name) => (value) => go({ [name]: value });
const putList = (name, values) => go({ [name]: values.length ? JSON.stringify(values) : "" });
const swapped = (list, at, value) => list.map((one, i) => (i === at ? value : one));
const without = (list, at) => list.filter((_, i) => i !== at);

function Remove({ label, onClick }) {
  return html`<button type="button" class="plain small" aria-label=${label} onClick=${onClick}>
    <${Icon} name="close" />
  </button>`;
}

// The names of events that are asked about; none means all of them.
function Names({ names, known }) {
  const add = (name) => name && !names.includes(name) && putList("names", [...names, name]);
  return html`<div class="names">
    ${names.map(
      (name, i) =>
        html`<span class="chip" key=${name}>
          <span>${name}</span>
          <${Remove}
            label=${`Leave out ${name}`}
            onClick=${() => putList("names", without(names, i))}
          />
        </span>`,
    )}
    <${Suggested}
      label=${names.length ? "or of" : "of"}
      name="add-name"
      value=""
      options=${known.filter((name) => !names.includes(name))}
      hint=${names.length ? "another event" : "all events"}
      onChange=${add}
    />
  </div>`;
}

function Filter({ filter, at, where, fields, period }) {
  const [field, op, value] = filter;
  const values = useValues(field, period).map((one) =>
    typeof one === "string" ? one : JSON.stringify(one),
  );
  const change = (i, text) => putList("where", swapped(where, at, swapped(filter, i, text)));
  const valued = op !== "exists" && op !== "not_exists";
  return html`<div class="bar filter">
    <${Suggested}
      plain
      label="Field"
      name=${`field-${at}`}
      value=${field}
      options=${fields}
      hint="field"
      onChange=${(text) => change(0, text)}
    />
    <${Choice}
      plain
      label="Comparison"
      name=${`op-${at}`}
      value=${op}
      options=${OPS}
      onChange=${(text) => change(1, text)}
    />
    ${
      valued &&
      html`<${Suggested}
        plain
        label="Value"
        name=${`value-${at}`}
        value=${value}
        options=${values}
        hint="value"
        onChange=${(text) => change(2, text)}
      />`
    }
    <${Remove} label="Remove this filter" onClick=${() => putList("where", without(where, at))} />
  </div>`;
}

function Filters({ where, fields, period }) {
  return html`<fieldset class="filters-of">
    <legend class="unseen">Filters</legend>
    ${where.map(
      (filter, at) => html`<${Filter} key=${at} ...${{ filter, at, where, fields, period }} />`,
    )}
    <button
      type="button"
      class="plain"
      onClick=${() => putList("where", [...where, ["", "equals", ""]])}
    >
      <${Icon} name="add" /> Filter
    </button>
  </fieldset>`;
}

function Trend({ chosen, known, fields }) {
  const measure = (fn, field) => go({ measure: fn === "count" && !field ? "" : `${fn}:${field}` });
  return html`<div class="bar">
    <${Choice}
      label="Show"
      name="fn"
      value=${chosen.fn}
      options=${FUNCTIONS}
      onChange=${(fn) => measure(fn, fn === "count" ? "" : chosen.field)}
    />
    ${
      chosen.fn !== "count" &&
      html`<${Suggested}
        label="Field"
        name="field"
        value=${chosen.field}
        options=${fields}
        hint="a field"
        onChange=${(field) => measure(chosen.fn, field)}
      />`
    }
    <${Names} names=${chosen.names} known=${known} />
    <${Suggested}
      label="for each"
      name="group"
      value=${chosen.group}
      options=${fields}
      hint="nothing"
      onChange=${put("group")}
    />
    <${Choice}
      label="over time, by"
      name="each"
      value=${chosen.each}
      options=${["none", ...INTERVALS]}
      onChange=${put("each")}
    />
  </div>`;
}

function Step({ name, at, steps, known }) {
  return html`<span class="bar step">
    <${Suggested}
      label=${at ? "then" : "First"}
      name=${`step-${at}`}
      value=${name}
      options=${known}
      hint="an event"
      onChange=${(text) => putList("steps", swapped(steps, at, text))}
    />
    ${
      steps.length > 2 &&
      html`<${Remove}
        label="Remove this step"
        onClick=${() => putList("steps", without(steps, at))}
      />`
    }
  </span>`;
}

const By = ({ by }) =>
  html`<${Choice}
    label="by the same"
    name="by"
    value=${by}
    options=${PEOPLE}
    onChange=${put("by")}
  />`;

function Funnel({ chosen, known }) {
  const steps = chosen.steps.length < 2 ? [...chosen.steps, "", ""].slice(0, 2) : chosen.steps;
  return html`<div class="bar">
    ${steps.map((name, at) => html`<${Step} key=${at} ...${{ name, at, steps, known }} />`)}
    ${
      steps.length < 5 &&
      html`<button type="button" class="plain" onClick=${() => putList("steps", [...steps, ""])}>
        <${Icon} name="add" /> Step
      </button>`
    }
    <${Choice}
      label="within"
      name="within"
      value=${chosen.within}
      options=${WITHIN}
      onChange=${put("within")}
    />
    <${By} by=${chosen.by} />
  </div>`;
}

function Retention({ chosen, known }) {
  return html`<div class="bar">
    <${Suggested}
      label="Who did"
      name="step-0"
      value=${chosen.steps[0] || ""}
      options=${known}
      hint="anything"
      onChange=${(text) => putList("steps", text ? [text] : [])}
    />
    <${Suggested}
      label="and came back for"
      name="back"
      value=${chosen.back}
      options=${known}
      hint="anything"
      onChange=${put("back")}
    />
    <${By} by=${chosen.by} />
  </div>`;
}

const BUILT = { trend: Trend, funnel: Funnel, retention: Retention };

export function Form({ chosen }) {
  const known = useValues("event_name", chosen.period);
  const own = useFields(chosen.period);
  const fields = [...COLUMNS, ...own];
  const Built = BUILT[chosen.kind];
  return html`<form class="question" onSubmit=${(event) => event.preventDefault()}>
    <div class="bar spread">
      <${Segments}
        label="Kind of question"
        value=${chosen.kind}
        options=${Object.entries(KINDS)}
        onChange=${(kind) => go({ kind: kind === "trend" ? "" : kind, period: "" })}
      />
      <${Choice}
        label="Period"
        name="period"
        value=${chosen.period}
        options=${PERIODS}
        onChange=${(period) => go({ period, each: "" })}
      />
      ${
        chosen.kind === "trend" &&
        html`<label class="check">
          <input
            type="checkbox"
            name="compare"
            checked=${chosen.compare}
            disabled=${chosen.period === "all"}
            onChange=${(event) => go({ compare: event.target.checked ? "1" : "" })}
          />
          Compare with the period before
        </label>`
      }
    </div>
    <${Built} chosen=${chosen} known=${known} fields=${fields} />
    <${Filters} where=${chosen.where} fields=${fields} period=${chosen.period} />
  </form>`;
}
