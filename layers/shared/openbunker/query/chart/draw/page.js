// The page of a chart: draws the answer that stands in it as JSON, and again when its size or the
// colours of the device change. Nothing is fetched.
import { draw } from "./draw.js";
import { table } from "./table.js";

const answer = JSON.parse(document.getElementById("answer").textContent);
const { chart, rows } = answer;
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const place = Object.fromEntries(
  ["view", "legend", "note", "when"].map((id) => [id, document.getElementById(id)]),
);

let drawing = null;

function redraw() {
  root.dataset.theme = chart.theme === "auto" ? (dark.matches ? "dark" : "light") : chart.theme;
  if (drawing) drawing.end();
  drawing = draw(answer, place);
}

redraw();
if (rows.length && chart.type !== "table" && chart.type !== "number") {
  const data = document.getElementById("data");
  data.hidden = false;
  data.addEventListener("toggle", () => {
    if (data.open && !data.querySelector("table")) data.append(table(answer));
  });
}
dark.addEventListener("change", redraw);
addEventListener("resize", () => drawing.resize());
root.dataset.drawn = chart.type;
