import { createHash, timingSafeEqual } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { Clock } from '#platform/kernel';

export interface SignatureParts {
  /** Signing keys of the QStash account: `next` signs once the keys are rolled there. */
  readonly keys: { readonly current: string; readonly next: string };
  /** The URL that was published to, to the letter. */
  readonly url: string;
  readonly clock: Clock;
}

/** Seconds by which QStash's clock and ours may differ. */
const LEEWAY = 30;

/** Answers whether QStash has signed this very body, for this very URL, and not long ago. */
export type Verify = (signature: string | undefined, body: Uint8Array) => Promise<boolean>;

/** Upstash-Signature, as https://upstash.com/docs/qstash/howto/signature has it: a JWT with the body's hash among its claims. */
export function signatures({ keys, url, clock }: SignatureParts): Verify {
  const secrets = [keys.current, keys.next].map((key) => new TextEncoder().encode(key));
  return async (signature, body) => {
    if (signature === undefined) return false;
    const options = {
      algorithms: ['HS256'],
      issuer: 'Upstash',
      subject: url,
      clockTolerance: LEEWAY,
      currentDate: new Date(clock.now()),
      requiredClaims: ['exp', 'nbf', 'body'],
    };
    for (const secret of secrets) {
      const claims = await jwtVerify(signature, secret, options).then(
        ({ payload }) => payload,
        () => undefined,
      );
      if (claims !== undefined) return isHashOf(claims['body'], body);
    }
    return false;
  };
}

function isHashOf(claim: unknown, body: Uint8Array): boolean {
  if (typeof claim !== 'string') return false;
  const [said, found] = [Buffer.from(claim, 'base64url'), createHash('sha256').update(body).digest()];
  return said.length === found.length && timingSafeEqual(said, found);
}
