import { useSyncExternalStore } from 'react';
import { useTexts } from '../text/index.ts';

let now = Date.now();
const listeners = new Set<() => void>();
setInterval(() => {
  now = Date.now();
  for (const listener of listeners) listener();
}, 10_000);

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** How long ago, or in how long; the instant itself on hover, and for programs. What `isPast` is never said to come, however clocks differ. */
export function When({ at, isPast = false }: { readonly at: string; readonly isPast?: boolean }) {
  const { format } = useTexts();
  const present = useSyncExternalStore(subscribe, () => now);
  return (
    <time dateTime={at} title={format.instant(at)}>
      {format.relative(at, isPast ? Math.max(present, Date.parse(at)) : present)}
    </time>
  );
}
