import { Stripe } from 'stripe';
import type { StripeSandbox } from '../index.ts';

/** The official package, as it is used with Stripe itself, at a sandbox. */
export function packageAt(
  { secretKey, url }: Pick<StripeSandbox, 'secretKey' | 'url'>,
  more: Stripe.StripeConfig = {},
): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(secretKey, { host: hostname, port: Number(port), protocol: 'http', ...more });
}
