import { lazyRouteComponent } from '@tanstack/react-router';
import { reach } from '../session.ts';

/** Milliseconds between two tries. */
const AGAIN = 3_000;

/**
 * A part of the console that is loaded when it is shown. While the server is not reached it waits, and the page that is shown stays. Where its
 * file is gone, as after an upgrade of the server, the page is loaded anew, once.
 */
export const lazyPart: typeof lazyRouteComponent = (load, name) =>
  lazyRouteComponent(() => load().catch(() => loadOnceReached(load)), name);

async function loadOnceReached<T>(load: () => Promise<T>): Promise<T> {
  while (!(await isReached())) await new Promise((resolve) => setTimeout(resolve, AGAIN));
  return load();
}

const isReached = (): Promise<boolean> =>
  reach('/healthz').then(
    () => true,
    () => false,
  );
