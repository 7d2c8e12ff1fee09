// Draws the answer that stands in the page as JSON. Text goes in through textContent alone;
// nothing is fetched. Needs uPlot before it.
(() => {
  "use strict";
  const page = JSON.parse(document.getElementById("answer").textContent);
  const { chart, columns, rows } = page;
  const root = document.documentElement;
  const view = document.getElementById("view");
  const legend = document.getElementById("legend");
  const note = document.getElementById("note");
  const MOST_SERIES = 8,
    MOST_BARS = 30;
  const below = chart.complete
    ? "all of them are in the data below"
    : "what was read of them is in the data below";
  const many = (count) => (chart.complete ? String(count) : `more than ${count}`);

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const dress = () => {
    root.dataset.theme = chart.theme === "auto" ? (dark.matches ? "dark" : "light") : chart.theme;
  };
  const style = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const colour = (i) => style("--c" + Math.min(i, 8));

  const exact = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
  const small = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
  const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
  const told = (value) =>
    value === null
      ? "–"
      : typeof value === "number"
        ? (Math.abs(value) < 1 ? small : exact).format(value)
        : typeof value === "string"
          ? value
          : JSON.stringify(value);
  // A group is a name also when it is a number: 2026 is no 2,026, and 1e-7 no 0.
  const sent = (value) => (typeof value === "number" ? String(value) : told(value));
  const named = (value) => (value === null ? "(none)" : value === "" ? "(empty)" : sent(value));

  const element = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const swatch = (i) => {
    const made = element("i");
    made.style.background = colour(i);
    return made;
  };

  function table() {
    const frame = element("div", undefined, "scroll"),
      made = element("table");
    const head = made.createTHead().insertRow(),
      body = made.createTBody();
    const numeric = columns.map(
      (_, i) =>
        rows.some((r) => typeof r[i] === "number") &&
        rows.every((r) => r[i] === null || typeof r[i] === "number"),
    );
    columns.forEach((name, i) => {
      const cell = element("th", name, numeric[i] ? "n" : "");
      cell.scope = "col";
      head.append(cell);
    });
    for (const row of rows) {
      const line = body.insertRow();
      row.forEach((value, i) => {
        const shown =
          i === chart.date && typeof value === "string"
            ? value.replace("T", " ")
            : (i < chart.computed[0] ? sent : told)(value);
        const cell = element("td", shown, numeric[i] ? "n" : value === null ? "null" : "text");
        if (typeof value === "string") cell.title = value;
        line.append(cell);
      });
    }
    frame.append(made);
    frame.tabIndex = 0;
    return frame;
  }

  function say(text) {
    note.textContent = text;
    note.hidden = !text;
  }

  function numbers() {
    const frame = element("div", undefined, "numbers");
    columns.forEach((name, i) => {
      const one = element("div");
      one.append(element("strong", told(rows[0][i])), element("span", name));
      frame.append(one);
    });
    view.replaceChildren(frame);
  }

  function categories() {
    const measured = chart.computed,
      first = measured[0];
    const groups = rows.map((row) => [row.slice(0, first).map(named).join(" · ") || "all", row]);
    const top = Math.max(...rows.flatMap((row) => measured.map((i) => row[i] || 0)), 0) || 1;
    const frame = element("div", undefined, "bars"),
      scroll = element("div", undefined, "scroll");
    for (const [name, row] of groups.slice(0, MOST_BARS)) {
      const label = element("div", name, "name"),
        line = element("div", undefined, "row");
      label.title = name;
      measured.forEach((column, i) => {
        const bar = element("div", undefined, "bar"),
          fill = swatch(i);
        fill.style.width = `calc((100% - 7em) * ${Math.max(row[column] || 0, 0) / top})`;
        bar.append(fill, element("span", told(row[column])));
        line.append(bar);
      });
      frame.append(label, line);
    }
    scroll.append(frame);
    view.replaceChildren(scroll);
    if (measured.length > 1)
      legend.replaceChildren(
        ...measured.map((column, i) => {
          const one = element("span");
          one.append(swatch(i), columns[column]);
          return one;
        }),
      );
    if (groups.length > MOST_BARS)
      say(`The first ${MOST_BARS} of ${many(groups.length)} groups; ${below}.`);
  }

  // One series for each group and computation, with a value or null at each date.
  function series() {
    const dates = [...new Set(rows.map((row) => row[chart.date]))];
    const at = new Map(dates.map((date, i) => [date, i]));
    const found = new Map();
    for (const row of rows)
      for (const column of chart.computed) {
        const values = row.filter((_, i) => i !== chart.date && i < chart.computed[0]);
        const key = JSON.stringify([column, values]); // 5 and "5" have one name, and are two groups
        const group = values.map(named);
        if (chart.computed.length > 1 || !group.length) group.push(columns[column]);
        const name = group.join(" · ");
        if (!found.has(key))
          found.set(key, { name, column, values: Array(dates.length).fill(null), weight: 0 });
        const one = found.get(key);
        one.values[at.get(row[chart.date])] = row[column];
        one.weight += Math.abs(row[column] || 0);
      }
    const order = dates.map((date, i) => [Date.parse(date) / 1000, i]).sort((a, b) => a[0] - b[0]);
    const all = [...found.values()].sort((a, b) => b.weight - a.weight);
    for (const one of all) one.values = order.map(([, i]) => one.values[i]);
    return [order.map(([time]) => time), all];
  }

  function folded(all) {
    if (all.length <= MOST_SERIES + 1) return all;
    const rest = all.slice(MOST_SERIES),
      kept = all.slice(0, MOST_SERIES);
    if (chart.computed.length > 1 || !chart.additive) {
      say(`The ${MOST_SERIES} largest of ${all.length} series; ${below}.`);
      return kept;
    }
    say(`${rest.length} smaller groups are summed up as “other”; ${below}.`);
    const values = rest[0].values.map((_, i) =>
      rest.reduce((sum, one) => sum + (one.values[i] || 0), 0),
    );
    return [...kept, { name: `other (${rest.length})`, values }];
  }

  let plot = null;
  function timeline() {
    const [times, all] = series(),
      shown = folded(all),
      bars = chart.type === "bar";
    const zone = (time) => uPlot.tzDate(new Date(time * 1000), chart.timezone);
    const axis = {
      stroke: style("--soft"),
      grid: { stroke: style("--line"), width: 1 },
      ticks: { stroke: style("--line"), width: 1 },
      font: "12px system-ui, sans-serif",
    };
    // Bars that stand side by side: each series is moved by its share of a bucket.
    const step =
      times.length > 1 ? Math.min(...times.slice(1).map((time, i) => time - times[i])) : 86400;
    const entries = shown.map(() => element("span"));
    const lettered = (plot_, index) =>
      shown.forEach((one, i) => {
        const label = element("b", index === null ? "" : told(one.values[index]));
        entries[i].replaceChildren(swatch(i), one.name, label);
        if (index !== null && i === 0) legend.dataset.at = index;
      });
    const size = () => ({ width: view.clientWidth, height: Math.max(view.clientHeight, 160) });
    const options = {
      ...size(),
      tzDate: zone,
      legend: { show: false },
      cursor: { points: { size: 7 }, drag: { x: true, y: false } },
      scales: {
        x: {
          time: true,
          range: (_, low, high) =>
            times.length === 1
              ? [times[0] - step / 2, times[0] + step / 2]
              : bars
                ? [low - step / 2, high + step / 2]
                : [low, high],
        },
        y: {
          range: (_, low, high) => {
            const top = high === null ? 1 : high,
              bottom = low === null ? 0 : low;
            const [a, b] = uPlot.rangeNum(Math.min(bottom, 0), Math.max(top, 0) || 1, 0.08, true);
            return [bottom >= 0 ? 0 : a, b];
          },
        },
      },
      axes: [
        axis,
        { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => short.format(tick)) },
      ],
      series: [
        {},
        ...shown.map((one, i) => ({
          label: one.name,
          stroke: colour(i),
          width: bars ? 0 : 2,
          spanGaps: false,
          points: { show: !bars && times.length < 40, size: 5, fill: colour(i) },
          ...(bars
            ? {
                fill: colour(i),
                paths: uPlot.paths.bars({
                  size: [0.8 / shown.length, 60],
                  align: 1,
                  gap: 1,
                  disp: {
                    x0: {
                      unit: 1,
                      values: () =>
                        times.map((time) => time - step * 0.4 + (step * 0.8 * i) / shown.length),
                    },
                    size: { unit: 1, values: () => [(step * 0.8) / shown.length] },
                  },
                }),
              }
            : {}),
        })),
      ],
      hooks: {
        setCursor: [
          (self) => {
            lettered(self, self.cursor.idx ?? null);
            const when = self.cursor.idx;
            document.getElementById("when").textContent =
              when === null || when === undefined
                ? ""
                : new Intl.DateTimeFormat(undefined, {
                    dateStyle: "medium",
                    timeStyle: "short",
                    timeZone: chart.timezone,
                  }).format(times[when] * 1000);
          },
        ],
      },
    };
    if (plot) plot.destroy();
    view.replaceChildren();
    legend.replaceChildren(...entries);
    lettered(null, null);
    plot = new uPlot(options, [times, ...shown.map((one) => one.values)], view);
    timeline.resize = () => plot.setSize(size());
  }

  function draw() {
    dress();
    if (!rows.length) {
      view.replaceChildren(
        element("div", "No events answer this question in this period.", "empty"),
      );
      return;
    }
    if (chart.type === "number") numbers();
    else if (chart.type === "table") view.replaceChildren(table());
    else if (chart.date === null) categories();
    else timeline();
  }

  draw();
  if (rows.length && chart.type !== "table" && chart.type !== "number") {
    const data = document.getElementById("data");
    data.hidden = false;
    data.addEventListener("toggle", () => {
      if (!data.open || data.querySelector("table")) return;
      data.append(table());
    });
  }
  dark.addEventListener("change", draw);
  addEventListener("resize", () => timeline.resize && plot && timeline.resize());
  root.dataset.drawn = chart.type;
})();
