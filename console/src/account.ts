import type { ReplyOf } from '@plinth/sdk';
import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { type Api, apiFor, session } from './session.ts';

export type Me = ReplyOf<'GET /v1/me'>;

const KEPT = 'plinth.account';
let chosen: string | undefined = localStorage.getItem(KEPT) ?? undefined;
const listeners = new Set<() => void>();

/** Chooses the account that all pages show, among those that the user acts for. */
export function chooseAccount(id: string): void {
  chosen = id;
  localStorage.setItem(KEPT, id);
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export const useIsSignedIn = (): boolean | undefined =>
  useSyncExternalStore(session.subscribe, session.isSignedIn);

export const useMe = () => {
  const isSignedIn = useIsSignedIn();
  return useQuery({
    queryKey: ['me'],
    queryFn: () => apiFor(undefined).call('GET /v1/me', {}),
    enabled: isSignedIn === true,
  });
};

/** Whether a product takes calls on this server; of none it is known before it is who is signed in. */
export function useRuns(): (product: string) => boolean {
  const { data: me } = useMe();
  return (product) => me?.products.includes(product) === true;
}

/** Whether a page, or a group of them, is for who is signed in, on this server. */
export function useIsMine() {
  const { data: me } = useMe();
  const runs = useRuns();
  return ({ isOperators, product }: { readonly isOperators?: boolean; readonly product?: string }) =>
    (isOperators !== true || me?.role === 'admin') && (product === undefined || runs(product));
}

/** The account that pages are about, and the client that calls for it; undefined until it is known who is signed in. */
export function useAccount(): { readonly account: Me['accounts'][number]; readonly api: Api } | undefined {
  const wanted = useSyncExternalStore(subscribe, () => chosen);
  const { data: me } = useMe();
  if (me === undefined) return undefined;
  const account =
    me.accounts.find(({ id }) => id === wanted) ?? me.accounts.find(({ id }) => id === me.default_account_id);
  return account === undefined ? undefined : { account, api: apiFor(account.id) };
}

/** The client for the chosen account. */
export const useApi = (): Api => apiFor(useAccount()?.account.id);
