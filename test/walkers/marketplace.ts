import { statement } from '#platform/db';
import type { AccountId, UserId } from '#platform/kernel';
import type { TestApp } from '../services/app.ts';

/** A plugin that an account has sent, and one that it has installed. */
export async function makePlugins(
  { app, db }: TestApp,
  { accountId, userId }: { readonly accountId: AccountId; readonly userId: UserId },
): Promise<void> {
  const id = app.modules.ids.next();
  const rows = [
    `insert into adiuva.developers (account_id) values ($1) on conflict do nothing`,
    `insert into adiuva.developer_keys (account_id, id, name, public_key, created_by) values ($1, $2, 'a key', rpad($2::text, 43, 'A') || '=', $3)`,
    `insert into adiuva.plugins (id, folded, developer, state, version, name, description, author, category, price_cents, currency, published_at)
       values ($2::text, $2::text, $1, 'withdrawn', '1.0.0', 'A plugin', 'It does things.', 'Ada', 'tasks', 0, 'eur', app.now())`,
    `insert into adiuva.plugin_versions (plugin_id, version, id, numbers, developer, state, manifest, permissions, sha256, bytes, key_id, public_key, signature, reviewed_by)
       values ($2::text, '1.0.0', $2, '{1,0,0}', $1, 'approved', '{}', '{}', repeat('a', 64), 1, $2, 'key', 'signature', $3)`,
    `insert into adiuva.plugin_installs (account_id, plugin_id, is_installed, version) values ($1, $2::text, true, '1.0.0')`,
    `insert into adiuva.market_keys (id, kind, public_key, private_sealed, retired_at) values ($2::text, 'ed25519', 'key', 'sealed', app.now())`,
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
