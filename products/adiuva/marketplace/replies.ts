import { namedObject } from 'plinth/product';
import { z } from 'zod';
import { type PluginManifest } from './review/manifest.ts';

export const instant = z.iso.datetime();
export const permissions = z.array(z.string());
export const removedBecause = z.string().nullable().describe('It was removed: delete what you have of it.');

export const developerKey = namedObject('DeveloperKey', {
  id: z.uuid(),
  name: z.string(),
  public_key: z.string().describe('PEM.'),
  revoked_at: instant.nullable(),
  created_at: instant,
});

const finding = namedObject('PackageFinding', {
  file: z.string().optional(),
  line: z.int().optional(),
  code: z.string(),
  text: z.string(),
});

const check = namedObject('PackageCheck', {
  check: z.string(),
  hard: z.boolean().describe('While it fails, nobody approves.'),
  passed: z.boolean(),
  findings: z.array(finding),
});

export const versionState = z.enum([
  'pending_upload',
  'pending_review',
  'approved',
  'rejected',
  'withdrawn',
  'removed',
]);

export const ownVersion = namedObject('DeveloperPluginVersion', {
  version: z.string(),
  state: versionState,
  sha256: z.string(),
  bytes: z.int(),
  permissions,
  price_cents: z.int(),
  key_id: z.uuid().nullable(),
  is_blocked: z.boolean().describe('A hard check failed.'),
  checklist: z.array(check).nullable().describe('null: not checked yet.'),
  notes: z.string().nullable().describe('Of the review.'),
  submitted_at: instant.nullable(),
  reviewed_at: instant.nullable(),
  created_at: instant,
});

/** What developers and customers see of a plugin alike. */
export const plugin = {
  id: z.string(),
  name: z.string(),
  category: z.string(),
  price_cents: z.int().describe('Minor units, before tax; 0: it is free.'),
  currency: z.string(),
  installs: z.int().describe('Accounts that have ever installed it.'),
  published_at: instant.nullable(),
};

export const ownPlugin = namedObject('DeveloperPlugin', {
  ...plugin,
  state: z.enum(['draft', 'offered', 'withdrawn', 'removed']),
  is_payable: z.boolean().describe('false: it is paid, and you can’t be paid yet. It is not offered.'),
  version: z.string().nullable().describe('That is published; null: none yet.'),
  ratings: z.int(),
  stars: z.int().describe('Of all ratings together.'),
  removed_because: z.string().nullable(),
  created_at: instant,
});

export const ok = async (work: Promise<void>) => {
  await work;
  return { ok: true };
};

/** What a reply has of a row. */
export const shownBy = (reply: z.ZodObject, row: object) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => Object.hasOwn(reply.shape, name)));

/** For the docs, as what follows. */
export const AT = '2026-11-02T09:30:00.000Z';
export const KEY_EXAMPLE = {
  id: '01932c07-1f6e-7d0a-8b9a-2f6d3c1e5a40',
  name: 'Release machine',
  public_key:
    '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGrcPfgUsBYAaG0mq8Bw+5a821m3Ergg2VttxkvmoiP0=\n-----END PUBLIC KEY-----\n',
  revoked_at: null,
  created_at: AT,
};
const PRICED = { id: 'day-planner', name: 'Day planner', category: 'productivity', price_cents: 500 };
export const MANIFEST_EXAMPLE: PluginManifest = {
  ...PRICED,
  description: 'Plans your day.',
  version: '1.2.0',
  author: 'Ada Lovelace',
  permissions: ['read_tasks', 'network:api.example.org'],
};
export const SHA256_EXAMPLE = '5f1d3c0e2b7a4d6f8e9c1a2b3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60';
/** By the key of the example, over the digest of the example. */
export const SIGNATURE_EXAMPLE =
  'ByI2mvPik8d1OA/asOj8y1I8FKM4HrjVOmEfcUi7a/yzBZiSI66VJVtRZkHQcbT2iTDMXADVqvzl5jGv9rSLDQ==';
const UNREVIEWED = { is_blocked: false, notes: null, submitted_at: AT, reviewed_at: null, created_at: AT };
export const VERSION_EXAMPLE = {
  version: '1.2.0',
  state: 'pending_review',
  sha256: SHA256_EXAMPLE,
  bytes: 48_211,
  permissions: MANIFEST_EXAMPLE.permissions,
  price_cents: 500,
  key_id: KEY_EXAMPLE.id,
  checklist: [{ check: 'archive', hard: true, passed: true, findings: [] }],
  ...UNREVIEWED,
};
const UNSOLD = {
  installs: 0,
  ratings: 0,
  stars: 0,
  removed_because: null,
  published_at: null,
  created_at: AT,
};
export const PLUGIN_EXAMPLE = {
  ...PRICED,
  ...UNSOLD,
  currency: 'eur',
  state: 'draft',
  is_payable: false,
  version: null,
};
export const PLUGIN = { params: { id: 'day-planner' } };
export const byId = { params: { id: 'text' } } as const;
