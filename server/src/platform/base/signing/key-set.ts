import { namedObject } from '#platform/http';
import { z } from 'zod';
import { publicJwk, type PublicKey } from './signature.ts';
import type { SigningKeys } from './signing-keys.ts';

/** The reply of a call that lists public keys as a JWK Set: `PluginKeySet`, of `PluginKey`. */
export const keySetReply = (name: string) =>
  namedObject(`${name}KeySet`, {
    keys: z.array(
      z
        .looseObject({
          kid: z.string(),
          kty: z.string(),
          alg: z.enum(['RS256', 'EdDSA']),
          pem: z.string(),
          retired_at: z.iso.datetime().nullable().describe('Since when it signs nothing new.'),
        })
        .meta({ id: `${name}Key` }),
    ),
  });

/** Such a reply, for the docs. */
export const keySetExample = (kid: string) => ({
  keys: [
    {
      kid,
      kty: 'OKP',
      crv: 'Ed25519',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
      alg: 'EdDSA',
      use: 'sig',
      pem: '-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n',
      retired_at: null,
    },
  ],
});

/** All public keys that there are, of whichever process. */
export async function readKeySet(keys: SigningKeys): Promise<{ readonly keys: readonly PublicKey[] }> {
  await keys.refresh();
  return { keys: await Promise.all((await keys.currentKeys()).map(publicJwk)) };
}
