import { commitPoint, type Database } from '#platform/db';
import type { ProviderEvent, SignedRequest, PaymentProvider } from '../../payment-provider.ts';
import { requestDrainIn, type DrainRequestParts } from '../fetching/request-drain.ts';
import { type StoredEvent, insertEvent } from '../store/events.ts';

const RECEIVED = commitPoint(
  'billing.received',
  'a message of a payment provider, the mark on its object and the job that looks at it',
);

export interface ReceiveParts extends DrainRequestParts {
  readonly db: Database;
}

/** Keeps a message that a payment provider has signed. Throws `webhook_forged` for any other. Resolves when it can be answered. */
export async function receiveEvent(
  parts: ReceiveParts,
  provider: PaymentProvider,
  raw: SignedRequest,
): Promise<void> {
  const event = await provider.verify(raw);
  await storeEvent(parts, provider, { ...event, body: raw.body, via: 'webhook' });
}

/** Keeps a message that was found by asking; answers whether it was news. */
export function receiveFoundEvent(
  parts: ReceiveParts,
  provider: PaymentProvider,
  event: ProviderEvent & { readonly body: string },
): Promise<boolean> {
  return storeEvent(parts, provider, { ...event, via: 'reconciler' });
}

/** In one commit. What came before changes nothing. */
async function storeEvent(
  parts: ReceiveParts,
  provider: PaymentProvider,
  message: StoredEvent,
): Promise<boolean> {
  const providerMode = { provider: provider.name, mode: provider.mode };
  const isNew = await parts.db.system('billing.inbox', RECEIVED, async (tx) => {
    const [stored] = await tx.run(insertEvent(providerMode, message));
    if (stored !== undefined && stored.kind !== null) await requestDrainIn(parts, tx, providerMode);
    return stored !== undefined;
  });
  if (isNew) parts.jobs.wake();
  return isNew;
}
