import {
  AppError,
  fileReply,
  keySetReply,
  namedObject,
  productRoutes,
  readKeySet,
  sendDownload,
} from 'plinth/product';
import { z } from 'zod';
import type { Licences } from '../service.ts';

const route = productRoutes<Licences>();
const tag = 'Coditect licences';
const open = { tag, auth: 'none', rate: { perMinute: 600, by: 'ip' } } as const;
const KINDS = ['rsa-4096', 'ed25519'] as const;

export const listKeys = route(
  'GET /.well-known/license-keys',
  {
    ...open,
    summary: 'List the public keys that verify licence files and session tokens',
    description:
      'A JWK Set; each key has its PEM too. Former keys stay listed: their signatures remain valid.',
    reply: { 200: keySetReply('License') },
  },
  (_call, { signingKeys }) => readKeySet(signingKeys),
);

export const readKey = route(
  'GET /.well-known/license-keys/:id',
  {
    ...open,
    summary: 'Read a public key as PEM',
    description: 'By its id, or `rsa-4096` and `ed25519` for those that sign now.',
    params: { id: 'text' },
    reply: { 200: fileReply },
    produces: ['application/x-pem-file'],
    errors: ['not_found'],
  },
  async ({ params, wire, origin }, { signingKeys }) => {
    await signingKeys.refresh();
    const keys = await signingKeys.currentKeys();
    const key = keys.find(
      ({ id, kind, retiredAt }) => id === params.id || (kind === params.id && retiredAt === null),
    );
    if (key === undefined) throw new AppError('not_found');
    const batches = onePem(key.pem);
    await sendDownload(
      wire,
      { name: `${key.kind}.pem`, type: 'application/x-pem-file', batches },
      origin.signal,
    );
  },
);

async function* onePem(pem: string) {
  yield pem;
}

export const listRevocations = route(
  'GET /.well-known/license-revocations',
  {
    ...open,
    summary: 'List revoked licence files',
    description: 'A file is revoked if its licence is listed with the file’s version or a later one.',
    reply: {
      200: namedObject('LicenseRevocationList', {
        data: z.array(
          namedObject('LicenseRevocation', {
            license_id: z.uuid(),
            version: z.int(),
            revoked_at: z.iso.datetime(),
          }),
        ),
      }),
    },
  },
  async (_call, { revoked }) => ({
    data: (await revoked()).map(({ license_id, version, revoked_at: at }) => ({
      license_id,
      version,
      revoked_at: at.toISOString(),
    })),
  }),
);

export const rotateKey = route(
  'POST /v1/admin/licenses/signing-keys',
  {
    tag,
    summary: 'Rotate the key that signs licence files and sessions',
    description:
      'The former one signs no more, and verifies what it signed for ever. An RSA key takes seconds to make.',
    auth: 'admin',
    scope: 'admin:write',
    rate: { perMinute: 6, by: 'user' },
    maxSeconds: 120,
    body: namedObject('RotateLicenseSigningKeyRequest', { kind: z.enum(KINDS) }),
    reply: { 201: namedObject('LicenseSigningKey', { key_id: z.string(), kind: z.enum(KINDS) }) },
  },
  ({ body, once }, { signingKeys }) => signingKeys.rotate(body.kind, once),
);
