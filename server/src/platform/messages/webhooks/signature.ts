import { createHmac } from 'node:crypto';
import type { Random } from '#platform/kernel';

const PREFIX = 'whsec_';

/** A secret as the Standard Webhooks specification has it: `whsec_` and 32 random bytes in base64. */
export function newSecret(random: Random): string {
  return PREFIX + Buffer.from(random.bytes(32)).toString('base64');
}

export interface Signed {
  /** The event's id: the same at every attempt and replay, so that a receiver knows what it has seen. */
  readonly id: string;
  /** Epoch milliseconds of this attempt, so that a recorded delivery can't be played back for ever. */
  readonly at: number;
  readonly body: string;
}

/** The headers that prove where a message comes from (https://www.standardwebhooks.com): one signature for each secret. */
export function signatureHeaders({ id, at, body }: Signed, secrets: readonly string[]) {
  const timestamp = String(Math.floor(at / 1_000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}
