import { namedObject, okReply, pageOf, pageQuery } from '#platform/http';
import { AppError } from '#platform/kernel';
import { productRoutes } from '#platform/product';
import { z } from 'zod';
import { storageReads, storageWrites } from '../../octets.ts';
import type { Adiuva } from '../../service.ts';
import { LISTING, permissions } from '../catalogue/replies.ts';
import { isBought } from '../catalogue/service.ts';
import type { HeldPlugin } from './service.ts';

const route = productRoutes<Adiuva>();
const common = { tag: 'Adiuva plugins', requires: ['plugin_marketplace'] } as const;
const reads = { ...storageReads, ...common } as const;
const writes = { ...storageWrites, ...common } as const;
const of = { params: { id: LISTING.id } };
const SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

const heldPlugin = namedObject('InstalledPlugin', {
  id: z.string(),
  name: z.string(),
  version: z.string().nullable().describe('The newest that there is.'),
  installed: z.boolean(),
  installed_version: z.string().nullable().describe('That the account was given last.'),
  bought: z.boolean(),
  permissions: permissions.describe('What the account has consented to.'),
  new_permissions: permissions.describe('What the newest version wants besides: it waits for consent.'),
  orphaned: z.boolean().describe('Its developer is gone: there will be no further version.'),
  removed_because: z.string().nullable().describe('It was removed: delete what you have of it.'),
});

function shownHeld({ install, plugin }: HeldPlugin): z.infer<typeof heldPlugin> {
  const isNew = (permission: string) => !install.permissions.includes(permission);
  return {
    id: plugin.id,
    name: plugin.name,
    version: plugin.version,
    installed: install.is_installed,
    installed_version: install.version,
    bought: isBought(install),
    permissions: [...install.permissions],
    new_permissions: plugin.permissions.filter((one) => install.version !== null && isNew(one)),
    orphaned: plugin.developer === null,
    removed_because: plugin.removed_because,
  };
}

export const listInstalled = route(
  'GET /v1/plugins/installed',
  {
    ...reads,
    summary: 'List the plugins that your account has',
    description: 'Installed or bought, by their ids.',
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(heldPlugin) },
    example: {
      reply: {
        data: [
          {
            id: LISTING.id,
            name: LISTING.name,
            version: LISTING.version,
            installed: true,
            installed_version: '1.1.0',
            bought: true,
            permissions: ['read_tasks'],
            new_permissions: ['network:api.example.com'],
            orphaned: false,
            removed_because: null,
          },
        ],
        next_cursor: null,
      },
    },
  },
  async ({ accountId, query: { cursor, limit } }, { market }) => {
    const { data, next_cursor } = await market.installs.list(accountId, { cursor, limit });
    return { data: data.map(shownHeld), next_cursor };
  },
);

export const installPlugin = route(
  'POST /v1/plugins/:id/install',
  {
    ...writes,
    summary: 'Install a plugin, or get its newest version',
    description:
      'Answers where its package is for 15 minutes, and what to verify it by (docs/marketplace.md); `plugins.download` of the SDK does so. One that costs money is charged to the card that the account has kept, by an owner or admin: where there is none, or the bank asks, the answer is 402 `payment_needed` with `details.checkout_url`; call again once it is paid there. It is bought once for the account, with later versions. A version with further permissions is 409 `consent_needed` with `details.permissions`, until `accept_permissions` names them. It takes no Idempotency-Key: repeated, it charges and counts nothing again.',
    idempotency: 'none',
    params: { id: 'text' },
    maxSeconds: 60,
    body: namedObject('PluginInstallRequest', {
      plugin_id: z.string().max(100).describe('The one of the path.'),
      accept_permissions: z.array(z.string().max(300)).max(100).optional(),
    }),
    reply: {
      200: namedObject('PluginInstalled', {
        ok: z.literal(true),
        download_url: z.string(),
        expires_at: z.iso.datetime().describe('Until then `download_url` is good.'),
        version: z.string(),
        sha256: z.string().describe('Of the package, in hex.'),
        signature: z.string().describe('Ed25519 of its developer over the 32 bytes of `sha256`, in base64.'),
        public_key: z.string().describe('Of its developer, in PEM.'),
        countersignature: namedObject('PluginCountersignature', {
          key_id: z.string().describe('One of `GET /.well-known/plugin-keys`.'),
          signed: z.record(z.string(), z.unknown()).describe('What was approved.'),
          signature: z.string().describe('Ed25519 over `signed` in the form of RFC 8785, in base64.'),
        }),
      }),
    },
    errors: [
      'plugin_not_found',
      'plugin_removed',
      'plugin_not_offered',
      'consent_needed',
      'payment_needed',
      'purchase_disputed',
      'payee_not_payable',
      'nothing_sold',
      'store_unavailable',
      'store_refused',
      'blob_not_found',
      'storage_unavailable',
    ],
    example: {
      ...of,
      body: { plugin_id: LISTING.id },
      reply: {
        ok: true,
        download_url: 'https://api.example.com/v1/files/0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0e21?signature=…',
        expires_at: '2026-11-02T09:45:00.000Z',
        version: LISTING.version,
        sha256: SHA256,
        signature: 'dGhlIGRldmVsb3BlcidzIHNpZ25hdHVyZQ==',
        public_key: '-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n',
        countersignature: {
          key_id: SHA256,
          signed: { plugin_id: LISTING.id, version: LISTING.version, sha256: SHA256 },
          signature: 'b3VyIHNpZ25hdHVyZQ==',
        },
      },
    },
  },
  async ({ accountId, role, caller, params: { id }, body }, { market }) => {
    if (body.plugin_id !== id) {
      const message = 'The plugin of the path is another one.';
      throw new AppError('validation_failed', {
        message,
        details: { issues: [{ path: 'body.plugin_id', message }] },
      });
    }
    const by = { accountId, role, caller };
    const handed = await market.installs.install(by, id, body.accept_permissions ?? []);
    const {
      url: download_url,
      expires_at,
      version,
      sha256,
      signature,
      public_key,
      countersignature,
    } = handed;
    return { ok: true, download_url, expires_at, version, sha256, signature, public_key, countersignature };
  },
);

export const uninstallPlugin = route(
  'DELETE /v1/plugins/:id/install',
  {
    ...writes,
    summary: 'Uninstall a plugin',
    description: 'What was bought stays bought: it can be installed again.',
    params: { id: 'text' },
    reply: { 200: okReply },
    errors: ['plugin_not_found'],
    example: { ...of, reply: { ok: true } },
  },
  async ({ accountId, params }, { market }) => {
    await market.installs.uninstall(accountId, params.id);
    return { ok: true };
  },
);
