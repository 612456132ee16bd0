import { newVerifier } from '@plinth/sdk/auth';

const KEPT = 'plinth.sign-in';

/** What is kept of a sign-in while its browser is at a provider, in this tab alone. */
interface Trip {
  /** Without it the code that comes back is worth nothing: another browser's code signs no user in here. */
  readonly verifier: string;
  /** The page that was wanted, of this console. */
  readonly wanted: string;
}

/** Sets out for a provider, or for a mail, whose link opens in another tab. Answers what its call is opened with. */
export async function setOut(kept: Storage = sessionStorage) {
  const { verifier, challenge } = await newVerifier();
  const trip: Trip = { verifier, wanted: location.pathname + location.search };
  kept.setItem(KEPT, JSON.stringify(trip));
  return { return_to: `${location.origin}/app/sign-in`, code_challenge: challenge };
}

/** The trip of a browser that is back; undefined where this tab, or for a mail this browser, has begun none. */
export function takeTrip(from: Storage = sessionStorage): Trip | undefined {
  const trip = keptTrip(from);
  from.removeItem(KEPT);
  return trip;
}

/** The same; it stays, for a code may be typed wrongly. */
export function keptTrip(from: Storage): Trip | undefined {
  const kept = from.getItem(KEPT);
  return kept === null ? undefined : (JSON.parse(kept) as Trip);
}
