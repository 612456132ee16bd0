import { newVerifier } from '@plinth/sdk/auth';

const KEPT = 'plinth.sign-in';

/** What is kept of a sign-in while its browser is at a provider, in this tab alone. */
interface Trip {
  /** Without it the code that comes back is worth nothing: another browser's code signs no user in here. */
  readonly verifier: string;
  /** The page that was wanted, of this console. */
  readonly wanted: string;
}

/** Sets out for a provider. Answers what its call is opened with. */
export async function setOut(): Promise<{ readonly return_to: string; readonly code_challenge: string }> {
  const { verifier, challenge } = await newVerifier();
  const trip: Trip = { verifier, wanted: location.pathname + location.search };
  sessionStorage.setItem(KEPT, JSON.stringify(trip));
  return { return_to: `${location.origin}/app/sign-in`, code_challenge: challenge };
}

/** The trip of a browser that is back; undefined where this tab has begun none. */
export function takeTrip(): Trip | undefined {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  return kept === null ? undefined : (JSON.parse(kept) as Trip);
}
