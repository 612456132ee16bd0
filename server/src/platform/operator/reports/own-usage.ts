import { type Database, statement } from '#platform/db';
import { type Caller, namedObject, routesFor } from '#platform/http';
import type { AccountId } from '#platform/kernel';
import { z } from 'zod';
import type { Reports } from './reports.ts';

const route = routesFor<Pick<Reports, 'ownUsage'>>();

const spent = namedObject('OwnSpending', {
  calls: z.int(),
  tokens: z.int().describe('Input and output.'),
  spent_micros: z.int().describe('Micro-dollars that counted against budgets.'),
});

const bound = namedObject('KeyBound', {
  limit: z.string().describe('As errors name it: `key_daily_calls`.'),
  key_id: z.uuid().describe('The key that is bounded: the calling one, or one that it comes from.'),
  kind: z.enum(['budget', 'calls', 'tokens']),
  per: z.enum(['minute', 'day', 'month']),
  used: z.int().describe('Calls under way hold a part of it; of a budget, micro-dollars.'),
  max: z.int(),
  left: z.int(),
  resets_at: z.iso.datetime(),
});

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
  limits: z.array(bound).describe('The bounds of the key.'),
});
type OwnUsage = z.infer<typeof ownUsage>;

export const ownUsageRoutes = [
  route(
    'GET /v1/usage/mine',
    {
      summary: 'Read what the caller has used',
      description:
        'For the holder of an API key: its calls, tokens and spending of this day and month of UTC once they are over, and each of its bounds with what is left and when it resets. Signed in, your own calls without a key.',
      tag: 'Usage',
      auth: 'account',
      may: 'viewer',
      scope: 'any',
      rate: { perMinute: 120, by: 'key' },
      reply: { 200: ownUsage },
    },
    ({ caller, accountId }, reports) => reports.ownUsage(accountId, caller),
  ),
];

interface KeyRow extends Omit<NonNullable<OwnUsage['key']>, 'expires_at'> {
  readonly expires_at: Date | null;
}

interface BoundRow extends Omit<z.infer<typeof bound>, 'left' | 'resets_at'> {
  readonly resets_at: Date;
}

type Spent = z.infer<typeof spent>;

const spentSince = (per: 'day' | 'month', { userId, keyId }: Pick<Caller, 'userId' | 'keyId'>) =>
  statement<Spent>(
    `select coalesce(sum(calls), 0)::bigint as calls, coalesce(sum(prompt_tokens + completion_tokens), 0)::bigint as tokens, coalesce(sum(charged), 0)::bigint as spent_micros
     from reports.usage_here(date_trunc('${per}', app.now(), 'UTC'), 'infinity') where user_id = $1 and key_id is not distinct from $2::uuid`,
    [userId, keyId ?? null],
  );

/** Use of a key as its holder may see it, or of a user without one. */
export async function readOwnUsage(db: Database, accountId: AccountId, caller: Caller): Promise<OwnUsage> {
  const keyId = caller.keyId ?? null;
  const [[key], bounds, [today], [month]] = await db.tenant(accountId, [
    statement<KeyRow>(
      `select id, name, prefix, models, coalesce(labels, '{}') as labels, expires_at from identity.api_keys where account_id = $1 and id = $2`,
      [accountId, keyId],
    ),
    statement<BoundRow>(
      'select name as "limit", key_id, kind, per, used, size as max, resets_at from limits.key_usage_here($1)',
      [keyId],
    ),
    spentSince('day', caller),
    spentSince('month', caller),
  ]);
  if (today === undefined || month === undefined) throw new Error('no sums were read');
  return {
    key: key === undefined ? null : { ...key, expires_at: key.expires_at?.toISOString() ?? null },
    today,
    month,
    limits: bounds.map(({ resets_at: resetsAt, ...one }) => ({
      ...one,
      left: Math.max(0, one.max - one.used),
      resets_at: resetsAt.toISOString(),
    })),
  };
}
