import {
  keySetReply,
  namedObject,
  namedUnion,
  okReply,
  pageOf,
  pageQuery,
  productRoutes,
  readKeySet,
} from 'plinth/product';
import { z } from 'zod';
import type { Market } from '../service.ts';
import * as replies from '../replies.ts';
import { byId, instant, ok, shownBy } from '../replies.ts';
import type { VersionRow } from '../store.ts';
import { manifestSchema } from './manifest.ts';

const route = productRoutes<Market>();
const tag = 'Adiuva review';
const operates = { tag, auth: 'admin', scope: 'admin:write', rate: { perMinute: 60, by: 'user' } } as const;
const sees = { ...operates, scope: 'admin:read', rate: { perMinute: 120, by: 'user' } } as const;
const open = { tag: 'Adiuva plugins', auth: 'none', rate: { perMinute: 600, by: 'ip' } } as const;

const file = namedObject('PackageFile', { path: z.string(), bytes: z.int(), sha256: z.string() });
const changedFile = namedObject('ChangedPackageFile', {
  path: z.string(),
  change: z.enum(['added', 'changed', 'removed']),
});

const reviewedVersion = namedObject('ReviewedPluginVersion', {
  ...replies.ownVersion.shape,
  manifest: manifestSchema,
  files: z.array(file).nullable().describe('null: not checked yet, or nothing to review.'),
  changed_files: z.array(changedFile).nullable().describe('Against the version that was approved last.'),
});

function shownReviewed(row: VersionRow): object {
  const { files = null, changed = null } = (row.state === 'pending_review' && row.files) || {};
  return shownBy(reviewedVersion, { ...row, files, changed_files: changed });
}

const pendingPlugin = namedObject('PendingPlugin', {
  id: z.string().describe('Of the plugin.'),
  version: z.string(),
  name: z.string(),
  developer: z.uuid().describe('The account.'),
  is_checked: z.boolean(),
  is_blocked: z.boolean(),
  submitted_at: instant,
});

export const listPending = route(
  'GET /v1/admin/plugins/pending',
  {
    ...sees,
    summary: 'List the versions that wait for review, the longest first',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(pendingPlugin) },
  },
  async ({ query }, { review }) => {
    const { data, next_cursor } = await review.pending(query);
    return { data: data.map((row) => shownBy(pendingPlugin, { ...row, id: row.plugin_id })), next_cursor };
  },
);

const reviewedPlugin = namedObject('ReviewedPlugin', {
  ...replies.ownPlugin.shape,
  author: z.string(),
  developer: z.uuid().nullable().describe('The account; null: it is gone.'),
  versions: z.array(reviewedVersion).describe('The highest first; the last 100.'),
});

export const readForReview = route(
  'GET /v1/admin/plugins/:id',
  {
    ...sees,
    ...byId,
    summary: 'Read a plugin with its versions, checklists and the files that changed',
    reply: { 200: reviewedPlugin },
    errors: ['plugin_not_found'],
  },
  async ({ params }, { review }) => {
    const { plugin, versions } = await review.read(params.id);
    return shownBy(reviewedPlugin, { ...plugin, versions: versions.map(shownReviewed) });
  },
);

const notes = z.string().trim().min(1).max(2_000);
const version = z.string().max(40);

export const reviewPlugin = route(
  'POST /v1/admin/plugins/:id/reviews',
  {
    ...operates,
    ...byId,
    idempotency: 'none',
    summary: 'Approve or reject a version',
    description:
      'While a hard check fails, or the package is not checked, nobody approves; nobody reviews a plugin of an account that they belong to. An approved version is signed and offered. It takes no Idempotency-Key: the same decision again changes nothing.',
    body: namedUnion('ReviewPluginRequest', [
      namedObject('ApprovePluginRequest', {
        version,
        decision: z.literal('approve'),
        notes: notes.optional(),
      }),
      namedObject('RejectPluginRequest', {
        version,
        decision: z.literal('reject'),
        notes: notes.describe('The reason: the developer is told it by mail.'),
      }),
    ]),
    reply: { 200: reviewedVersion },
    errors:
      'plugin_version_not_found plugin_version_not_waiting plugin_version_not_above plugin_own_review plugin_not_checked plugin_blocked plugin_name_taken developer_key_revoked blob_not_found blob_gone storage_unavailable'.split(
        ' ',
      ),
  },
  async (call, { review }) => shownReviewed(await review.review(call, call.params.id, call.body)),
);

export const removePlugin = route(
  'DELETE /v1/admin/plugins/:id',
  {
    ...operates,
    ...byId,
    summary: 'Remove a plugin',
    description:
      'Nobody installs it from then on, all of its published versions are in `GET /v1/plugins/revoked`, its packages are deleted, and the managers of all accounts that have it are told the reason by mail.',
    body: namedObject('RemovePluginRequest', { reason: notes }),
    reply: { 200: okReply },
    errors: ['plugin_not_found'],
  },
  (call, { review }) => ok(review.remove(call, call.params.id, call.body.reason)),
);

export const rotateMarketKey = route(
  'POST /v1/admin/plugins/signing-keys',
  {
    ...operates,
    rate: { perMinute: 6, by: 'user' },
    summary: 'Rotate the key that signs approvals and the list of removed plugins',
    description: 'The former one signs no more, and verifies what it signed for ever.',
    reply: {
      201: namedObject('PluginSigningKey', { key_id: z.string(), kind: z.enum(['rsa-4096', 'ed25519']) }),
    },
  },
  ({ once }, { signing }) => signing.keys.rotate('ed25519', once),
);

export const listPluginKeys = route(
  'GET /.well-known/plugin-keys',
  {
    ...open,
    summary: 'List the public keys that verify plugins and the list of removed ones',
    description:
      'A JWK Set; each key has its PEM too. Former keys stay listed: their signatures remain valid.',
    reply: { 200: keySetReply('Plugin') },
  },
  (_call, { signing }) => readKeySet(signing.keys),
);

const revokedPlugin = namedObject('RevokedPlugin', {
  id: z.string(),
  version: z.string(),
  sha256: z.string(),
  removed_at: instant,
});

export const listRevokedPlugins = route(
  'GET /v1/plugins/revoked',
  {
    ...open,
    summary: 'List the versions of plugins that were removed, signed',
    description:
      'Stop what is in it. `signature` is Ed25519 over the canonical JSON (RFC 8785) of `list`, by the key `key_id` of `GET /.well-known/plugin-keys`. A removal is in it within 10 seconds; refuse a list that is older than the one that you have.',
    reply: {
      200: namedObject('RevokedPlugins', {
        list: namedObject('RevokedPluginList', { issued_at: instant, plugins: z.array(revokedPlugin) }),
        key_id: z.string(),
        signature: z.string(),
      }),
    },
  },
  (_call, { signing }) => signing.revoked(),
);
