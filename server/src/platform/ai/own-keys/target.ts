import { withFee } from '../metering/prices.ts';
import type { Target, Upstream } from '../providers/providers.ts';

/** A key of an account's own at a provider, and what its calls cost: percent of the price. */
export interface OwnKey {
  readonly key: string;
  readonly fee: number;
}

/** By provider. */
export type OwnKeys = ReadonlyMap<string, OwnKey>;

/** An upstream as it is called with another key than the operator's. */
export const withKey = (upstream: Upstream, key: string): Upstream => ({
  ...upstream,
  apiKey: key,
  authorization: upstream.authorize(key),
  keys: [],
  aws: undefined,
  google: undefined,
});

/**
 * The models of a name that an account has keys of its own for, if there are any: a call that its key can make is never made at the
 * operator's cost, not even when the key is refused. All of them, where there are none.
 */
export function ownTargets(chain: readonly Target[], own: OwnKeys | undefined): readonly Target[] {
  if (own === undefined) return chain;
  const targets = chain.flatMap((target) => {
    const found = own.get(target.provider);
    return found === undefined ? [] : [withOwnKey(target, found)];
  });
  return targets.length === 0 ? chain : targets;
}

function withOwnKey(target: Target, { key, fee }: OwnKey): Target {
  const upstream = withKey(target.upstream, key);
  return { ...target, keys: undefined, price: withFee(target.price, fee), upstream, isOwnKey: true };
}
