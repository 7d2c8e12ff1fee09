// The days of a name as a row of bars, each name by its own largest day.
import { html } from "../html.js";
import { number } from "../words.js";

const STEP = 4,
  HEIGHT = 24,
  DAY_MS = 86400000;

// Days are of UTC, as the server counts them.
const dayOf = (ms) => new Date(ms).toISOString().slice(0, 10);

export function Sparkline({ daily, days }) {
  const counts = new Map(daily),
    now = Date.now();
  const all = Array.from({ length: days }, (_, i) => dayOf(now - (days - 1 - i) * DAY_MS));
  const values = all.map((day) => counts.get(day) || 0);
  const most = Math.max(...values, 1);
  const label = `${number(values.at(-1))} today, ${number(most)} on its largest day of ${days}`;
  return html`<svg
    class="sparkline"
    viewBox=${`0 0 ${days * STEP} ${HEIGHT}`}
    preserveAspectRatio="none"
    role="img"
    aria-label=${label}
  >
    ${values.map((value, i) => {
      const tall = value ? Math.max(1, (value / most) * HEIGHT) : 0;
      return html`<rect
        key=${i}
        x=${i * STEP}
        y=${HEIGHT - tall}
        width=${STEP - 1}
        height=${tall}
      />`;
    })}
  </svg>`;
}
