import { apiFor, useAccount, useMe, useOfAccount, WIRE } from '@plinth/console';
import type { ReplyOf, ScopePresence } from '@plinth/sdk';
import { orbitCalls } from '@plinth/sdk/orbit';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

export type Scope = ReplyOf<'GET /v1/scopes/{id}'>;
export type Section = Scope['sections'][number];

/** Milliseconds after which a lost stream is opened again; as often everything of the scope is asked for meanwhile. */
const AGAIN = 5_000;

/** What begins the key of all that is asked of a scope: its stream says when it is asked for again. */
export const keyOf = (id: string, ...what: readonly unknown[]) => ['orbit scope', id, ...what];

/** The client for the chosen account. */
export const useApi = () => apiFor(useAccount()?.account.id);

export const useDocuments = (id: string) =>
  useOfAccount(
    keyOf(id, 'documents'),
    async (api) => (await api.call('GET /v1/documents', { query: { scope_id: id, limit: 100 } })).data,
    {
      again: (all) => (all?.some(({ uploaded_at: at, status }) => at !== null && isOpen(status)) ? 1_000 : 0),
    },
  );

export type Others = ReturnType<typeof useOthers>['others'];

/** Whether something is still worked on. */
export const isOpen = (status: string | undefined): boolean =>
  ['pending', 'processing', 'queued', 'running'].includes(status ?? '');

/** What people of the account are called, by their ids. */
export function useNames(): (id: string) => string {
  const { data } = useOfAccount(['orbit members'], ({ call }, { id }) =>
    call('GET /v1/organizations/{id}/members', { params: { id }, query: { limit: 100 } }),
  );
  return (id) => {
    const found = data?.data.find(({ user_id: user }) => user === id);
    return found?.full_name ?? found?.email ?? '–';
  };
}

/** Who else has a scope open, and in which section. What its stream tells is asked for again; while there is no stream, everything is. */
export function useOthers(id: string, editing: string | undefined) {
  const accountId = useAccount()?.account.id;
  const me = useMe().data?.id;
  const queries = useQueryClient();
  const [here, setHere] = useState<ScopePresence['users']>([]);
  const [lost, setLost] = useState({ isLost: false, times: 0 });
  useEffect(() => {
    if (accountId === undefined) return;
    const left = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const readAnew = () => queries.invalidateQueries({ queryKey: keyOf(id) });
    async function listen() {
      const { events } = orbitCalls(apiFor(accountId), WIRE);
      for await (const told of events(id, { signal: left.signal })) {
        setLost((was) => (was.isLost ? { ...was, isLost: false } : was));
        if (told.event === 'presence') setHere(told.data.users);
        else void readAnew();
      }
    }
    listen().catch(() => {
      if (left.signal.aborted) return;
      setHere([]);
      setLost((was) => ({ ...was, isLost: true }));
      void readAnew();
      timer = setTimeout(() => setLost(({ times }) => ({ isLost: true, times: times + 1 })), AGAIN);
    });
    return () => {
      clearTimeout(timer);
      left.abort();
    };
  }, [id, accountId, queries, lost.times]);
  const own = here.find(({ user_id: user }) => user === me);
  const isHere = own !== undefined;
  useEffect(() => {
    if (!isHere || editing === undefined) return;
    const say = (section_id: string | null) =>
      void apiFor(accountId)
        .call('PUT /v1/scopes/{id}/editing', { params: { id }, body: { section_id } })
        // Others see it later, or not: nothing is lost.
        .catch(() => undefined);
    say(editing);
    return () => say(null);
  }, [id, accountId, isHere, editing]);
  return { others: here.filter(({ user_id: user }) => user !== me), isLost: lost.isLost };
}
