// idempotency_mismatch and idempotency_in_progress are declared there.
import '#platform/idempotency';
import { AppError, declareErrors, INVALID_CREDENTIAL, NO_ACCOUNT } from '#platform/kernel';
import { percentOf } from '#platform/http';
import type { UpgradeFor } from '#platform/entitlements';
import type { NotGranted } from './permit.ts';

declareErrors({
  limit_exceeded: { status: 429, message: 'A limit of your plan is reached.' },
  plan_required: { status: 402, message: 'Your plan does not include this.' },
  outcome_unknown: {
    status: 409,
    message:
      'A request with this Idempotency-Key was interrupted after its model call was sent; your usage has its cost. To try again, send a new key.',
  },
  operator_budget_closed: { status: 503, message: 'This is not available at the moment. Try again later.' },
  end_user_required: {
    status: 400,
    message:
      'This API key has a budget for each end user. Name the one that this call is for: user, or user_id in metadata.',
  },
  permit_stale: { status: 409, message: 'This permit is closed, or another process took over its work.' },
});

/** A denial: the limit, what is used of it, its size, and when to retry. */
export interface Denial {
  readonly limit: string;
  readonly of:
    | 'quota'
    | 'burst'
    | 'cooldown'
    | 'concurrency'
    | 'budget'
    | 'credits'
    | 'gauge'
    | 'seats'
    | 'failures';
  readonly used: number;
  readonly max: number;
  /** The plan's own size, where that is another number: of credits, `max` is all that the account was given. */
  readonly size?: number;
  /** For a budget: the least that the call needs, in micro-dollars; for tokens and credits, likewise. More than `max`: no reset helps. */
  readonly needed?: number;
  /** Units that the call takes, where they are several. */
  readonly units?: number;
  readonly resetsAt: string | null;
  /** Seconds from the decision to the reset, by the database's clock. */
  readonly retryAfter: number | undefined;
  readonly plan: string;
  /** Its window; undefined: it has none, or it is not known here. */
  readonly per?: string | undefined;
}

/** Reads a denial as the SQL functions write it. */
export function readDenial(decision: Record<string, unknown>): Denial {
  const { limit, of, used, max, size, needed, units, resets_at, now, plan, per } = decision as {
    limit: string;
    of: Denial['of'];
    used: number;
    max: number;
    size?: number;
    needed?: number;
    units?: number;
    resets_at: string | null;
    now: string;
    plan: string;
    per?: string | null;
  };
  const wait =
    resets_at === null
      ? undefined
      : Math.max(1, Math.ceil((Date.parse(resets_at) - Date.parse(now)) / 1_000));
  // A concurrency slot is free again as soon as one call ends; `resets_at` is only the latest instant for that.
  const isNever = of !== 'concurrency' && (needed ?? units ?? 0) > max;
  const retryAfter = of === 'concurrency' ? 1 : isNever ? undefined : wait;
  const resetsAt = resets_at === null ? null : new Date(resets_at).toISOString();
  const more = {
    ...(size === undefined ? {} : { size }),
    ...(needed === undefined ? {} : { needed }),
    ...(units === undefined ? {} : { units }),
    ...(typeof per === 'string' ? { per } : {}),
  };
  return { limit, of, used, max, ...more, resetsAt, retryAfter, plan };
}

/** Whether a kind of limit counts micro-dollars of what model calls cost. */
export const isInMoney = (kind: string): boolean => kind === 'budget' || kind === 'failures';

/** The error of a denial as platform.md describes it: the limit and its use, when to retry, and the plan and the pack of credits that would help. */
export function limitExceeded(denial: Denial, upgrade: string | null, addOn: string | null = null): AppError {
  const { retryAfter } = denial;
  const again = retryAfter === undefined ? {} : { retryAfter };
  if (!isInMoney(denial.of))
    return new AppError('limit_exceeded', { ...sayingOf(denial, upgrade, addOn), ...again });
  const { needed: _needed, ...unsaid } = denial;
  const concealed = { ...unsaid, used: percentOf(denial), max: 100 };
  return new AppError('limit_exceeded', {
    ...sayingOf(concealed, upgrade, addOn),
    message: concealedMessageOf(denial),
    ...again,
    withCost: sayingOf(denial, upgrade, addOn),
  });
}

function sayingOf(denial: Denial, upgrade: string | null, addOn: string | null) {
  const { limit, used, max, units, needed = units, resetsAt, retryAfter } = denial;
  const left = `"${limit}";r=0${retryAfter === undefined ? '' : `;t=${retryAfter}`}`;
  return {
    message: messageOf(denial),
    details: {
      limit,
      used,
      max,
      ...(needed === undefined ? {} : { needed }),
      resets_at: resetsAt,
      upgrade,
      ...(addOn === null ? {} : { add_on: addOn }),
    },
    headers: { 'ratelimit-policy': `"${limit}";q=${max}`, ratelimit: left },
  };
}

/** A denial by a limit in money, in words that say nothing of money. */
function concealedMessageOf(denial: Denial): string {
  const { limit, of, used, max, needed = 0, per = '', resetsAt } = denial;
  if (of === 'failures') return messageOf(denial);
  if (needed > max)
    return `This call may need more than the whole limit ${limit}. Ask for a shorter answer (max_tokens) or send less.`;
  if (used < max && needed > 0)
    return `This call may need more than is left of the limit ${limit} until it resets.`;
  return `The limit ${limit}${WINDOWS[per] ?? ''} is used up.${opens(resetsAt)}`;
}

function messageOf(denial: Denial): string {
  const { limit, of, used, max, needed = 0 } = denial;
  if (of === 'failures')
    return 'Calls of this account failed at the model provider too often today, or cost more there than was asked for. Nothing was charged for that.';
  if (of === 'credits') return creditsLeft(denial);
  const [verb, amount] = of === 'budget' ? ['cost', dollars] : ['take', tokens];
  if (needed > max)
    return `This call may ${verb} ${amount(needed)}, more than the whole limit ${limit} of ${amount(max)}. Ask for a shorter answer (max_tokens) or send less.`;
  if (used < max && needed > 0)
    return `This call may ${verb} ${amount(needed)}; the limit ${limit} has ${amount(max - used)} left until it resets.`;
  return usedUp(denial);
}

function creditsLeft(denial: Denial): string {
  const { limit, used, max, needed = 0, resetsAt } = denial;
  if (used < max)
    return `The limit ${limit} has ${max - used} left, and this call takes ${needed}.${opens(resetsAt)}`;
  if (used === max) return usedUp(denial);
  return `The limit ${limit} is used up, and ${used - max} are owed for credits that were refunded.${opens(resetsAt)}`;
}

const WINDOWS: Readonly<Record<string, string>> = {
  minute: ' a minute',
  hour: ' an hour',
  day: ' a day',
  week: ' a week',
  month: ' a month',
  billing_period: ' a billing period',
};

/** The limit in words: `The limit posts is used up: all 60 a month. It opens again on 2026-12-01 00:00 UTC.` */
function usedUp({ limit, of, used, max, units, per = '', resetsAt }: Denial): string {
  if (of === 'cooldown') return `The limit ${limit} lets one call through at a time.${opens(resetsAt)}`;
  if (units !== undefined && used < max)
    return `This call takes ${units} units; the limit ${limit} has ${max - used} left of ${max}.${opens(resetsAt)}`;
  if (of === 'concurrency')
    return `The limit ${limit} is used up: ${max} at once. It opens again when one of them ends.`;
  const size = of === 'budget' ? dollars(max) : max;
  return `The limit ${limit} is used up: all ${size}${WINDOWS[per] ?? ''}.${opens(resetsAt)}`;
}

function opens(resetsAt: string | null): string {
  if (resetsAt === null) return '';
  // To the second, where it is not a full minute.
  const time = resetsAt.slice(11, resetsAt.startsWith('00', 17) ? 16 : 19);
  return ` It opens again on ${resetsAt.slice(0, 10)} ${time} UTC.`;
}

function dollars(micros: number): string {
  return `$${(micros / 1_000_000).toFixed(6).replace(/0{1,4}$/, '')}`;
}

const tokens = (count: number): string => `${count} tokens`;

/** The error for a grant that a plan lacks, with the plan that would help. */
export function planRequired(
  lack: {
    readonly product: string;
    readonly plan: string | null;
    readonly grant: string | null;
    readonly needed: number | boolean | null;
    /** The size of the grant in the plan, and its window. */
    readonly max?: number | undefined;
    readonly per?: string | undefined;
  },
  upgrade: string | null,
  isBudget = false,
): AppError {
  const { product, plan, grant, needed, max, per = '' } = lack;
  const details = { product, plan, grant, needed, ...(max === undefined ? {} : { max }), upgrade };
  if (isBudget)
    return new AppError('plan_required', {
      details: { ...details, needed: null, max: null },
      withCost: { details },
    });
  if (max === undefined || max === 0) return new AppError('plan_required', { details });
  const message = `This call needs ${String(needed)} of ${grant}; your plan has ${max}${WINDOWS[per] ?? ''} at most.`;
  return new AppError('plan_required', { message, details });
}

/** The error for a request that was not admitted, with the plan that would admit it. */
export function admissionError(
  product: string,
  admission: NotGranted,
  upgradeFor: UpgradeFor | undefined,
): AppError {
  if (admission.kind === 'refused') return refusalError(admission.reason);
  if (admission.kind === 'plan_required') {
    const { kind: _kind, ...lack } = admission;
    const { plan, grant, needed } = lack;
    const upgrade = upgradeFor?.({ product, plan, grant, atLeast: needed }) ?? null;
    const isBudget = grant !== null && upgradeFor?.isBudget?.(product, grant) === true;
    return planRequired({ product, ...lack }, upgrade, isBudget);
  }
  const { limit, of, used, max, units = 1, needed = units, size = max, plan } = admission.denial;
  // More of a cooldown is a longer one: only waiting helps.
  const helps = of !== 'cooldown';
  // A bigger plan, and a pack, add to what is left, which is below zero where credits are owed.
  const short = needed - (max - used);
  const question = { product, plan, grant: limit, atLeast: size + Math.max(1, short) };
  const pack = of === 'credits' ? upgradeFor?.pack?.(product, limit, short) : null;
  return limitExceeded(admission.denial, helps ? (upgradeFor?.(question) ?? null) : null, pack);
}

/** The error of a call that was refused, by the reason that the database gives. */
export function refusalError(reason: string): AppError {
  if (reason === 'key_revoked' || reason === 'session_over' || reason === 'user_suspended')
    return new AppError('unauthenticated', { message: INVALID_CREDENTIAL });
  if (reason === 'not_a_member') return new AppError('not_found', { message: NO_ACCOUNT });
  if (reason === 'operator_budget_closed') return new AppError('operator_budget_closed', { retryAfter: 60 });
  if (reason === 'end_user_required') return new AppError('end_user_required');
  if (reason === 'holder_dead') return new AppError('server_stopping', { retryAfter: 1 });
  return new AppError('forbidden', { message: 'This account is suspended.' });
}
