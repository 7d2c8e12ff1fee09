// What is copied from the page: a curl, lines of JSON, an address. Keys are named, never put in.
import { html, useState, useEffect } from "./html.js";
import { Icon } from "./icons.js";

// A text as one word of a shell.
export const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

// A curl that sends a request to this server; `headers` are lines of a shell, quoted already.
export function curl(path, { method, headers = [], body } = {}) {
  const words = [`curl ${quoted(location.origin + path)}`];
  if (method) words.push(`-X ${method}`);
  words.push(...headers.map((header) => `-H ${header}`));
  if (body !== undefined) {
    words.push(`-H ${quoted("content-type: application/json")}`, `-d ${quoted(body)}`);
  }
  return words.join(" \\\n  ");
}

export const QUERY_HEADER = '"x-eventbunker-query-key: $QUERY_KEY"';

async function put(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // A page that was not opened over https, or not by a click, has no clipboard of this kind.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "unseen";
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

// A button that copies what `text()` returns, and says so.
export function Copy({ text, children, icon = "copy" }) {
  const [done, told] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = setTimeout(() => told(false), 1600);
    return () => clearTimeout(timer);
  }, [done]);
  const click = async () => {
    await put(text());
    told(true);
  };
  return html`<button type="button" class="plain" onClick=${click}>
    <${Icon} name=${done ? "stored" : icon} /> ${done ? "Copied" : children}
    <span class="unseen" role="status">${done ? "Copied" : ""}</span>
  </button>`;
}
