// Two answers to one question, now and the period before, as one table to draw. Pure.

const BEFORE = " before";

// The answer with the measure of the period before beside its own. Buckets are matched by their
// place from the end, groups by their values.
export function beside(now, then, dated) {
  const measure = now.columns.length - 1;
  const columns = [...now.columns, now.columns[measure] + BEFORE];
  const key = dated ? byPlace(then, measure) : (row) => JSON.stringify(row.slice(0, measure));
  const found = new Map(then.rows.map((row) => [key(row), row[measure]]));
  const mine = dated ? byPlace(now, measure) : key;
  const rows = now.rows.map((row) => [...row, found.get(mine(row)) ?? null]);
  return { ...now, columns, rows };
}

function byPlace({ rows }, measure) {
  const dates = [...new Set(rows.map((row) => row[0]))].sort(
    (a, b) => Date.parse(b) - Date.parse(a),
  );
  const place = new Map(dates.map((date, i) => [date, i]));
  return (row) => JSON.stringify([place.get(row[0]), ...row.slice(1, measure)]);
}

// The sums of a measure now and before, where a sum means something.
export function totals({ rows, columns }, summed) {
  if (!summed) return null;
  const [now, then] = [columns.length - 2, columns.length - 1].map((i) =>
    rows.reduce((sum, row) => sum + (row[i] || 0), 0),
  );
  return { now, then, change: then ? (now - then) / Math.abs(then) : null };
}
