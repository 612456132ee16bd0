import { type Statement, statement } from '#platform/db';
import type { Backend } from '#platform/entitlements';
import type { Ids, KeyId, UserId } from '#platform/kernel';
import { compareText, arrayOf, composite } from '../batch.ts';
import type { FindFeature } from '../features.ts';
import { BACKENDS } from '../permits/delegated.ts';
import type { Usage } from '../permit.ts';

/** A use that was metered elsewhere. */
export interface ReportedUse {
  /** Its id where it was metered: counted once for each account and kind of backend, for ever. */
  readonly id: string;
  readonly product: string;
  readonly feature: string;
  readonly units: number;
  readonly usage: Usage;
  /** ISO 8601; now when not said, and never later. */
  readonly at: string | undefined;
  readonly subject: string | undefined;
}

/** The reporter of a use, and the kind of its backend. */
export interface Reporter {
  readonly userId: UserId;
  readonly keyId?: KeyId | undefined;
  readonly backend: Backend;
  readonly requestId: string;
}

/** The result for a reported use: posted, reported before, or refused because its id names another use. */
export type ReportResult = 'posted' | 'duplicate' | 'mismatch';

/**
 * Posts reported uses in the scope of the account: all of them, beyond any limit, with one statement. Present
 * windows are charged with what lies in them, and one that is full or over is closed. Answers in the order of the uses.
 */
export type Reporting = (by: Reporter, uses: readonly ReportedUse[]) => Statement<{ status: ReportResult }>;

export function createReporting({
  ids,
  findFeature,
}: {
  readonly ids: Ids;
  readonly findFeature: FindFeature;
}): Reporting {
  return ({ userId, keyId, backend, requestId }, uses) => {
    const products = [...new Set(uses.map(({ product }) => product))].sort(compareText);
    const named = new Map(uses.map((use) => [nameOf(use), use]));
    const positions = new Map([...named.keys()].map((name, index) => [name, index + 1]));
    const texts = [...named.values()].map(
      ({ product, feature }) => findFeature(product, feature)?.text ?? '',
    );
    const reported = uses.map((use) =>
      composite([...useFields(use, positions.get(nameOf(use))), ...callFields(use.usage)]),
    );
    return statement(
      `select status from limits.report($1, $2, $3, $4, $5::text[], $6::limits.feature[], $7::limits.reported[])`,
      [userId, keyId ?? null, BACKENDS[backend], requestId, products, arrayOf(texts), arrayOf(reported)],
    );
  };

  function useFields(
    { product, feature, id, units, at, subject }: ReportedUse,
    position: number | undefined,
  ) {
    return [product, feature, position, ids.next(), ids.next(), id, units, at, subject];
  }
}

function nameOf({ product, feature }: ReportedUse): string {
  return `${product}.${feature}`;
}

function callFields(usage: Usage) {
  const tokens = [usage.promptTokens, usage.cachedTokens, usage.completionTokens, usage.reasoningTokens];
  const { provider, model, providerRequestId, cost, priceVersion } = usage;
  return [provider, model, providerRequestId, ...tokens, cost, priceVersion];
}
