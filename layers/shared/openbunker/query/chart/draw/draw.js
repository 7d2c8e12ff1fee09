// Draws an answer into a place: lines, bars, numbers or a table, or that there are no events. The
// one drawing for the page of a chart and for the console.
import { bars } from "./bars.js";
import { element } from "./elements.js";
import { nothing } from "./measures.js";
import { table } from "./table.js";
import { timeline } from "./timeline.js";
import { told } from "./words.js";

const AT_REST = { resize: () => {}, end: () => {} };

function numbers({ columns, rows }, { view }) {
  const frame = element("div", undefined, "numbers");
  columns.forEach((name, i) => {
    const one = element("div");
    one.append(element("strong", told(rows[0][i])), element("span", name));
    frame.append(one);
  });
  view.replaceChildren(frame);
}

function empty({ view }) {
  const frame = element("div", undefined, "empty");
  frame.append(
    element("strong", "No events"),
    element("span", "No events answer this question in this period."),
  );
  view.replaceChildren(frame);
}

// `place` has the elements view, legend, note and when. Returns what resizes and ends the drawing.
export function draw(answer, place) {
  const { chart, rows } = answer;
  const say = (text) => {
    place.note.textContent = text;
    place.note.hidden = !text;
  };
  const below = chart.complete
    ? "all of them are in the data below"
    : "what was read of them is in the data below";
  const many = (count) => (chart.complete ? String(count) : `more than ${count}`);
  const all = { ...place, say, below, many };
  say("");
  place.legend.replaceChildren();
  place.when.textContent = "";
  const counted = chart.type !== "number" && chart.type !== "table";
  if (!rows.length || (counted && nothing(answer))) empty(all);
  else if (chart.type === "number") numbers(answer, all);
  else if (chart.type === "table") all.view.replaceChildren(table(answer));
  else if (chart.date === null) bars(answer, all);
  else return timeline(answer, all);
  return AT_REST;
}
