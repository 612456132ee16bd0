import { statement } from '#platform/db';
import {
  type Entitlement,
  type Entitlements,
  type Grant,
  GRANT_SOURCES,
  PROVIDER_SOURCES,
} from '#platform/entitlements';
import type { AccountId } from '#platform/kernel';
import { type Credits, type LimitUsage } from '#platform/limits';
import { namedObject } from '#platform/http';
import { z } from 'zod';
import { grantsReply, grantToJson, shownGrants } from './price-list.ts';

/** Use of one limit, as the limits tell it. */
export type LimitInUse = Pick<LimitUsage, 'product' | 'limit' | 'used' | 'max' | 'resetsAt'>;

const instant = z.iso.datetime();
const source = z.enum(GRANT_SOURCES);

export const entitlementReply = namedObject('Entitlement', {
  product: z.string(),
  name: z.string(),
  plan: z.string().nullable().describe('`product.plan`; null: none.'),
  plan_name: z.string().nullable(),
  source: z
    .enum([...source.options, 'default'])
    .nullable()
    .describe('Where the plan comes from.'),
  add_ons: z.array(namedObject('EntitlementAddOn', { id: z.string(), expires_at: instant.nullable() })),
  paid: z
    .array(
      namedObject('EntitlementSource', {
        source: z.enum(PROVIDER_SOURCES),
        id: z.string(),
        until: instant.nullable(),
      }),
    )
    .describe(
      'The subscriptions in effect that a payment provider bills; both, where two are paid for one product. The best plan is in effect.',
    ),
  quantity: z.int().nullable().describe('Of a plan that is sold by the seat; else null.'),
  grants: grantsReply,
  overage: z
    .record(z.string(), z.int())
    .describe(
      'By limit: how many units past the plan’s own size the account allows. They are part of `grants`.',
    ),
  used: z.record(z.string(), z.number()).describe('By limit: what is used of the present window.'),
  left: z.record(z.string(), z.number().nullable()).describe('By limit; null: without a cap.'),
  resets_at: z.record(z.string(), instant.nullable()).describe('By limit: when its window ends.'),
  until: instant
    .nullable()
    .describe(
      'When the plan gives way to another, or to none; null: nothing ends it. Of a subscription that renews: three days after `period_ends_at` of the subscription, as a renewal may take that long.',
    ),
  grace: instant
    .nullable()
    .describe('Until when the plan is kept although a payment failed; null: none did.'),
  trial_available: z
    .boolean()
    .describe('Whether a plan of it can be tried before it is paid, as far as is known before a card is.'),
  trial_without_card: z
    .boolean()
    .describe('Whether a trial may begin without a card, where its plan asks for none: a verified address.'),
});
export const entitlementsReply = namedObject('EntitlementList', { data: z.array(entitlementReply) });

export const entitlementTokenReply = namedObject('EntitlementToken', {
  token: z.string(),
  expires_at: z.int().describe('Unix seconds.'),
});

export const grantReply = namedObject('Grant', {
  id: z.uuid(),
  account_id: z.uuid(),
  product: z.string(),
  plan: z.string().nullable(),
  add_on: z.string().nullable(),
  source,
  quantity: z.int().describe('Of a plan that is sold by the seat: how many; else 1.'),
  starts_at: instant,
  ends_at: instant.nullable().describe('An exact end; null: none, or `days` say how long it lasts.'),
  days: z.int().nullable().describe('An add-on’s days, which begin when those given before are over.'),
  cause: z.string(),
  created_by: z.uuid().nullable(),
  created_at: instant,
  revoked_at: instant.nullable(),
  overrides: grantsReply
    .nullable()
    .describe('Sizes and options that the account has by agreement, in place of the plan’s; null: none.'),
});

export const overrides = grantsReply
  .refine((all) => Object.keys(all).length <= 100, { error: 'at most 100' })
  .describe(
    'Sizes and options of the plan that this account has by agreement: `{"posts": 5000}`; null: without a cap. A size is the account’s whole, not that of a seat.',
  );

export const addOnReply = namedObject('AddOnPurchase', {
  id: z.uuid(),
  product: z.string(),
  add_on: z.string().describe('`product.add_on`.'),
  source,
  quantity: z.int(),
  bought_at: instant,
  starts_at: instant
    .nullable()
    .describe('When its days begin: after those bought before. null: they never did.'),
  ends_at: instant.nullable().describe('When they end; null: nothing ends it, or it never began.'),
  taken_back_at: instant
    .nullable()
    .describe('When all of its money had gone back, or it was taken back by hand; null: it was not.'),
});
export type AddOnView = z.infer<typeof addOnReply>;

export const creditsReply = namedObject('CreditGrant', {
  id: z.uuid(),
  account_id: z.uuid(),
  product: z.string(),
  limit: z.string(),
  source: z.string(),
  amount: z.int(),
  remaining: z.int(),
  expires_at: instant.nullable().describe('null: they last.'),
  cause: z.string(),
  created_at: instant,
});

export type CreditsView = z.infer<typeof creditsReply>;
export type EntitlementView = z.infer<typeof entitlementReply>;
export type GrantView = z.infer<typeof grantReply>;

/** A subscription that is in effect although it is not paid. */
export interface Grace {
  readonly product: string;
  readonly store: string;
  readonly until: Date;
}

/** An account's graces that are not over. */
export const gracesOf = (accountId: AccountId) =>
  statement<Grace>(
    `select product, store, max(grace_ends_at) as until from billing.subscriptions
     where account_id = $1 and state = 'past_due' and grace_ends_at > app.now() group by product, store`,
    [accountId],
  );

/** An entitlement with what is used and left of its limits. */
export function entitlementView(
  entitlement: Entitlement,
  {
    usage,
    graces,
    triableProducts: triable,
  }: {
    readonly usage: readonly LimitInUse[];
    readonly graces: readonly Grace[];
    /** Products that the account may try. */
    readonly triableProducts: ReadonlyMap<string, { readonly is_proven: boolean }>;
  },
): EntitlementView {
  const { product, name, plan, planName, source: from, addOns, grants, until } = entitlement;
  const own = usage.filter((limit) => limit.product === product);
  const byLimit = <Value>(value: (limit: LimitInUse) => Value) =>
    Object.fromEntries(own.map((limit) => [limit.limit, value(limit)]));
  return {
    product,
    name,
    plan,
    plan_name: planName,
    source: from,
    add_ons: addOns.map(({ id, expiresAt }) => ({ id, expires_at: expiresAt })),
    paid: [...entitlement.paid],
    quantity: entitlement.quantity,
    grants: shownGrants(grants),
    overage: { ...entitlement.overage },
    used: byLimit(({ used }) => used),
    left: byLimit(({ used, max }) => (grantToJson(max) === null ? null : Math.max(0, max - used))),
    resets_at: byLimit(({ resetsAt }) => resetsAt),
    until,
    grace:
      graces
        .find((grace) => grace.product === product && grace.store === entitlement.source)
        ?.until.toISOString() ?? null,
    trial_available: triable.has(product),
    trial_without_card: triable.get(product)?.is_proven === true,
  };
}

export function grantView(grant: Grant): GrantView {
  const idOf = (name: string | null) => (name === null ? null : `${grant.product}.${name}`);
  return {
    id: grant.id,
    account_id: grant.accountId,
    product: grant.product,
    plan: idOf(grant.plan),
    add_on: idOf(grant.addOn),
    source: grant.source,
    quantity: grant.quantity,
    starts_at: grant.startsAt.toISOString(),
    ends_at: grant.endsAt?.toISOString() ?? null,
    days: grant.days,
    cause: grant.cause,
    created_by: grant.createdBy,
    created_at: grant.createdAt.toISOString(),
    revoked_at: grant.revokedAt?.toISOString() ?? null,
    overrides: grant.overrides === null ? null : shownGrants(grant.overrides),
  };
}

export function addOnView({
  grant,
  from,
  until,
}: Awaited<ReturnType<Entitlements['addOnsOf']>>[number]): AddOnView {
  const { id, product, addOn, source: bought, quantity, startsAt, revokedAt } = grant;
  return {
    id,
    product,
    add_on: `${product}.${addOn}`,
    source: bought,
    quantity,
    bought_at: startsAt.toISOString(),
    starts_at: from?.toISOString() ?? null,
    ends_at: until?.toISOString() ?? null,
    taken_back_at: revokedAt?.toISOString() ?? null,
  };
}

export function creditsView({ accountId, expiresAt, createdAt, ...given }: Credits): CreditsView {
  return {
    ...given,
    account_id: accountId,
    expires_at: expiresAt?.toISOString() ?? null,
    created_at: createdAt.toISOString(),
  };
}
