import { type Database, statement } from '#platform/db';
import {
  atLeast,
  type Caller,
  concealing,
  modelCost,
  namedObject,
  type Page,
  page,
  pageOf,
  pageQuery,
  positionOf,
  type Role,
  routesFor,
  type Spender,
} from '#platform/http';
import type { AccountId } from '#platform/kernel';
import { concealBudget, endUserTag, PERCENT } from '#platform/limits';
import { z } from 'zod';
import type { Reports } from './reports.ts';

const route = routesFor<Pick<Reports, 'ownUsage' | 'keyUsage'>>();

const spent = namedObject('OwnSpending', {
  calls: z.int(),
  tokens: z.int().describe('Input and output.'),
  spent_micros: modelCost('Micro-dollars that counted against budgets.'),
});

const bound = concealing(
  namedObject('KeyBound', {
    limit: z.string().describe('As errors name it: `key_daily_calls`.'),
    key_id: z.uuid().describe('The key that is bounded: the calling one, or one that it comes from.'),
    kind: z
      .enum(['budget', 'calls', 'tokens', 'users'])
      .describe('`users`: end users that have called, where each has bounds.'),
    per: z.enum(['minute', 'day', 'month']),
    used: z.int().describe('Calls under way hold a part of it; of a budget, micro-dollars.'),
    max: z.int(),
    left: z.int(),
    unit: PERCENT.optional(),
    resets_at: z.iso.datetime(),
  }),
  (limit) => {
    const shown = concealBudget(limit);
    return { ...shown, left: Math.max(0, shown.max - shown.used) };
  },
);

const ownUsage = namedObject('OwnUsage', {
  key: namedObject('OwnKey', {
    id: z.uuid(),
    name: z.string(),
    prefix: z.string(),
    labels: z.record(z.string(), z.string()),
    models: z.array(z.string()).nullable(),
    expires_at: z.iso.datetime().nullable(),
  })
    .nullable()
    .describe('The API key that calls; null: a person does.'),
  today: spent,
  month: spent,
  limits: z.array(bound).describe('The bounds of the key, and of the end user that `user` names.'),
});
type OwnUsage = z.infer<typeof ownUsage>;

const keyUsage = namedObject('KeyUsage', { id: z.uuid(), limits: z.array(bound) });

export const ownUsageRoutes = [
  route(
    'GET /v1/usage/mine',
    {
      operation: 'getOwnUsage',
      summary: 'Read what the caller has used',
      description:
        'For the holder of an API key: its calls, tokens and spending of this day and month of UTC once they are over, and each of its bounds with what is left and when it resets. Signed in, your own calls without a key.',
      tag: 'Usage',
      auth: 'account',
      onBehalf: true,
      may: 'viewer',
      scope: 'any',
      rate: { perMinute: 120, by: 'key' },
      query: z.strictObject({
        user: z
          .string()
          .min(1)
          .max(1_000)
          .optional()
          .describe('An end user, as calls name them: `key_user_daily_calls` is what they have left.'),
      }),
      reply: { 200: ownUsage },
    },
    ({ spender, accountId, query }, reports) => reports.ownUsage({ accountId, caller: spender }, query.user),
  ),
  route(
    'GET /v1/usage/keys',
    {
      summary: 'Read what is left of the bounds of API keys',
      description: 'Of the keys that `GET /v1/api-keys` lists, in its order and by its pages.',
      tag: 'Usage',
      auth: 'account',
      may: 'viewer',
      scope: 'account:read',
      rate: { perMinute: 120, by: 'user' },
      query: z.strictObject(pageQuery),
      reply: { 200: pageOf(keyUsage) },
    },
    ({ caller, accountId, role, query }, reports) => reports.keyUsage({ accountId, caller, role }, query),
  ),
];

interface KeyRow extends Omit<NonNullable<OwnUsage['key']>, 'expires_at'> {
  readonly expires_at: Date | null;
}

interface BoundRow extends Omit<z.infer<typeof bound>, 'left' | 'resets_at'> {
  readonly of_key: string;
  readonly resets_at: Date;
}

type Spent = z.infer<typeof spent>;

const spentSince = (per: 'day' | 'month', { userId, keyId }: Pick<Caller, 'userId' | 'keyId'>) =>
  statement<Spent>(
    `select coalesce(sum(calls), 0)::bigint as calls, coalesce(sum(prompt_tokens + completion_tokens), 0)::bigint as tokens, coalesce(sum(charged), 0)::bigint as spent_micros
     from reports.usage_here(date_trunc('${per}', app.now(), 'UTC'), 'infinity') where user_id = $1 and key_id is not distinct from $2::uuid`,
    [userId, keyId ?? null],
  );

/** The bounds of keys with what is left, by the keys; of their end users for the one that is named. */
async function readBounds(
  db: Database,
  of: { readonly accountId: AccountId; readonly keys: readonly string[]; readonly user?: string | undefined },
) {
  const [rows] = await db.tenant(of.accountId, [
    statement<BoundRow>(
      'select of_key, name as "limit", key_id, kind, per, used, size as max, resets_at from limits.key_usage_here($1, $2)',
      [of.keys, of.user === undefined ? null : endUserTag(of.user)],
    ),
  ]);
  return (id: string) =>
    rows
      .filter(({ of_key }) => of_key === id)
      .map(({ of_key: _of, resets_at: resetsAt, ...one }) => ({
        ...one,
        left: Math.max(0, one.max - one.used),
        resets_at: resetsAt.toISOString(),
      }));
}

/** Use of a key as its holder may see it, or of a user without one. */
export async function readOwnUsage(
  db: Database,
  { accountId, caller }: { readonly accountId: AccountId; readonly caller: Spender },
  user: string | undefined,
): Promise<OwnUsage> {
  const keyId = caller.keyId ?? null;
  const [[key], [today], [month]] = await db.tenant(accountId, [
    statement<KeyRow>(
      `select id, name, prefix, models, coalesce(labels, '{}') as labels, expires_at from identity.api_keys where account_id = $1 and id = $2`,
      [accountId, keyId],
    ),
    spentSince('day', caller),
    spentSince('month', caller),
  ]);
  if (today === undefined || month === undefined) throw new Error('no sums were read');
  const limits = key === undefined ? [] : (await readBounds(db, { accountId, keys: [key.id], user }))(key.id);
  return {
    key: key === undefined ? null : { ...key, expires_at: key.expires_at?.toISOString() ?? null },
    today,
    month,
    limits,
  };
}

/** Bounds with what is left, of the caller's keys in force, or for those who manage the account of all, newest first. */
export async function readKeyUsage(
  db: Database,
  {
    accountId,
    caller,
    role,
  }: { readonly accountId: AccountId; readonly caller: Caller; readonly role: Role },
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<Page<z.infer<typeof keyUsage>>> {
  const [after = null] = cursor === undefined ? [] : positionOf(cursor, z.tuple([z.uuid()]));
  const [keys] = await db.tenant(accountId, [
    statement<{ id: string }>(
      `select id from identity.api_keys where account_id = $1 and revoked_at is null and not identity.is_cut_off(account_id, makers)
         and ($2::uuid is null or user_id = $2) and ($3::uuid is null or id < $3) order by id desc limit $4`,
      [accountId, atLeast(role, 'admin') ? null : caller.userId, after, limit + 1],
    ),
  ]);
  const limitsOf = await readBounds(db, { accountId, keys: keys.map(({ id }) => id) });
  return page(keys, limit, { item: ({ id }) => ({ id, limits: limitsOf(id) }), position: ({ id }) => [id] });
}
