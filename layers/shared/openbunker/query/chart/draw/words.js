// Values of an answer in words: numbers in the reader's locale, groups as they were sent.

const exact = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const small = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });

export const short = (value) => compact.format(value);

export function told(value) {
  if (value === null) return "–";
  if (typeof value === "number") return (Math.abs(value) < 1 ? small : exact).format(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

// A group is a name also when it is a number: 2026 is no 2,026, and 1e-7 no 0.
export const sent = (value) => (typeof value === "number" ? String(value) : told(value));

export function named(value) {
  if (value === null) return "(none)";
  return value === "" ? "(empty)" : sent(value);
}
