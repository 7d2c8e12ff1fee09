// An answer as a table: numbers to the right, dates without their T.
import { element } from "./elements.js";
import { sent, told } from "./words.js";

export function table({ chart, columns, rows }) {
  const frame = element("div", undefined, "scroll"),
    made = element("table");
  const head = made.createTHead().insertRow(),
    body = made.createTBody();
  const numeric = columns.map(
    (_, i) =>
      rows.some((row) => typeof row[i] === "number") &&
      rows.every((row) => row[i] === null || typeof row[i] === "number"),
  );
  columns.forEach((name, i) => {
    const cell = element("th", name, numeric[i] ? "n" : "");
    cell.scope = "col";
    head.append(cell);
  });
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((value, i) => {
      const date = i === chart.date && typeof value === "string";
      const shown = date ? value.replace("T", " ") : (i < chart.computed[0] ? sent : told)(value);
      const cell = element("td", shown, numeric[i] ? "n" : value === null ? "null" : "text");
      if (typeof value === "string") cell.title = value;
      line.append(cell);
    });
  }
  frame.append(made);
  frame.tabIndex = 0;
  return frame;
}
