// Numbers, times and sizes in the words of whoever looks: their locale, their time zone.

const formats = new Map();

function format(kind, options) {
  const name = kind.name + JSON.stringify(options);
  if (!formats.has(name)) formats.set(name, new kind(undefined, options));
  return formats.get(name);
}

export const ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const DAY_MS = 86400000;

export function number(value) {
  if (value === null || value === undefined) return "–";
  const small = Math.abs(value) < 1 && value !== 0;
  const digits = small ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 2 };
  return format(Intl.NumberFormat, digits).format(value);
}

export const percent = (share) =>
  format(Intl.NumberFormat, { style: "percent", maximumFractionDigits: 1 }).format(share);

export const clock = (ms) =>
  format(Intl.DateTimeFormat, { ...CLOCK, fractionalSecondDigits: 3 }).format(ms);

// A time as short as it may be: the clock of today, and the day before it on all others.
export function shortTime(ms, now = Date.now()) {
  const near = Math.abs(now - ms) < DAY_MS && new Date(ms).getDate() === new Date(now).getDate();
  return near ? clock(ms) : fullTime(ms);
}

export function fullTime(ms) {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return String(ms);
  return format(Intl.DateTimeFormat, { dateStyle: "medium", timeStyle: "medium" }).format(ms);
}

const STEPS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

// How long ago something was, in its largest unit.
export function ago(ms, now = Date.now()) {
  const seconds = Math.round((ms - now) / 1000);
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) || ["second", 1];
  const words = format(Intl.RelativeTimeFormat, { numeric: "auto" });
  return words.format(Math.trunc(seconds / size), unit);
}

export function bytes(count) {
  const [unit, size] =
    count < 1024 ? ["byte", 1] : count < 1048576 ? ["kilobyte", 1024] : ["megabyte", 1048576];
  const options = { style: "unit", unit, maximumFractionDigits: 1 };
  return format(Intl.NumberFormat, options).format(count / size);
}

export const plural = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;
