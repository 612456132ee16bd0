import { createClient } from '../../sdk/src/index.ts';
import { createVault, memoryStore, openVault } from '../../sdk/src/vault/index.ts';
import type { Stage } from './stage.ts';

const PASSPHRASE = 'four words chosen by dice';
const BACKUP = 'all that her machine has';

/** What a test looks at: her note on each device in the end, and what a new device restored. */
export interface VaultDemo {
  readonly laptop: unknown;
  readonly phone: unknown;
  readonly restored: string;
}

/** Two devices that keep notes in step, and a backup that comes back: all of it is encrypted before it leaves. */
export async function keepsAVault(
  { url, say }: Pick<Stage, 'url' | 'say'>,
  token: string,
): Promise<VaultDemo> {
  say('\nShe keeps her notes in step between two devices. The server has ciphertext alone.');
  const client = createClient({ baseUrl: url, apiKey: token, fetch: tellingFetch(say) });
  const { id: accountId } = await client.call('GET /v1/account', {});
  const device = () => ({ client, accountId, store: memoryStore() });
  const { vault: laptop } = await createVault(device(), { passphrase: PASSPHRASE });
  const id = await laptop.put('notes', { title: 'Offer for Acme' });
  await laptop.sync();
  const phone = await openVault(device(), { passphrase: PASSPHRASE });
  await phone.sync();
  say(`  her phone reads ${JSON.stringify((await phone.get('notes', id))?.value)}`);
  await phone.put('notes', { title: 'Offer for Acme', signed: true }, id);
  await phone.sync();
  await laptop.sync();
  const [onLaptop, onPhone] = [await laptop.get('notes', id), await phone.get('notes', id)];
  say(`  her laptop reads ${JSON.stringify(onLaptop?.value)}`);
  say('\nShe backs her machine up, and a new one restores it.');
  await laptop.backup(new Blob([BACKUP]).stream());
  const { content } = await (await openVault(device(), { passphrase: PASSPHRASE })).restore();
  const restored = await new Response(content).text();
  say(`  restored: ${restored}`);
  return { laptop: onLaptop?.value, phone: onPhone?.value, restored };
}

/** `fetch`, which tells each call in a line. */
function tellingFetch(say: Stage['say']): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const { pathname, search } = new URL(request.url);
    const response = await fetch(request);
    say(`  ${request.method} ${pathname}${search}   ${response.status}`);
    return response;
  };
}
