import { answer, namedObject, okReply, pageOf, pageQuery, productRoutes, signedUpload } from 'plinth/product';
import { z } from 'zod';
import type { Market } from '../service.ts';
import * as replies from '../replies.ts';
import { byId, ok, shownBy } from '../replies.ts';
import { MOST_PACKAGE_BYTES } from '../review/check-package.ts';
import { manifestSchema } from '../review/manifest.ts';

const route = productRoutes<Market>();
const calls = { tag: 'Adiuva developers', auth: 'account', rate: { perMinute: 60, by: 'account' } } as const;
/** Any account may be a developer, on any plan. */
const reads = { ...calls, may: 'member', scope: 'adiuva:read' } as const;
const writes = { ...calls, may: 'admin', scope: 'adiuva:write' } as const;
const byVersion = { params: { id: 'text', version: 'text' } } as const;

export const listDeveloperKeys = route(
  'GET /v1/developer/keys',
  {
    ...reads,
    summary: 'List the keys that your account signs packages with',
    reply: { 200: namedObject('DeveloperKeyList', { data: z.array(replies.developerKey) }) },
  },
  async ({ accountId }, { developers }) => ({ data: await developers.listKeys(accountId) }),
);

export const addDeveloperKey = route(
  'POST /v1/developer/keys',
  {
    ...writes,
    stepUp: true,
    summary: 'Register a key that packages are signed with',
    description:
      'An Ed25519 public key. The private one stays with you. In a session that was proven within 15 minutes.',
    body: namedObject('AddDeveloperKeyRequest', {
      name: z.string().trim().min(1).max(100),
      public_key: z.string().min(1).max(1_000).describe('SubjectPublicKeyInfo in PEM.'),
    }),
    reply: { 201: replies.developerKey },
    errors: ['developer_key_invalid', 'conflict'],
  },
  (call, { developers }) => developers.addKey(call, call.body),
);

export const revokeDeveloperKey = route(
  'POST /v1/developer/keys/:id/revoke',
  {
    ...writes,
    stepUp: true,
    idempotency: 'none',
    summary: 'Revoke a key',
    description:
      'Nothing that it signed is approved any more; what is published stays. It takes no Idempotency-Key: a repeat changes nothing.',
    reply: { 200: replies.developerKey },
    errors: ['developer_key_not_found'],
  },
  (call, { developers }) => developers.revokeKey(call, call.params.id),
);

export const submitPlugin = route(
  'POST /v1/developer/plugins',
  {
    ...writes,
    summary: 'Submit a plugin, or a version of one',
    description:
      'A new id makes a plugin, one of yours a version, which is above all that were sent before. Send the package to `upload`, then `POST …/complete`, within a day. At most 20 versions wait at once, and all packages of an account have 1 GB together.',
    secrets: ['upload'],
    body: namedObject('SubmitPluginRequest', {
      manifest: manifestSchema.describe('The same as `manifest.json` in the package.'),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .describe('Of the package, in hex.'),
      bytes: z.int().min(1).max(MOST_PACKAGE_BYTES),
      key_id: z.uuid().describe('A key of your account.'),
      signature: z
        .string()
        .regex(/^[A-Za-z0-9+/]{86}==$/)
        .describe('Ed25519 over the 32 bytes of the SHA-256, in base64.'),
    }),
    reply: {
      201: namedObject('SubmittedPlugin', {
        id: z.string(),
        version: z.string(),
        state: replies.versionState,
        upload: signedUpload
          .nullable()
          .describe('null where the call is repeated with its Idempotency-Key: submit the version again.'),
      }),
    },
    errors:
      'plugin_permission_unknown plugin_manifest_refused plugin_name_reserved plugin_name_taken plugin_id_taken plugin_removed plugin_version_not_above plugin_versions_waiting plugin_storage_full developer_key_not_found developer_key_revoked package_signature_invalid storage_unavailable'.split(
        ' ',
      ),
  },
  (call, { developers }) => {
    const run = async () => answer(201, await developers.submit(call, call.body));
    return call.onceInSteps({ run, isOver: () => true }, { account: call.accountId });
  },
);

export const completePlugin = route(
  'POST /v1/developer/plugins/:id/versions/:version/complete',
  {
    ...writes,
    ...byVersion,
    idempotency: 'none',
    summary: 'Say that the package was sent',
    description:
      'It is checked then, and waits for review. It takes no Idempotency-Key: said again, it answers the version as it is.',
    reply: { 200: replies.ownVersion },
    errors:
      'plugin_version_not_found upload_missing upload_mismatch upload_expired storage_unavailable'.split(' '),
  },
  async (call, { developers }) =>
    shownBy(replies.ownVersion, await developers.complete(call, call.params.id, call.params.version)),
);

export const listOwnPlugins = route(
  'GET /v1/developer/plugins',
  {
    ...reads,
    summary: 'List the plugins of your account',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(replies.ownPlugin) },
  },
  ({ accountId, query }, { developers }) => developers.list(accountId, query),
);

export const readOwnPlugin = route(
  'GET /v1/developer/plugins/:id',
  {
    ...reads,
    ...byId,
    summary: 'Read a plugin of your account, with its versions, their checklists and notes',
    reply: {
      200: namedObject('DeveloperPluginDetails', {
        ...replies.ownPlugin.shape,
        versions: z.array(replies.ownVersion).describe('The highest first; the last 100.'),
      }),
    },
    errors: ['plugin_not_found'],
  },
  async ({ accountId, params }, { developers }) => {
    const { plugin, versions } = await developers.read(accountId, params.id);
    const shown = versions.map((row) => shownBy(replies.ownVersion, row));
    return { ...shownBy(replies.ownPlugin, plugin), versions: shown };
  },
);

export const withdrawVersion = route(
  'DELETE /v1/developer/plugins/:id/versions/:version',
  {
    ...writes,
    ...byVersion,
    summary: 'Withdraw a version that waits',
    description: 'Its number stays taken, unless its package was never sent.',
    reply: { 200: okReply },
    errors: ['plugin_version_not_found', 'plugin_version_not_waiting'],
  },
  (call, { developers }) => ok(developers.withdrawVersion(call, call.params.id, call.params.version)),
);

export const withdrawPlugin = route(
  'DELETE /v1/developer/plugins/:id',
  {
    ...writes,
    ...byId,
    summary: 'Withdraw a plugin from the catalogue',
    description:
      'Nobody is sold it any more, and who has it keeps it. A version that is approved later offers it again. Its id stays yours.',
    reply: { 200: okReply },
    errors: ['plugin_not_found', 'plugin_removed'],
  },
  (call, { developers }) => ok(developers.withdraw(call, call.params.id)),
);
