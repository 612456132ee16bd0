import { createHash, type KeyObject, sign } from 'node:crypto';
import { generateKeyPairSync } from 'node:crypto';
import { statement } from '#platform/db';
import type { AccountId } from '#platform/kernel';
import { PLATFORM_ACCOUNT } from '#platform/queue';
import { canonicalBytes } from '#platform/signing';
import { developerKey } from '@plinth/testkit/fixtures/marketplace/packages';
import type { TestApp } from '@plinth/testkit/services/app';

/** A published plugin; it is free unless it says otherwise. */
export interface Published {
  readonly id: string;
  readonly developer: AccountId;
  readonly version?: string;
  readonly permissions?: readonly string[];
  readonly price?: number;
  readonly bytes?: Uint8Array;
  readonly name?: string;
  readonly category?: string;
}

const developer = developerKey();
/** The key of the marketplace, as `GET /.well-known/plugin-keys` has it. */
export const marketKey = generateKeyPairSync('ed25519');
const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });
export const MARKET_KEY_ID = createHash('sha256').update(spki(marketKey.publicKey)).digest('hex');

/** Puts a version on offer as an approval does. Another one of the same plugin takes its place. */
export async function publish({ app, db }: Pick<TestApp, 'app' | 'db'>, plugin: Published): Promise<void> {
  const {
    id,
    version = '1.0.0',
    permissions = [],
    price = 0,
    bytes = Buffer.from(`package of ${id}`),
  } = plugin;
  const { name = id, category = 'notes' } = plugin;
  const file = {
    accountId: PLATFORM_ACCOUNT,
    filename: `${id}.zip`,
    type: 'application/zip',
    purpose: 'plugin',
    bytes,
  };
  const blob = await app.modules.blobs.of('adiuva').put(file);
  const signed = { plugin_id: id, version, sha256: blob.sha256, public_key: developer.pem };
  const countersignature = {
    key_id: MARKET_KEY_ID,
    signed,
    signature: sign(null, canonicalBytes(signed), marketKey.privateKey).toString('base64'),
  };
  await db.asMigrator(
    statement(
      `insert into adiuva.plugins (id, folded, developer, state, is_payable, version, name, description, author, category, permissions, price_cents, currency, published_at)
       values ($1, $1, $2, 'offered', true, $3, $4, 'It does things.', 'Ada', $5, $6::text[], $7, 'eur', app.now())
       on conflict (id) do update set version = $3, permissions = $6::text[]`,
      [id, plugin.developer, version, name, category, permissions, price],
    ),
  );
  await db.asMigrator(
    statement(
      `insert into adiuva.plugin_versions (plugin_id, version, id, numbers, developer, state, manifest, permissions, sha256, bytes, public_key, signature, blob_id, countersignature, reviewed_at)
       values ($1, $2, $3, $4::int[], $5, 'approved', '{}', $6::text[], $7, $8, $9, $10, $11, $12::text::jsonb, app.now())`,
      [
        id,
        version,
        app.modules.ids.next(),
        version.split('.').map(Number),
        plugin.developer,
        permissions,
        blob.sha256,
        bytes.length,
        developer.pem,
        Buffer.from(developer.sign(bytes)).toString('base64'),
        blob.id,
        JSON.stringify(countersignature),
      ],
    ),
  );
}

/** A developer who can be paid, and was never asked who they are. */
export async function developerIn({ db, customer }: Pick<TestApp, 'db' | 'customer'>): Promise<AccountId> {
  const { accountId } = await customer();
  await db.asMigrator(
    statement(
      `insert into billing.payees (account_id, mode, store_id, state) values ($1, 'sandbox', $2, 'payable')`,
      [accountId, `acct_${accountId}`],
    ),
  );
  return accountId;
}
