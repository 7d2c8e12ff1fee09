// What an answer has not, in the server's own words; nothing where it is whole.
import { html } from "../html.js";
import { Icon } from "../icons.js";

export function Lacks({ told }) {
  if (told.complete) return null;
  const advice = (told.incomplete || []).map((one) => one.advice);
  return html`<p class="note warn" role="status">
    <${Icon} name="warning" /> <span>Not complete. ${advice.join(" ")}</span>
  </p>`;
}
