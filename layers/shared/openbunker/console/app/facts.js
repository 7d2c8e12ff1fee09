// What the server wrote into the page: its reasons with their advice, and its dialects.

const told = JSON.parse(document.getElementById("facts").textContent);

const REASONS = told.reasons;
export const DIALECTS = told.dialects;
export const adviceOn = (reason) => (REASONS[reason] ? REASONS[reason].advice : "");
