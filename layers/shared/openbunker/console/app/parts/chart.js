// An answer drawn by the drawing that charts have everywhere, within the page.
import { html, useEffect, useRef } from "../html.js";
import { draw } from "../../draw/draw.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

export function Chart({ answer, label }) {
  const frame = useRef();
  useEffect(() => {
    const find = (name) => frame.current.querySelector(`.${name}`);
    const place = { view: find("view"), legend: find("legend"), note: find("note-of-chart") };
    place.when = find("when");
    let drawing = null;
    const redraw = () => {
      if (drawing) drawing.end();
      drawing = draw(answer, place);
    };
    redraw();
    const sized = new ResizeObserver(() => drawing.resize());
    sized.observe(place.view);
    dark.addEventListener("change", redraw);
    return () => {
      sized.disconnect();
      dark.removeEventListener("change", redraw);
      drawing.end();
    };
  }, [answer]);
  return html`<figure
    class=${answer.chart.date === null ? "chart" : "chart dated"}
    ref=${frame}
    role="group"
    aria-label=${label}
  >
    <p class="when soft numeric"></p>
    <div class="view"></div>
    <div class="legend"></div>
    <p class="note-of-chart soft" hidden></p>
  </figure>`;
}
