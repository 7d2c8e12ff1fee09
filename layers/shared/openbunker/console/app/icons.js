// The few signs of the page, drawn as lines. A word stands beside each where it means something.
import { html } from "./html.js";

const LINES = {
  stored: "M3 8.5l3.2 3.2L13 5",
  refused: "M4 4l8 8M12 4l-8 8",
  waiting: "M8 4v4l3 2",
  pause: "M6 4v8M10 4v8",
  play: "M5 3.5l7 4.5-7 4.5z",
  search: "M7 3a4 4 0 100 8 4 4 0 000-8zM10 10l3.5 3.5",
  link: "M7 9a3 3 0 004 0l2-2a3 3 0 00-4-4L8 4M9 7a3 3 0 00-4 0L3 9a3 3 0 004 4l1-1",
  copy: "M6 6h7v7H6zM3 10V3h7",
  closed: "M6 4l4 4-4 4",
  close: "M4 4l8 8M12 4l-8 8",
  add: "M8 3v10M3 8h10",
  warning: "M8 2.5l6 11H2zM8 6.5v3M8 11.4v.2",
};

export const Icon = ({ name }) =>
  html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
    <path d=${LINES[name]} />
  </svg>`;
