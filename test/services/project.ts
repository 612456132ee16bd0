import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Database,
  dumpEmbedded,
  type Migration,
  migrateUp,
  migrationsIn,
  openDatabase,
} from '#platform/db';

const SOURCE = join(import.meta.dirname, '../../src');

/** Modules from the bottom of the house up: within one number, migrations are applied in this order. */
const PLATFORM = [
  'db',
  'secrets',
  'idempotency',
  'mail',
  'audit',
  'webhooks',
  'identity',
  'accounts',
  'sso',
  'entitlements',
  'limits',
  'jobs',
  'billing',
  'reports',
  'erasure',
  'ai',
  'product',
];

/** The project's migrations, as they lie in the folders of its modules. */
export function projectMigrations(): Migration[] {
  const products = readdirSync(join(SOURCE, 'products'), { withFileTypes: true });
  const folders = [
    ...PLATFORM.map((name) => ({ name, folder: join(SOURCE, 'platform', name) })),
    ...products
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => ({ name, folder: join(SOURCE, 'products', name) })),
  ];
  return folders
    .filter(({ folder }) => existsSync(join(folder, 'migrations')))
    .flatMap(({ name, folder }) => migrationsIn(name, pathToFileURL(join(folder, 'index.ts')).href));
}

/** Migrates the template database of a PostgreSQL. */
export async function migrateTemplate(url: string): Promise<void> {
  const db = await openDatabase({ engine: 'postgres', url });
  try {
    await migrateUp(db, projectMigrations());
  } finally {
    await db.close();
  }
}

/** A migrated embedded database as bytes: loading it is quicker than migrating anew. */
export function dumpTemplate(): Promise<Uint8Array<ArrayBuffer>> {
  return dumpEmbedded(async (db: Database) => {
    await migrateUp(db, projectMigrations());
  });
}
