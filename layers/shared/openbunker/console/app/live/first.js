// Live before there is anything: how to send a first event, ready to paste. The page turns into the
// list by itself when it arrives.
import { html, useState } from "../html.js";
import { Copy, curl, quoted } from "../copying.js";

const KEY = "$WRITE_KEY";

// One for each dialect that a plain WRITE key speaks; title, path, header of the key, body.
const CURLS = [
  ["EventBunker", "/post", "x-eventbunker-write-key", { event_name: "signup", plan: "pro" }],
  [
    "Databuddy",
    `/?client_id=${KEY}`,
    null,
    { type: "custom", name: "purchase", properties: { value: 99.99 } },
  ],
  [
    "NanoSights",
    "/api/tags/custom",
    null,
    { projectKey: KEY, event_name: "ButtonClick", url: "https://shop.example/page" },
  ],
  ["Segment", "/v1/track", null, { writeKey: KEY, userId: "user-7", event: "Item Purchased" }],
  ["PostHog", "/i/v0/e/", null, { api_key: KEY, event: "Plan Chosen", distinct_id: "user-7" }],
];

function command([, path, header, body], key) {
  const headers = header ? [`"${header}: ${KEY}"`] : [];
  const text = curl(path, { headers, body: JSON.stringify(body) });
  if (key) return text.replaceAll(KEY, key.replaceAll(/[^\w-]/g, ""));
  return text
    .replaceAll(quoted(`${location.origin}${path}`), `"${location.origin}${path}"`)
    .replaceAll(`"${KEY}"`, `"'"${KEY}"'"`);
}

export function First() {
  const [key, setKey] = useState("");
  return html`<section class="first">
    <h1>No event yet</h1>
    <p>
      Send one, with any of these. This page is looking: it turns into the list when the first
      arrives.
    </p>
    <label class="field">
      <span>WRITE key, to fill it in below (it stays in this field)</span>
      <input
        autocomplete="off"
        spellcheck="false"
        placeholder="obw_…"
        value=${key}
        onInput=${(event) => setKey(event.target.value.trim())}
      />
    </label>
    ${CURLS.map(
      (one) =>
        html`<figure key=${one[0]}>
          <figcaption>
            <b>${one[0]}</b> <${Copy} text=${() => command(one, key)}>Copy<//>
          </figcaption>
          <pre tabindex="0">${command(one, key)}</pre>
        </figure>`,
    )}
  </section>`;
}
