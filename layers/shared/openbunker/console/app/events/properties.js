// Properties out of a sample of events: their paths, types, how often they are there, examples, and
// what a newer sample has that an older one had not. Pure.

const DEPTH = 5,
  EXAMPLES = 3,
  LONGEST = 60;

const kind = (value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

const inner = (value, path) =>
  value !== null && typeof value === "object" && !Array.isArray(value) && path.length < DEPTH;

function* leaves(value, path = []) {
  for (const [name, one] of Object.entries(value)) {
    const here = [...path, name];
    if (inner(one, here) && Object.keys(one).length) yield* leaves(one, here);
    else yield [here.join("."), one];
  }
}

function collected(rows) {
  const found = new Map();
  for (const row of rows)
    for (const [path, value] of leaves(row)) {
      if (!found.has(path)) found.set(path, { count: 0, types: {}, examples: new Set() });
      const one = found.get(path);
      one.count += 1;
      one.types[kind(value)] = (one.types[kind(value)] || 0) + 1;
      const text = JSON.stringify(value);
      if (one.examples.size < EXAMPLES && text.length <= LONGEST) one.examples.add(text);
    }
  return found;
}

function changes(path, types, before) {
  const old = before.get(path);
  if (!old) return ["new property"];
  return Object.keys(types)
    .filter((type) => type !== "null" && !(type in old.types))
    .map((type) => `now also ${type}`);
}

// One entry for each path. Nothing is called new where there is no older event to compare with.
export function properties(newer, older) {
  const all = collected([...newer, ...older]),
    now = collected(newer),
    before = collected(older);
  const count = newer.length + older.length;
  return [...all].map(([path, one]) => ({
    path,
    types: one.types,
    fill: one.count / count,
    examples: [...one.examples],
    changed: older.length && now.has(path) ? changes(path, now.get(path).types, before) : [],
  }));
}
