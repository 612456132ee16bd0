import { equalInConstantTime } from '#platform/kernel';
import type { Secrets } from '#platform/secrets';

/** Facts that a signed request of this server is bound to. Its bearer can change nothing of it. */
export type SignedFacts = {
  readonly id: string;
  /** Seconds since 1970. */
  readonly expires: number;
} & (
  | { readonly does: 'put'; readonly bytes: number; readonly type: string; readonly sha256: string }
  | { readonly does: 'part'; readonly part: number; readonly bytes: number }
  | { readonly does: 'get'; readonly filename: string; readonly type: string }
);

export interface Signer {
  sign(facts: SignedFacts): string;
  isSigned(facts: SignedFacts, signature: string): boolean;
}

const CONTEXT = 'blobs.signed-request';

/** Signs requests with the master keys: the newest signs, all are good. HMAC-SHA256, compared in constant time. */
export function createSigner(secrets: Pick<Secrets, 'derived'>): Signer {
  return {
    sign(facts) {
      const [signature] = secrets.derived(textOf(facts), CONTEXT);
      if (signature === undefined) throw new Error('there is no key to sign with');
      return signature;
    },
    isSigned: (facts, signature) =>
      secrets
        .derived(textOf(facts), CONTEXT)
        .reduce((found, one) => equalInConstantTime(one, signature) || found, false),
  };
}

/** As JSON: no value can reach into the next one. */
function textOf({ does, id, expires, ...facts }: SignedFacts): string {
  const rest = Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([does, id, expires, rest]);
}
