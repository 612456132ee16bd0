import type { Ai } from '#platform/ai';
import { createUpgradeFor, type Entitlements, type Grants, type PlanRates } from '#platform/entitlements';
import type { Spender } from '#platform/http';
import type { AccountId, AppError } from '#platform/kernel';
import {
  gaugeDenial,
  type Limits,
  limitExceeded,
  admissionError,
  type Permit,
  planRequired,
} from '#platform/limits';

/** Work that no call spends by its declaration: what follows from one, or what a call decides on after a look. */
export interface WorkRequest {
  readonly accountId: AccountId;
  /** In whose name it is charged: `call.spender`, or the user of the permit that it follows from. */
  readonly spender: Spender;
  readonly feature: string;
  readonly as: 'job' | 'inline';
  /** A bound on what it puts into a prompt. */
  readonly textBytes: number;
  /** How many it takes of its limits; one when not said. */
  readonly units?: number;
  readonly requestId: string;
}

/** A product's questions to the plan of an account beside what its routes declare. */
export interface PlanAccess {
  /** The plan in effect and all that it grants. Kept for seconds; a changed plan counts at once where it is heard of. */
  now(accountId: AccountId): Promise<{ readonly plan: string | null; readonly grants: Grants }>;
  /** Takes a permit. Throws `limit_exceeded`, `plan_required` and what admission refuses beside. */
  permit(wish: WorkRequest): Promise<Permit>;
  /** Throws `plan_required`, with the plan that would do, where an option is not granted, or there is nothing of it. What a whole route needs, its `requires` says. */
  assertGrants(accountId: AccountId, option: string): Promise<void>;
  /** The refusal for a failed transaction: where a gauge of the product had no room, with the plan that has more. */
  gaugeRefusal(error: unknown): unknown;
  /** 429 `limit_exceeded` for a number that the product counts itself, with the plan that has more. It never resets. */
  usedUp(limit: { readonly plan: string | null; readonly limit: string; readonly max: number }): AppError;
}

export interface PlanAccessParts {
  readonly product: string;
  readonly ai: Pick<Ai, 'estimate'>;
  readonly entitlements: Pick<Entitlements, 'upgradeFor' | 'packFor' | 'catalogues'>;
  readonly limits: Pick<Limits, 'admit'>;
  readonly planRates: Pick<PlanRates, 'now'>;
}

export function createPlanAccess({ product, ai, limits, ...parts }: PlanAccessParts): PlanAccess {
  const upgradeFor = createUpgradeFor(parts.entitlements);
  return {
    now: (accountId) => parts.planRates.now(accountId, product),
    async permit({ spender, feature, textBytes, ...wish }) {
      const { userId, keyId, sessionId } = spender;
      const call = planTextCall(ai, { product, feature, textBytes });
      const admission = await limits.admit({ ...wish, userId, keyId, sessionId, product, feature, call });
      if (admission.kind === 'permit') return admission.permit;
      if (admission.kind === 'denied' || admission.kind === 'plan_required' || admission.kind === 'refused')
        throw admissionError(product, admission, upgradeFor);
      throw new Error(`a request without a key was answered ${admission.kind}`);
    },
    async assertGrants(accountId, grant) {
      const { plan, grants } = await parts.planRates.now(accountId, product);
      const granted = grants[grant] ?? false;
      if (granted !== false && granted !== 0) return;
      const upgrade = upgradeFor({ product, plan, grant, atLeast: true });
      throw planRequired({ product, plan, grant, needed: true }, upgrade);
    },
    gaugeRefusal(error) {
      const denied = gaugeDenial(error);
      if (denied === undefined) return error;
      const { plan, limit, used, max } = denied;
      return limitExceeded(
        denied,
        upgradeFor({ product, plan, grant: limit, atLeast: Math.max(used, max) + 1 }),
      );
    },
    usedUp({ plan, limit, max }) {
      const denial = { limit, of: 'quota', used: max, max, resetsAt: null, retryAfter: undefined } as const;
      const upgrade = upgradeFor({ product, plan, grant: limit, atLeast: max + 1 });
      return limitExceeded({ ...denial, plan: plan ?? '' }, upgrade);
    },
  };
}

/** Most that a prompt of ours adds to the texts that it is about. */
const PROMPT_BYTES = 8 * 1_024;

/** The model call that a feature's policy plans, for a text of at most so many bytes. */
export function planTextCall(
  ai: Pick<Ai, 'estimate'>,
  asked: { readonly product: string; readonly feature: string; readonly textBytes: number },
): ReturnType<Ai['estimate']> {
  return ai.estimate({
    policy: `${asked.product}.${asked.feature}`,
    inputBytes: asked.textBytes + PROMPT_BYTES,
  });
}
