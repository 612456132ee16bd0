import { products } from '#products';
import type { GooglePlaySandbox } from '#sandbox/google-play';
import type { Facts } from '../../../server/src/platform/billing/facts.ts';
import { createGooglePlayClient } from '../../../server/src/platform/billing/providers/google-play/client.ts';
import { createGooglePlayProvider } from '../../../server/src/platform/billing/providers/google-play/provider.ts';

const reading = { takeToken: async () => {}, holdBack: async () => {}, signal: new AbortController().signal };

/** Reads purchases by Google's own packages, without a database. */
export function openPlayProvider({ url, packageName, serviceAccount }: GooglePlaySandbox) {
  const client = createGooglePlayClient({ url, packageName, serviceAccount: () => serviceAccount });
  const provider = createGooglePlayProvider({
    db: { system: () => Promise.reject(new Error('no database is asked')) } as never,
    client,
    mode: 'sandbox',
    push: { audience: '', email: '' },
    catalogues: products.map(({ catalogue }) => catalogue),
  });
  return {
    /** What a purchase is now. */
    async factsOf(token: string): Promise<Facts> {
      const ref = { kind: 'subscription', id: token } as const;
      return provider.read(ref, await provider.fetch(ref, reading));
    },
  };
}
