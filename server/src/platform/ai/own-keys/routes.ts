import { namedObject, okReply, type Route, routesFor } from '#platform/http';
import { z } from 'zod';
import type { AccountKeys } from './own-keys.ts';

const route = routesFor<AccountKeys>();
const tag = 'Provider keys';
const writes = {
  tag,
  auth: 'account',
  may: 'admin',
  scope: 'account:write',
  params: { provider: 'text' },
  rate: { perMinute: 20, by: 'user' },
} as const;

const ownKey = namedObject('ProviderKey', {
  provider: z.string(),
  fee_percent: z
    .int()
    .nullable()
    .describe(
      'Percent of a call’s price that a call with your key costs here. null: the operator allows no keys there any more, and yours is not used.',
    ),
  key: namedObject('SavedProviderKey', {
    ending: z.string().describe('Its last four characters; the rest is told to no one again.'),
    checked: z
      .boolean()
      .describe(
        'Whether the provider has taken it. A provider that lists no models shows with the first call.',
      ),
    set_by: z.uuid().describe('The user who saved it.'),
    set_at: z.iso.datetime(),
  }).nullable(),
});

const list = route(
  'GET /v1/provider-keys',
  {
    summary: 'List your keys at model providers',
    description: 'Every provider at which the account may have a key of its own, with the key that is saved.',
    tag,
    auth: 'account',
    may: 'admin',
    scope: 'account:read',
    rate: { perMinute: 120, by: 'user' },
    reply: { 200: namedObject('ProviderKeyList', { data: z.array(ownKey) }) },
  },
  async ({ accountId }, keys) => ({ data: await keys.list(accountId) }),
);

const put = route(
  'PUT /v1/provider-keys/:provider',
  {
    ...writes,
    summary: 'Save your own key at a model provider',
    description:
      'The provider is asked whether it takes the key. From now on calls of the gateway to its models go out with your key, and never with the operator’s. A name with models of several providers goes to those alone that you have keys for.',
    stepUp: true,
    body: namedObject('SetProviderKeyRequest', {
      key: z
        .string()
        .min(16)
        .max(512)
        .regex(/^[\x21-\x7e]+$/),
    }),
    reply: { 200: ownKey },
    errors: ['not_found', 'provider_key_invalid', 'provider_unavailable'],
  },
  ({ params, body, ...request }, keys) => keys.put(request, params.provider, body.key),
);

const remove = route(
  'DELETE /v1/provider-keys/:provider',
  {
    ...writes,
    summary: 'Delete your own key at a model provider',
    description:
      'Calls go out with the operator’s key again, at its price: at once, and within 8 seconds in every process.',
    reply: { 200: okReply },
    errors: ['not_found'],
  },
  async ({ params, ...request }, keys) => {
    await keys.remove(request, params.provider);
    return { ok: true };
  },
);

/** Keys of an account’s own at providers. */
export const ownKeyRoutes: Route[] = [list, put, remove];
