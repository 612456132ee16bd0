import type { Stripe } from 'stripe';

/**
 * The package, for all who need it. It is loaded when it is first asked for: its 200 modules cost a start 0.1 s of CPU and 12 MB, and
 * a process that sells nothing needs none of them. Two that ask at once load it once.
 */
export async function loadStripe(): Promise<typeof Stripe> {
  return (await import('stripe')).Stripe;
}
