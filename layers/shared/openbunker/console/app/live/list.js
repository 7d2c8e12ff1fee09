// The list of Live: rows by id, newest first, none twice, and no more than a page can carry. Pure.

const CARRIED = 2000;

export const EMPTY = { rows: [], known: new Set(), cut: false, lacks: [] };

const newestFirst = (one, other) =>
  other.received_ms - one.received_ms || (other.event_id > one.event_id ? 1 : -1);

// The list with rows added; `news` are those that were not in it. `cut`: older ones are left out.
export function added(list, incoming) {
  const known = new Set(list.known);
  const news = incoming.filter((row) => !known.has(row.event_id) && known.add(row.event_id));
  if (!news.length) return { list, news };
  const rows = [...news, ...list.rows].sort(newestFirst);
  const cut = list.cut || rows.length > CARRIED;
  return { list: { ...list, rows: rows.slice(0, CARRIED), known, cut }, news };
}
