// What a view asks for once: the answer, asked for again while nobody answers.
import { useEffect, useState } from "./html.js";
import { answered, failed } from "./connection.js";
import { mayRetry } from "./server.js";

const AGAIN_MS = 3000;

// The answer of `load(signal)`, null until it is there; asked anew when one of `on` changes.
export function useLoaded(load, on, onWrong) {
  const [state, tell] = useState(null);
  useEffect(() => {
    const ended = new AbortController();
    let timer = 0;
    const turn = async () => {
      try {
        const told = await load(ended.signal);
        if (ended.signal.aborted) return;
        answered();
        tell(told);
      } catch (error) {
        if (ended.signal.aborted) return;
        if (!mayRetry(error)) return onWrong(error);
        failed(error);
        timer = setTimeout(turn, AGAIN_MS);
      }
    };
    tell(null);
    turn();
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, on);
  return state;
}
