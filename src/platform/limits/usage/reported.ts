import { type Statement, statement } from '#platform/db';
import type { Backend } from '#platform/entitlements';
import type { Ids, KeyId, UserId } from '#platform/kernel';
import { compareText } from '../batch.ts';
import { arrayOf, composite } from '../composite.ts';
import type { CompiledFeature } from '../features.ts';
import { BACKENDS } from '../permits/delegated.ts';
import type { Usage } from '../permit.ts';

/** Something that was metered elsewhere and has happened. */
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

/** In whose name, and by which kind of backend, something is reported. */
export interface Reporter {
  readonly userId: UserId;
  readonly keyId?: KeyId | undefined;
  readonly backend: Backend;
  readonly requestId: string;
}

/** What became of a reported use: written down, known from before, or refused because its id stands for another one. */
export type Reported = 'posted' | 'duplicate' | 'mismatch';

/**
 * Writes down what has happened, in the scope of the account: all of it, whatever the limits say, with one statement. Present
 * windows are charged with what lies in them, and one that is full or over is closed. Answers in the order of the uses.
 */
export type Reporting = (by: Reporter, uses: readonly ReportedUse[]) => Statement<{ status: Reported }>;

export function createReporting({
  ids,
  features,
}: {
  readonly ids: Ids;
  readonly features: ReadonlyMap<string, CompiledFeature>;
}): Reporting {
  return ({ userId, keyId, backend, requestId }, uses) => {
    const products = [...new Set(uses.map(({ product }) => product))].sort(compareText);
    const named = [...new Set(uses.map(nameOf))];
    const places = new Map(named.map((name, place) => [name, place + 1]));
    const texts = named.map((name) => features.get(name)?.text ?? '');
    const reported = uses.map((use) =>
      composite([...about(use, places.get(nameOf(use))), ...called(use.usage)]),
    );
    return statement(
      `select status from limits.report($1, $2, $3, $4, $5::text[], $6::limits.feature[], $7::limits.reported[])`,
      [userId, keyId ?? null, BACKENDS[backend], requestId, products, arrayOf(texts), arrayOf(reported)],
    );
  };

  function about({ product, feature, id, units, at, subject }: ReportedUse, place: number | undefined) {
    return [product, feature, place, ids.next(), ids.next(), id, units, at, subject];
  }
}

function nameOf({ product, feature }: ReportedUse): string {
  return `${product}.${feature}`;
}

function called(usage: Usage) {
  const tokens = [usage.promptTokens, usage.cachedTokens, usage.completionTokens, usage.reasoningTokens];
  const { provider, model, providerRequestId, cost, priceVersion } = usage;
  return [provider, model, providerRequestId, ...tokens, cost, priceVersion];
}
