import { commitPoint, type Database } from '#platform/db';
import type { Hint, RawMessage, Store } from '../../payment-provider.ts';
import { askForDrainIn, type AskingParts } from '../fetching/request-drain.ts';
import { type Message, storeMessage } from '../store/events.ts';

const RECEIVED = commitPoint(
  'billing.received',
  'a message of a store, the mark on its object and the job that looks at it',
);

export interface ReceivingParts extends AskingParts {
  readonly db: Database;
}

/** Keeps a message that a store has signed. Throws `webhook_forged` for any other. Resolves when it can be answered. */
export async function receive(parts: ReceivingParts, store: Store, raw: RawMessage): Promise<void> {
  await keep(parts, store, { ...store.verify(raw), body: raw.body, via: 'webhook' });
}

/** Keeps a message that was found by asking; answers whether it was news. */
export function found(
  parts: ReceivingParts,
  store: Store,
  hint: Hint & { readonly body: string },
): Promise<boolean> {
  return keep(parts, store, { ...hint, via: 'reconciler' });
}

/** In one commit. What came before changes nothing. */
async function keep(parts: ReceivingParts, store: Store, message: Message): Promise<boolean> {
  const shop = { store: store.name, mode: store.mode };
  const isNew = await parts.db.system('billing.inbox', RECEIVED, async (tx) => {
    const [stored] = await tx.run(storeMessage(shop, message));
    if (stored !== undefined && stored.kind !== null) await askForDrainIn(parts, tx, shop);
    return stored !== undefined;
  });
  if (isNew) parts.jobs.wake();
  return isNew;
}
