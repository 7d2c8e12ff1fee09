// Asking again and again: at once where something comes in, slower the longer nothing does and
// nobody moves, not at all while nobody looks. The hook that does so; knows no route.
import { useEffect, useRef } from "./html.js";

const AWAY_MS = 3000,
  IDLE_AFTER_MS = 60000;
// Pauses while somebody looks, and once nothing came and nobody moved: a question costs one machine
// some milliseconds, and a deployment money.
const PAUSES = { quick: [300, 5000], slow: [10000, 60000] };
// An answer that takes long is dear to whoever gives it: so many times as long is waited after it.
const SHARE = 2;

let moved = Date.now();
for (const name of ["pointermove", "pointerdown", "keydown", "focus", "wheel"])
  addEventListener(name, () => (moved = Date.now()), { passive: true, capture: true });

function pauseAfter({ failed, slow, lasted, quiet }) {
  if (failed) return AWAY_MS;
  const [busy, idle] = PAUSES[slow ? "slow" : "quick"];
  return Math.max(quiet > IDLE_AFTER_MS ? idle : busy, lasted * SHARE);
}

// Calls back when somebody looks again, or the network is there again; returns what ends that.
function onReturn(back) {
  document.addEventListener("visibilitychange", back);
  addEventListener("online", back);
  return () => {
    document.removeEventListener("visibilitychange", back);
    removeEventListener("online", back);
  };
}

// Runs `round(signal)` while `on`; it answers whether anything was new, and whether its server is
// `slow`. What it throws is told to `failed`, and asked again. A change of `again` begins anew.
export function usePolling(round, { on, failed, again }) {
  const latest = useRef();
  latest.current = { round, failed };
  useEffect(() => {
    if (!on) return undefined;
    const ended = new AbortController();
    let timer = 0,
      news = Date.now(),
      running = false,
      slow = false;
    const turn = async () => {
      clearTimeout(timer);
      if (running || ended.signal.aborted || document.hidden) return;
      running = true;
      const began = performance.now();
      let wrong = null;
      try {
        const told = await latest.current.round(ended.signal);
        slow = told.slow;
        if (told.news) news = Date.now();
      } catch (error) {
        wrong = error;
      }
      running = false;
      if (ended.signal.aborted) return;
      if (wrong && latest.current.failed(wrong) === "stop") return;
      const quiet = Date.now() - Math.max(moved, news);
      const lasted = performance.now() - began;
      timer = setTimeout(turn, pauseAfter({ failed: wrong !== null, slow, lasted, quiet }));
    };
    turn();
    const leave = onReturn(turn);
    return () => {
      ended.abort();
      clearTimeout(timer);
      leave();
    };
  }, [on, again]);
}
