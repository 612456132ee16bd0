import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import { PLATFORM_ACCOUNT } from '#platform/queue';
import type { TestApp } from '@plinth/testkit/services/app';

/** The key that the example of a version of a plugin is signed with. */
const PUBLIC_KEY =
  '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGrcPfgUsBYAaG0mq8Bw+5a821m3Ergg2VttxkvmoiP0=\n-----END PUBLIC KEY-----\n';

const MANIFEST = JSON.stringify({
  id: 'day-planner',
  name: 'Day planner',
  description: 'Plans your day.',
  version: '1.2.0',
  author: 'Ada Lovelace',
  permissions: [],
  category: 'productivity',
  price_cents: 0,
});

const plugin = (id: string, name: string, state: string) =>
  `insert into adiuva.plugins (id, folded, developer, state, version, name, description, author, category, price_cents, currency, published_at)
     values (${id}, ${id}, $1, '${state}', '1.0.0', '${name}', 'It does things.', 'Ada', 'productivity', 0, 'eur', app.now())
     on conflict (id) do update set developer = excluded.developer, state = excluded.state`;
const version = (
  pluginId: string,
  id: string,
  { number, state }: { readonly number: string; readonly state: string },
) =>
  `insert into adiuva.plugin_versions (plugin_id, version, id, numbers, developer, state, manifest, permissions, sha256, bytes, key_id, public_key,
       signature, reviewed_by, submitted_at)
     values (${pluginId}, '${number}', ${id}, '{${number.replaceAll('.', ',')}}', $1, '${state}', '${MANIFEST}', '{}', repeat('a', 64), 1, $2,
       '${PUBLIC_KEY}', 'signature', $3, app.now())
     on conflict (plugin_id, version) do update set id = excluded.id, developer = excluded.developer, state = excluded.state,
       key_id = excluded.key_id, reviewed_by = excluded.reviewed_by`;

/** Plugins that an account has sent, and one that it has installed. Those that examples of calls name are of whom this made last. */
export async function makePlugins(
  { app, db }: TestApp,
  { accountId, userId }: { readonly accountId: AccountId; readonly userId: UserId },
): Promise<void> {
  const { ids } = app.modules;
  const id = ids.next();
  const file = {
    filename: 'time-sheets.zip',
    type: 'application/zip',
    purpose: 'plugin',
    bytes: Buffer.from('PK'),
  };
  const blob = await app.modules.blobs.of('adiuva').put({ ...file, accountId: PLATFORM_ACCOUNT });
  const rows = [
    `insert into adiuva.developers (account_id) values ($1) on conflict do nothing`,
    `insert into adiuva.developer_keys (account_id, id, name, public_key, created_by) values ($1, $2, 'a key', '${PUBLIC_KEY}', $3) on conflict do nothing`,
    plugin('$2::text', 'A plugin', 'withdrawn'),
    version('$2::text', '$2', { number: '1.0.0', state: 'approved' }),
    plugin(`'day-planner'`, 'Day planner', 'withdrawn'),
    // That of the example of a call, which an earlier owner of the plugin has sent.
    `delete from adiuva.plugin_versions where plugin_id = 'day-planner' and version = '1.3.0'`,
    version(`'day-planner'`, `'${ids.next()}'`, { number: '1.1.0', state: 'rejected' }),
    version(`'day-planner'`, `'${ids.next()}'`, { number: '1.2.0', state: 'pending_review' }),
    plugin(`'bad-apple'`, 'Bad apple', 'withdrawn'),
    `insert into adiuva.plugin_installs (account_id, plugin_id, is_installed, version) values ($1, $2::text, true, '1.0.0')`,
    // Offered, and of a developer who is gone: anybody installs and rates it.
    plugin(`'time-sheets'`, 'Time sheets', 'offered')
      .replace('$1', 'null')
      .replace('developer = excluded.developer, ', ''),
    version(`'time-sheets'`, `'${ids.next()}'`, { number: '1.0.0', state: 'approved' }),
    `update adiuva.plugin_versions set developer = null, blob_id = '${blob.id}',
       countersignature = '{"key_id": "a", "signed": {}, "signature": "s"}' where plugin_id = 'time-sheets'`,
    `insert into adiuva.plugin_installs (account_id, plugin_id, is_installed, version) values ($1, 'time-sheets', true, '1.0.0') on conflict do nothing`,
    `insert into adiuva.market_keys (id, kind, public_key, private_sealed, retired_at) values ($2::text, 'ed25519', '${PUBLIC_KEY}', 'sealed', app.now())`,
  ];
  for (const sql of rows) {
    const named = [...new Set(sql.match(/\$[123]/g))].sort();
    const values = { $1: accountId, $2: id, $3: userId } as Readonly<Record<string, string>>;
    const typed = sql.replaceAll(/\$[123]/g, (name) => `$${named.indexOf(name) + 1}::uuid`);
    await db.asMigrator(
      statement(
        typed,
        named.map((name) => values[name]),
      ),
    );
  }
}
