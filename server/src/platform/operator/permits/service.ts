import type { Audit } from '#platform/audit';
import type { Prices } from '#platform/ai';
import { commitPoint, type Database } from '#platform/db';
import type { CheckoutLinks } from '#platform/billing';
import { createUpgradeFor, type Entitlements } from '#platform/entitlements';
import { type Answer, answer, type Caller, type Prepared } from '#platform/http';
import { AppError } from '#platform/kernel';
import {
  type DelegatedPermit,
  type Limits,
  limitExceeded,
  admissionError,
  type Permit,
  refusalError,
  permitError,
  type Usage,
} from '#platform/limits';
import { createReport, type Report } from './events.ts';
import { backendOf, type By, invalid, openFeature, recordBehalf, type Use } from './open-feature.ts';
import { type Estimate, plannedCall, type ReportedCost, usageOf } from './pricing.ts';
import './errors.ts';

const DELEGATE = commitPoint(
  'permits.delegate',
  'a permit is delegated to a backend, and the answer to a repeat is kept',
);

/** Names a permit to the backend that it was delegated to. */
export type PermitOf = Pick<By, 'accountId' | 'caller'> & { readonly id: string };

/** Permits for backends outside of this program. Admission decides on them as on any other. */
export interface Permits {
  /** The request for admission. Throws for a feature that is not open to anybody, and for a model without a price. */
  plan(wanted: Use & { readonly estimate?: Estimate | undefined }): Prepared;
  /** The answer that a request for a permit would get now. Throws as `plan` and `checkOpen` do. */
  preview(
    wanted: Use & Estimate & { readonly units: number },
    by: By & { readonly seesModelCost: boolean },
  ): Promise<PreviewView>;
  /** Throws `feature_not_open` where this caller may take no permits of the feature. */
  checkOpen(wanted: Use, caller: Caller): void;
  /** Delegates a permit that admission has just given, and keeps the answer for a repeat, in one commit. */
  delegate(permit: Permit, seconds: number, by: Omit<By, 'spender'>): Promise<Answer<DelegatedView>>;
  find(of: PermitOf): Promise<DelegatedPermit>;
  /** Throws `permit_stale` where it has expired or was released, and posts what is said of its cost all the same. */
  settle(of: PermitOf, end: ReportedCost & { readonly units?: number | undefined }): Promise<SettledView>;
  release(of: PermitOf, reason: string): Promise<void>;
  /** `seconds` from now, and `reserve` in all, micro-dollars; what is not said stays as it is. */
  extend(
    of: PermitOf,
    by: { readonly seconds: number; readonly reserve: number | undefined },
  ): Promise<{ readonly expiresAt: Date; readonly reserve: number }>;
  /** Writes down what has happened; answers for each event what became of it. */
  readonly report: Report;
}

/** A permit as its backend is given it. */
export interface DelegatedView {
  readonly permit_id: string;
  readonly product: string;
  readonly feature: string;
  readonly units: number;
  readonly reserve_micros: number;
  readonly status: 'running';
  readonly expires_at: string;
}

export interface PreviewView {
  readonly admitted: boolean;
  readonly product: string;
  readonly feature: string;
  readonly units: number;
  readonly reserve_micros: number;
  readonly refusal: {
    readonly code: string;
    readonly message: string;
    readonly details: Readonly<Record<string, unknown>>;
  } | null;
}

export interface SettledView {
  readonly permit_id: string;
  readonly status: 'settled';
  readonly units: number;
  readonly cost_micros: number;
}

export interface PermitsParts {
  readonly db: Database;
  readonly limits: Pick<Limits, 'delegated' | 'preview' | 'reporting'>;
  readonly entitlements: Pick<Entitlements, 'catalogues' | 'upgradeFor' | 'packFor'>;
  readonly checkoutLinks: Pick<CheckoutLinks, 'offersIn'>;
  readonly prices: Prices;
  readonly audit: Audit;
}

export function createPermits(parts: PermitsParts): Permits {
  const { limits, prices } = parts;
  const { catalogues } = parts.entitlements;

  async function find({ accountId, caller, id }: PermitOf): Promise<DelegatedPermit> {
    const found = await limits.delegated.find({ accountId, backend: backendOf(caller), id });
    if (found === undefined) throw new AppError('not_found', { message: 'There is no such permit.' });
    return found;
  }

  return {
    plan(wanted) {
      const { reserve } = openFeature(catalogues, wanted, 'operator');
      return { planned: plannedCall(prices, reserve, wanted.estimate) };
    },
    preview: (wanted, by) => preview(parts, wanted, by),
    checkOpen: (wanted, caller) => void openFeature(catalogues, wanted, backendOf(caller)),
    delegate: (permit, seconds, by) => delegate(parts, permit, { ...by, seconds }),
    find,

    async settle(of, end) {
      const permit = await find(of);
      const { units = permit.units, usage: said, cost_micros: costSaid } = end;
      if (units > permit.units && permit.status === 'running')
        throw invalid('units', `The permit is for ${permit.units} and no more.`);
      const isSaid = said !== undefined || costSaid !== undefined;
      const usage = isSaid ? usageOf(prices, end, permit) : undefined;
      if (permit.status === 'settled' && !permit.estimated) return settledBefore(permit, { ...end, usage });
      const cost = await limits.delegated.settle(permit, { units, usage });
      if (cost !== undefined) return settledView({ ...permit, units, cost });
      return settledBefore(await find(of), { ...end, usage });
    },

    async release(of, reason) {
      const permit = await find(of);
      if (permit.status === 'settled') throw closedError(permit);
      if (await limits.delegated.release(permit, reason)) return;
      const now = await find(of);
      if (now.status !== 'voided') throw closedError(now);
    },

    async extend(of, by) {
      const permit = await find(of);
      const longest = catalogues.get(permit.product)?.features[permit.feature]?.longestSeconds ?? 0;
      const extended = await limits.delegated.extend(permit, { ...by, longest });
      switch (extended.kind) {
        case 'extended':
          return extended;
        case 'denied': {
          const { plan, limit, max } = extended.denial;
          const upgrade = parts.entitlements.upgradeFor(permit.product, plan, (g) => Number(g[limit]) > max);
          throw limitExceeded(extended.denial, upgrade?.plan ?? null);
        }
        case 'refused':
          throw refusalError(extended.reason);
        case 'closed':
          throw closedError(await find(of));
      }
    },

    report: createReport(parts),
  };
}

async function preview(
  { limits, prices, entitlements, checkoutLinks }: PermitsParts,
  { product, feature, subject, units, ...estimate }: Use & Estimate & { readonly units: number },
  { accountId, caller, spender, origin, seesModelCost }: By & { readonly seesModelCost: boolean },
): Promise<PreviewView> {
  const { catalogues } = entitlements;
  const { reserve } = openFeature(catalogues, { product, feature, subject }, backendOf(caller));
  const call = plannedCall(prices, reserve, estimate);
  const use = { product, feature, subject, units, call, as: 'job' } as const;
  const said = await limits.preview({ ...use, ...spender, accountId, requestId: origin.requestId });
  const denied =
    said.kind === 'granted' ? null : admissionError(product, said, createUpgradeFor(entitlements));
  const refused = denied !== null && seesModelCost ? denied.showingCost() : denied;
  // A look orders nothing: it shows the price, and no link.
  const withOffer = ({ details = {} }: AppError) => ({
    ...details,
    ...checkoutLinks.offersIn(details, undefined),
  });
  return {
    admitted: refused === null,
    product,
    feature,
    units,
    reserve_micros: said.kind === 'granted' ? said.reserve : call.reserve,
    refusal: refused && { code: refused.code, message: refused.message, details: withOffer(refused) },
  };
}

async function delegate(
  { db, audit }: PermitsParts,
  permit: Permit,
  by: Omit<By, 'spender'> & { readonly seconds: number },
): Promise<Answer<DelegatedView>> {
  const { id, product, feature, units, reserve } = permit;
  try {
    return await db.tenant(by.accountId, DELEGATE, async (tx) => {
      const [delegated] = await tx.run(permit.delegating(backendOf(by.caller), by.seconds));
      if (delegated === undefined) throw new AppError('permit_stale');
      const expires = delegated.expires_at.toISOString();
      const facts = { permit_id: id, product, feature, units, reserve_micros: reserve };
      const given = answer(201, { ...facts, status: 'running' as const, expires_at: expires });
      const kept = permit.answering(given);
      if (kept !== undefined) await tx.run(kept);
      const changes = { product, feature, units };
      await recordBehalf(audit, tx, { ...by, action: 'permit.taken', permit: id, changes });
      return given;
    });
  } catch (error) {
    throw permitError(error);
  }
}

function settledView({ id, units, cost }: DelegatedPermit): SettledView {
  return { permit_id: id, status: 'settled', units, cost_micros: cost };
}

/** The same settlement again gets the same answer; another one is told that it comes too late. */
function settledBefore(
  permit: DelegatedPermit,
  said: { readonly units?: number | undefined; readonly usage: Usage | undefined },
): SettledView {
  if (permit.status !== 'settled') throw closedError(permit);
  const { units = permit.units, usage } = said;
  if (units === permit.units && (usage === undefined || isOf(permit, usage))) return settledView(permit);
  const details = { units: permit.units };
  throw new AppError('permit_settled', {
    details,
    withCost: { details: { ...details, cost_micros: permit.cost } },
  });
}

/** Whether it is the call that the permit was settled with: by the provider's id of it, else by what it cost. */
function isOf({ providerRequestId, cost }: DelegatedPermit, usage: Usage): boolean {
  if ((usage.providerRequestId ?? null) !== providerRequestId) return false;
  return providerRequestId !== null || usage.cost === cost;
}

function closedError({ status, cost }: DelegatedPermit): AppError {
  return new AppError('permit_stale', {
    message: `This permit is ${status}, and not open any more.`,
    details: { status },
    withCost: { details: { status, cost_micros: cost } },
  });
}
