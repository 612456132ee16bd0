import { useCallback, useState, useSyncExternalStore } from 'react';
import { usePlinth } from './provider.tsx';
import type { Loaded, Resource } from './resource.ts';
import type { Compared, Entitlement, Plan } from './replies.ts';

export interface Refreshable {
  /** Loads it again: after a permit of this customer was used, or a plan was bought. */
  readonly refresh: () => Promise<void>;
}

function useLoaded<T>({ subscribe, get, refresh }: Resource<T>): Loaded<T> & Refreshable {
  return { ...useSyncExternalStore(subscribe, get, get), refresh };
}

/** Plan and limits of the customer. For showing: only a permit decides. `data` is undefined until it is loaded, and without the product. */
export function useEntitlements(): Loaded<Entitlement> & Refreshable {
  const { product, entitlements } = usePlinth();
  const { data, ...rest } = useLoaded(entitlements);
  return { data: data?.data.find((one) => one.product === product), ...rest };
}

/** Use of one limit; `left` and `max` are null without a cap. */
export interface LimitState {
  readonly used: number;
  readonly left: number | null;
  readonly max: number | null;
  readonly isReached: boolean;
  /** ISO 8601; null: it never does. */
  readonly resetsAt: string | null;
}

/** A limit by its name within the product; undefined until it is loaded, and where the plan has none of this name. */
export function useLimit(name: string): LimitState | undefined {
  const { data } = useEntitlements();
  if (data === undefined || !Object.hasOwn(data.used, name)) return undefined;
  const [used = 0, left = null, granted] = [data.used[name], data.left[name], data.grants[name]];
  const max = left === null ? null : typeof granted === 'number' ? Math.max(granted, left) : used + left;
  return { used, left, max, isReached: left === 0, resetsAt: data.resets_at[name] ?? null };
}

/** Plans on sale, and what they differ in. */
export function usePricing(): Loaded<{
  readonly plans: readonly Plan[];
  readonly comparison: readonly Compared[];
}> &
  Refreshable {
  const { product, prices } = usePlinth();
  const { data, ...rest } = useLoaded(prices);
  const shown = data && {
    plans: data.data.filter((plan) => plan.product === product),
    comparison: data.comparison[product] ?? [],
  };
  return { data: shown, ...rest };
}

/** Opens the portal in this tab. A link is good once, so it is made when it is needed. */
export function usePortalLink(): {
  readonly open: () => Promise<void>;
  readonly isOpening: boolean;
  readonly error: unknown;
} {
  const { portalLink } = usePlinth();
  const [state, setState] = useState<{ isOpening: boolean; error: unknown }>({
    isOpening: false,
    error: undefined,
  });
  const open = useCallback(async () => {
    setState({ isOpening: true, error: undefined });
    try {
      location.assign(await portalLink());
      setState({ isOpening: false, error: undefined });
    } catch (error) {
      setState({ isOpening: false, error });
    }
  }, [portalLink]);
  return { open, ...state };
}
