// The rows of an answer as series over its dates: one for each group and measure. Pure.
import { named } from "./words.js";

const MOST_SERIES = 8;

// The dates in seconds, and the series from the largest to the smallest.
export function series({ chart, columns, rows }) {
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

// As many series as can be told apart; the rest is summed up where that means something.
export function folded(all, chart, say, below) {
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
  return [...kept, { name: `other (${rest.length})`, column: kept[0].column, values }];
}
