// Series over time, as lines or bars, drawn by uPlot; a second axis where measures differ.
import { colour, element, style, swatch } from "./elements.js";
import { scales } from "./measures.js";
import { folded, series } from "./series.js";
import { short, told } from "./words.js";

const DAY_SECONDS = 86400,
  FEW = 40,
  LETTER_PIXELS = 7.5;

// What is counted by days or more has no hours on its axis.
const DAYS = [1, 2, 3, 7, 14, 28, 56, 91, 182, 365, 730].map((days) => days * DAY_SECONDS);

const axis = () => ({
  stroke: style("--soft"),
  grid: { stroke: style("--line"), width: 1 },
  ticks: { stroke: style("--line"), width: 1 },
  font: "12px system-ui, sans-serif",
});

// As wide as its longest label.
const valueAxis = (scale, side) => ({
  ...axis(),
  scale,
  side,
  ...(side === 1 ? { grid: { show: false } } : {}),
  size: (_, labels) => 18 + LETTER_PIXELS * Math.max(2, ...(labels || []).map((one) => one.length)),
  values: (_, ticks) => ticks.map((tick) => short(tick)),
});

const valueScale = () => ({
  range: (_, low, high) => {
    const top = high === null ? 1 : high,
      bottom = low === null ? 0 : low;
    const [a, b] = uPlot.rangeNum(Math.min(bottom, 0), Math.max(top, 0) || 1, 0.08, true);
    return [bottom >= 0 ? 0 : a, b];
  },
});

// Bars that stand side by side: each series is moved by its share of a bucket.
const barPaths = (times, step, i, count) =>
  uPlot.paths.bars({
    size: [0.8 / count, 60],
    align: 1,
    gap: 1,
    disp: {
      x0: {
        unit: 1,
        values: () => times.map((time) => time - step * 0.4 + (step * 0.8 * i) / count),
      },
      size: { unit: 1, values: () => [(step * 0.8) / count] },
    },
  });

function drawn(one, i, { bars, times, step, count, scale }) {
  const plain = { label: one.name, scale, stroke: colour(i), spanGaps: false };
  if (!bars) {
    const points = { show: times.length < FEW, size: 5, fill: colour(i) };
    return { ...plain, width: 2, points, dash: scale === "y2" ? [6, 3] : undefined };
  }
  const paths = barPaths(times, step, i, count);
  return { ...plain, width: 0, points: { show: false }, fill: colour(i), paths };
}

function range(times, step, bars) {
  if (times.length === 1) return () => [times[0] - step / 2, times[0] + step / 2];
  return (_, low, high) => (bars ? [low - step / 2, high + step / 2] : [low, high]);
}

// The scale of each series: by its column, as all series of that column are drawn.
function scaleNames(shown, { chart, columns }) {
  const values = chart.computed.map((column) =>
    shown.filter((one) => one.column === column).flatMap((one) => one.values),
  );
  const on = scales(
    chart.computed.map((column) => columns[column]),
    values,
    chart.alike,
  );
  return shown.map((one) => (on[chart.computed.indexOf(one.column)] ? "y2" : "y"));
}

// What the legend says: the names, and under the pointer the values and when they were.
function lettering(shown, names, times, { legend, when, timezone }) {
  const options = { dateStyle: "medium", timeStyle: "short", timeZone: timezone };
  const date = new Intl.DateTimeFormat(undefined, options);
  const two = names.includes("y2");
  const entries = shown.map(() => element("span"));
  legend.replaceChildren(...entries);
  return (index) => {
    shown.forEach((one, i) => {
      const value = element("b", index === null ? "" : told(one.values[index]));
      const side = two && names[i] === "y2" ? " (right)" : "";
      entries[i].replaceChildren(swatch(i), one.name + side, value);
    });
    when.textContent = index === null ? "" : date.format(times[index] * 1000);
  };
}

const smallest = (times) => Math.min(...times.slice(1).map((time, i) => time - times[i]));

function optionsOf(chart, times, shown, names) {
  const bars = chart.type === "bar",
    two = names.includes("y2"),
    step = times.length > 1 ? smallest(times) : DAY_SECONDS;
  const all = { bars, times, step, count: shown.length };
  return {
    tzDate: (time) => uPlot.tzDate(new Date(time * 1000), chart.timezone),
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { x: true, y: false } },
    scales: {
      x: { time: true, range: range(times, step, bars) },
      y: valueScale(),
      ...(two ? { y2: valueScale() } : {}),
    },
    axes: [
      { ...axis(), ...(step < DAY_SECONDS ? {} : { incrs: DAYS }) },
      valueAxis("y", 3),
      ...(two ? [valueAxis("y2", 1)] : []),
    ],
    series: [{}, ...shown.map((one, i) => drawn(one, i, { ...all, scale: names[i] }))],
  };
}

export function timeline(answer, { view, legend, when, say, below }) {
  const { chart } = answer,
    [times, all] = series(answer),
    shown = folded(all, chart, say, below),
    names = scaleNames(shown, answer);
  const letter = lettering(shown, names, times, { legend, when, timezone: chart.timezone });
  const hooks = { setCursor: [(plot) => letter(plot.cursor.idx ?? null)] };
  const size = () => ({ width: view.clientWidth, height: Math.max(view.clientHeight, 160) });
  view.replaceChildren();
  letter(null);
  // Its height is what the legend leaves, so the legend stands before.
  const options = { ...optionsOf(chart, times, shown, names), hooks, ...size() };
  const plot = new uPlot(options, [times, ...shown.map((one) => one.values)], view);
  return { resize: () => plot.setSize(size()), end: () => plot.destroy() };
}
