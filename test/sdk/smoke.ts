import {
  browserSession,
  createClient,
  LimitExceeded,
  memorySession,
  NoAnswer,
  PlanRequired,
} from '@plinth/sdk';
import { createVault, memoryStore, openVault } from '@plinth/sdk/vault';

/** Where the server is, and whose key there is. */
export interface Smoke {
  readonly baseUrl: string;
  /** The key of a customer with `reel.basic` and `adiuva.team`. */
  readonly apiKey: string;
  /** Email of a user who signs up. */
  readonly email: string;
  /** Whether this runs in a page, where a session outlives its client. */
  readonly isPage: boolean;
}

/** A little of all that the client does, as one who has installed it would write it. The same in every runtime. */
export async function smoke({ baseUrl, apiKey, email, isPage }: Smoke): Promise<Record<string, unknown>> {
  const client = createClient({ baseUrl, apiKey });
  const { generation_id: id } = await client.reel.create({ platform: 'linkedin', topic: 'Ship faster' });
  const told: string[] = [];
  for await (const { event } of client.reel.events(id)) told.push(event);
  let said = '';
  const messages = [{ role: 'user', content: 'Say hello.' }];
  for await (const { choices } of client.ai.chatStream({ model: 'small', messages }))
    said += choices[0]?.delta.content ?? '';

  const chat = { product: 'gateway', feature: 'external' };
  const worked = await client.withPermit(chat, async (permit) => {
    permit.spent({ cost_micros: 5 });
    return permit.signal.aborted ? 'lost' : 'done';
  });
  const held = await Promise.all([client.permits.take(chat), client.permits.take(chat)]);
  const hasty = createClient({ baseUrl, apiKey, retries: { max: 0 } });
  const denied: unknown = await hasty.permits.take(chat).catch((error: unknown) => error);
  for (const permit of held) await client.permits.release(permit.permit_id);

  const memory = memorySession();
  const session = () => (isPage ? browserSession() : memory);
  const visitor = createClient({ baseUrl, session: session() });
  const signedUp = await visitor.auth.signUp({ email, password: 'Analytical-Engine-1843' });
  const me = await createClient({ baseUrl, session: session() }).me.get();
  const lacking: unknown = await visitor.reel
    .create({ platform: 'x', topic: 'Ship faster' })
    .catch((error: unknown) => error);
  await visitor.auth.signOut();
  const nowhere = createClient({ baseUrl: 'http://127.0.0.1:9', apiKey, retries: { max: 1, base: 1 } });
  const lost: unknown = await nowhere.me.get().catch((error: unknown) => error);

  const { id: accountId } = await client.call('GET /v1/account', {});
  const device = () => ({ client, accountId, store: memoryStore() });
  const lock = { passphrase: 'Analytical Engine', cost: { memory: 19_456, passes: 2, lanes: 1 } };
  const { vault } = await createVault(device(), lock);
  const note = await vault.put('notes', 'Ship faster');
  await vault.sync();
  const elsewhere = await openVault(device(), lock);
  await elsewhere.sync();

  return {
    kept: (await elsewhere.get('notes', note))?.value,
    last: told.at(-1),
    variants: told.filter((event) => event === 'variant').length,
    said: said.length > 0,
    worked,
    denied: denied instanceof LimitExceeded && [
      denied.limit,
      denied.retryAfter,
      denied.requestId !== undefined,
    ],
    signedUp: signedUp.status,
    isMe: me.email === email,
    lacking: lacking instanceof PlanRequired && lacking.upgrade,
    isSignedIn: await visitor.auth.isSignedIn(),
    lost: lost instanceof NoAnswer,
  };
}
