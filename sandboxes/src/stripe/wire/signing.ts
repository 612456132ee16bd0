import { createHmac } from 'node:crypto';

export interface Signing {
  readonly body: string;
  readonly secret: string;
  /** Seconds since 1970. */
  readonly at: number;
}

/** The `Stripe-Signature` of a message (docs.stripe.com/webhooks#verify-manually). */
export function sign({ body, secret, at }: Signing): string {
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
}
