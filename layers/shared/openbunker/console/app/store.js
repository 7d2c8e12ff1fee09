// A value that several parts of the page look at, and the hook that looks. Knows no view.
import { useState, useEffect } from "./html.js";

// A value with `get`, `set` and `watch`; watchers hear of it when it became another one.
export function store(first) {
  let value = first;
  const watchers = new Set();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const watcher of [...watchers]) watcher(next);
    },
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

export function useStore(one) {
  const [value, seen] = useState(one.get());
  useEffect(() => {
    seen(one.get());
    return one.watch(seen);
  }, [one]);
  return value;
}
