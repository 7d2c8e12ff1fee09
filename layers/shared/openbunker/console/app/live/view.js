// Live: what arrives, stored and refused, in one list that grows while somebody looks.
import { html, useEffect, useMemo, useState } from "../html.js";
import { go, useAddress } from "../address.js";
import { answered, failed } from "../connection.js";
import { Icon } from "../icons.js";
import { usePolling } from "../polling.js";
import { mayRetry } from "../server.js";
import { number, plural, ZONE } from "../words.js";
import { Filters } from "./filters.js";
import { First } from "./first.js";
import { EMPTY, added } from "./list.js";
import { Rows } from "./rows.js";
import { listed, opened, rowsSince } from "./source.js";

const NAMES = ["q", "name", "dialect", "key", "fate"];
const FRESH_MS = 2500;
const NOTHING = "Nothing that fits. New ones are shown as they come.";

// The list as it grows; `waiting` is what came while it was paused.
function useList(chosen, paused, onWrong) {
  const [list, setList] = useState(null);
  const [fresh, setFresh] = useState(new Set());
  const asked = JSON.stringify(chosen);
  const walk = useMemo(() => ({ next: null, list: EMPTY }), [asked]);
  useEffect(() => setList(null), [asked]);
  const round = async (signal) => {
    const first = walk.next === null;
    const { rows, next, lacks, full, slow } = await rowsSince(walk.next, chosen, signal);
    answered();
    walk.next = next;
    const grown = added({ ...walk.list, lacks, cut: walk.list.cut || full }, rows);
    walk.list = grown.list;
    setList(grown.list);
    setFresh(new Set(first ? [] : grown.news.map((row) => row.event_id)));
    return { news: grown.news.length > 0, slow };
  };
  usePolling(round, { on: !paused, failed: onWrong, again: asked });
  useEffect(() => {
    if (!fresh.size) return undefined;
    const timer = setTimeout(() => setFresh(new Set()), FRESH_MS);
    return () => clearTimeout(timer);
  }, [fresh]);
  return [list, fresh];
}

// The row that the address names, where the list has it not: of another day, or filtered out.
function useLinked(id, list) {
  const [row, setRow] = useState(null);
  const there = !id || (list && list.rows.some((one) => one.event_id === id));
  useEffect(() => {
    setRow(null);
    if (there || list === null) return undefined;
    const ended = new AbortController();
    opened(id, ended.signal)
      .then((found) => setRow(found ? listed(found) : { event_id: id, missing: true }))
      .catch(() => {});
    return () => ended.abort();
  }, [id, there, list === null]);
  return there ? null : row;
}

function Told({ list, filtered, paused }) {
  const count = list.rows.length,
    refused = list.rows.filter((row) => row.fate === "refused").length;
  const size = list.cut
    ? `The newest ${plural(count, "row", "rows")}`
    : plural(count, "event", "events");
  return html`<p class="soft told">
    <span class=${`pulse${paused ? " off" : ""}`} aria-hidden="true"></span>
    <span class="numeric" data-shown=${count}>
      ${size}${filtered ? " that fit" : ""} of the last 24 hours, ${number(refused)} of them
      refused. Times are of ${ZONE}.${" "} ${paused && html`<b>Paused: nothing new is shown.</b>`}
      ${list.lacks.map((one) => html`<b key=${one.reason}> Not all: ${one.advice}</b>`)}
    </span>
  </p>`;
}

function Linked({ row, ...more }) {
  if (!row) return null;
  if (row.missing)
    return html`<p class="note warn" role="status">
      <${Icon} name="warning" />
      <span>No event <code>${row.event_id}</code> is there, or this key does not see it.</span>
    </p>`;
  return html`<${Rows} rows=${[row]} ...${more} />`;
}

// "/" leads to the search, "p" pauses: but not while somebody types.
function useShortcuts(paused) {
  useEffect(() => {
    const press = (event) => {
      if (event.metaKey || event.ctrlKey || event.altKey) return;
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
      if (event.key === "/") {
        event.preventDefault();
        document.querySelector("input[name=q]").focus();
      }
      if (event.key === "p") go({ paused: paused ? "" : "1" }, { replace: true });
      if (event.key === "Escape") go({ open: "" });
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [paused]);
}

const different = (rows, name) => [...new Set(rows.map((row) => row[name]).filter(Boolean))].sort();

export function Live({ onWrong }) {
  const address = useAddress();
  const chosen = Object.fromEntries(NAMES.map((name) => [name, address[name] || ""]));
  const paused = address.paused === "1";
  const wrong = (error) => {
    if (!mayRetry(error)) return onWrong(error);
    failed(error);
    return "again";
  };
  const [list, fresh] = useList(chosen, paused, wrong);
  const linked = useLinked(address.open, list);
  useShortcuts(paused);
  const filtered = NAMES.some((name) => chosen[name]);
  if (list && !list.rows.length && !filtered && !linked) return html`<${First} />`;
  const rows = list ? list.rows : [];
  const same = {
    fresh,
    openId: address.open,
    onToggle: (id) => go({ open: address.open === id ? "" : id }),
    onOpen: (id) => go({ open: id }),
  };
  return html`<section aria-label="Live">
    <${Filters}
      chosen=${chosen}
      paused=${paused}
      names=${different(rows, "name")}
      keys=${different(rows, "key")}
    />
    ${!list && html`<p class="soft told">Asking…</p>`}
    ${list && html`<${Told} list=${list} filtered=${filtered} paused=${paused} />`}
    <${Linked} row=${linked} ...${same} />
    ${list && !rows.length && html`<p class="nothing soft">${NOTHING}</p>`}
    <${Rows} rows=${rows} ...${same} />
  </section>`;
}
