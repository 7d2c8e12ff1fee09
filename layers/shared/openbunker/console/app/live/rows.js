// The rows of Live and how one is reached by keys. Every name in them is a stranger's: text.
import { html, useEffect, useRef } from "../html.js";
import { Icon } from "../icons.js";
import { fullTime, shortTime } from "../words.js";
import { Opened } from "./opened.js";

// Whose a row is, or why it was refused, as far as a line holds it.
const glimpse = (row) =>
  row.fate === "refused"
    ? row.message || row.field || ""
    : [row.customer_identifier, row.user_id].filter(Boolean).join(" · ");

function Row({ row, open, fresh, onToggle, onOpen }) {
  const name = row.name ?? row.reason;
  return html`<li class=${`row ${row.fate}${open ? " open" : ""}${fresh ? " fresh" : ""}`}>
    <button type="button" class="head" aria-expanded=${open} onClick=${onToggle}>
      <span class="fate"><${Icon} name=${row.fate} /><span class="word">${row.fate}</span></span>
      <time class="numeric" datetime=${iso(row.received_ms)} title=${fullTime(row.received_ms)}>
        ${shortTime(row.received_ms)}
      </time>
      <span class="title">${name}</span>
      <span class="glimpse">${glimpse(row)}</span>
      <span class="tag">${row.dialect}</span>
      <span class="key soft">${row.key}</span>
    </button>
    ${open && html`<${Opened} id=${row.event_id} onOpen=${onOpen} />`}
  </li>`;
}

const iso = (ms) => new Date(ms).toISOString();

// Up and down go from row to row; Home and End to the first and the last.
function move(event) {
  const step = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
  if (!step || !event.target.classList.contains("head")) return;
  const heads = [...event.currentTarget.querySelectorAll(".head")];
  const at = heads.indexOf(event.target) + step;
  event.preventDefault();
  heads[Math.max(0, Math.min(heads.length - 1, at))].focus();
}

export function Rows({ rows, fresh, openId, onToggle, onOpen }) {
  const list = useRef();
  // Whoever comes by a row's address sees that row.
  useEffect(() => {
    const open = list.current.querySelector(".row.open");
    if (open) open.scrollIntoView({ block: "nearest" });
  }, [openId, rows.length > 0]);
  return html`<ol class="rows" ref=${list} aria-label="Events, newest first" onKeyDown=${move}>
    ${rows.map(
      (row) =>
        html`<${Row}
          key=${row.event_id}
          row=${row}
          open=${row.event_id === openId}
          fresh=${fresh.has(row.event_id)}
          onToggle=${() => onToggle(row.event_id)}
          onOpen=${onOpen}
        />`,
    )}
  </ol>`;
}
