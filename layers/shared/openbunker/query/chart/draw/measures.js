// Which measures may share a scale: those of one unit, as long as one does not flatten the other.
// Pure.

const APART = 20;
const COUNTED = /^count(_|$)/;
const FUNCTION = /^(sum|avg|median|p90|p95|p99|min|max)_/;

const unit = (column) => (COUNTED.test(column) ? "events" : column.replace(FUNCTION, ""));

const largest = (values) => Math.max(0, ...values.map((value) => Math.abs(value || 0)));

// For each measure the scale that it is drawn on, 0 or 1. `values` are a list for each of them;
// measures that are `alike` are one measure at different times.
export function scales(columns, values, alike) {
  if (alike) return columns.map(() => 0);
  const first = { unit: unit(columns[0]), size: largest(values[0]) };
  return columns.map((column, i) => {
    if (unit(column) !== first.unit) return 1;
    const size = largest(values[i]);
    const [less, more] = [Math.min(size, first.size), Math.max(size, first.size)];
    return less > 0 && more / less > APART ? 1 : 0;
  });
}

// Whether an answer tells of no event: nothing at all, or nothing but counts of 0 and no values.
export function nothing({ chart, columns, rows }) {
  const counts = chart.computed.some((i) => COUNTED.test(columns[i]));
  return rows.every((row) =>
    chart.computed.every((i) => row[i] === null || (counts && row[i] === 0)),
  );
}
