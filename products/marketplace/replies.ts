import { namedObject } from 'plinth/product';
import { z } from 'zod';

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

/** Fields of a plugin that developers and customers see alike. */
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

/** The fields of a row that a reply has. */
export const shownBy = (reply: z.ZodObject, row: object) =>
  Object.fromEntries(Object.entries(row).filter(([name]) => Object.hasOwn(reply.shape, name)));

export const byId = { params: { id: 'text' } } as const;
