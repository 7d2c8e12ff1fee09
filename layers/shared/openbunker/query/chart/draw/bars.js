// Groups as bars: the largest first, on both sides of nothing where values are below it. Each
// measure beyond the first has a scale of its own where it needs one.
import { element, swatch } from "./elements.js";
import { scales } from "./measures.js";
import { named, told } from "./words.js";

const MOST_BARS = 30;

// Where nothing lies and how far it goes on a scale, from the least and the most of its values.
function reach(values) {
  const least = Math.min(0, ...values),
    most = Math.max(0, ...values);
  return { zero: -least, span: most - least || 1 };
}

function bar(value, index, { zero, span }) {
  const line = element("div", undefined, "line"),
    track = element("span", undefined, "track"),
    fill = swatch(index);
  const from = Math.min(value || 0, 0) + zero;
  fill.style.marginLeft = `${(100 * from) / span}%`;
  fill.style.width = `${(100 * Math.abs(value || 0)) / span}%`;
  if (value < 0) fill.className = "below";
  track.append(fill);
  line.append(track, element("span", told(value), "value"));
  return line;
}

// The rows as they are shown: as they were ordered, else by their first measure.
function inOrder({ chart, rows }) {
  if (chart.ordered) return rows;
  const by = chart.computed[0];
  const size = (row) => (typeof row[by] === "number" ? row[by] : -Infinity);
  return [...rows].sort((one, other) => size(other) - size(one));
}

export function bars(answer, { view, legend, say, below, many }) {
  const { chart, columns } = answer;
  const measured = chart.computed,
    first = measured[0];
  const shown = inOrder(answer).slice(0, MOST_BARS);
  const values = measured.map((i) => shown.map((row) => row[i] || 0));
  const on = scales(
    measured.map((i) => columns[i]),
    values,
    chart.alike,
  );
  const reaches = [0, 1].map((scale) => reach(values.filter((_, i) => on[i] === scale).flat()));
  const frame = element("div", undefined, "bars"),
    scroll = element("div", undefined, "scroll");
  for (const row of shown) {
    const name = row.slice(0, first).map(named).join(" · ") || "all";
    const lines = element("div", undefined, "lines");
    lines.append(...measured.map((column, i) => bar(row[column], i, reaches[on[i]])));
    const label = element("div", name, "label");
    label.title = name;
    frame.append(label, lines);
  }
  scroll.append(frame);
  view.replaceChildren(scroll);
  if (measured.length > 1)
    legend.replaceChildren(
      ...measured.map((column, i) => {
        const one = element("span");
        one.append(swatch(i), columns[column] + (on[i] ? " (a scale of its own)" : ""));
        return one;
      }),
    );
  if (answer.rows.length > MOST_BARS)
    say(`The first ${MOST_BARS} of ${many(answer.rows.length)} groups; ${below}.`);
}
