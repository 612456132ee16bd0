/** What the sign-in page was opened with. */
interface Arrival {
  /** The code of a sign-in link. It stands after `#`, so that no log and no other page ever has it. */
  readonly link: string | null;
  /** What a browser brings back from a provider: a one-time code, or why there is none. */
  readonly code: string | null;
  readonly error: string | null;
}

/** It leaves the address before anything else is done. */
function readArrival(): Arrival {
  if (location.pathname !== '/app/sign-in') return NOTHING;
  const query = new URLSearchParams(location.search);
  const link = new URLSearchParams(location.hash.slice(1)).get('code');
  history.replaceState(null, '', location.pathname);
  return { link, code: query.get('code'), error: query.get('error') };
}

const NOTHING: Arrival = { link: null, code: null, error: null };
let arrival = readArrival();

/** It is good once, however often the page is drawn. */
export function takeArrival(): Arrival {
  const taken = arrival;
  arrival = NOTHING;
  return taken;
}

// Another link in the same tab only changes what stands after `#`: the page begins anew with it.
addEventListener('hashchange', () => {
  if (location.pathname === '/app/sign-in' && location.hash.startsWith('#code=')) location.reload();
});
