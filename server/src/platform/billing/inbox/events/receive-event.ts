import { commitPoint, type Database } from '#platform/db';
import { AppError } from '#platform/kernel';
import type { ProviderEvent, SignedRequest, PaymentProvider } from '../../payment-provider.ts';
import { type ConnectedAccounts, noPayees, tellOfAccount } from '../connected-accounts.ts';
import { requestDrainIn, type DrainRequestParts } from '../fetching/request-drain.ts';
import { type StoredEvent, insertEvent } from '../store/events.ts';

const RECEIVED = commitPoint(
  'billing.received',
  'a message of a payment provider, the mark on its object and the job that looks at it',
);

export interface ReceiveParts extends DrainRequestParts {
  readonly db: Database;
  /** Is told of connected accounts; not there: no money is paid out here. */
  readonly connectedAccounts?: ConnectedAccounts | undefined;
}

/**
 * Keeps a message that a payment provider has signed, in the mode that it is of: a store tells of its sandbox at the same
 * address. Throws `webhook_forged` for any other, `connected_account_unknown` for one of an unknown connected account, and `not_found` where nothing
 * is sold. Resolves when it can be answered.
 */
export async function receiveEvent(
  parts: ReceiveParts,
  modes: readonly PaymentProvider[],
  raw: SignedRequest,
): Promise<void> {
  if (modes.length === 0) throw new AppError('not_found', { message: 'Nothing is sold at this store.' });
  for (const provider of modes) {
    const event = await verifyEvent(provider, raw);
    if (event === undefined) continue;
    const { account } = event;
    if (account !== undefined)
      await tellOfAccount(parts.connectedAccounts ?? noPayees, { ...event, account, mode: provider.mode });
    return void (await storeEvent(parts, provider, { ...event, body: raw.body, via: 'webhook' }));
  }
  throw new AppError('webhook_forged');
}

async function verifyEvent(
  provider: PaymentProvider,
  raw: SignedRequest,
): Promise<ProviderEvent | undefined> {
  try {
    const event = await provider.verify(raw);
    return isKeepable(event) ? event : undefined;
  } catch (error) {
    if (error instanceof AppError && error.code === 'webhook_forged') return undefined;
    throw error;
  }
}

/** PostgreSQL stores no NUL, and no provider uses one: such a message would be sent again for days. */
const isKeepable = ({ eventId, type, about, account }: ProviderEvent) =>
  ![eventId, type, about?.id, account].some((name) => name?.includes('\0'));

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
