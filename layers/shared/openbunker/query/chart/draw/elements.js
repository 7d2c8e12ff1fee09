// Elements and colours. Text goes in as text alone.

export function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

export const style = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const colour = (index) => style(`--c${Math.min(index, 8)}`);

export function swatch(index) {
  const made = element("i");
  made.style.background = colour(index);
  return made;
}
