import { apiFor, useAccount, useMe, useOfAccount, WIRE } from '@plinth/console';
import type { ReplyOf, ScopePresence } from '@plinth/sdk';
import { orbitCalls } from '@plinth/sdk/orbit';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

export type Scope = ReplyOf<'GET /v1/scopes/{id}'>;
export type Section = Scope['sections'][number];

/** A scope, and what one may do with it: who edits it may be kept from that by its status. */
export interface View {
  readonly scope: Scope;
  readonly isMember: boolean;
  readonly mayEdit: boolean;
}

/** Milliseconds after which a lost stream is opened again; as often everything of the scope is asked for meanwhile. */
const AGAIN = 5_000;

/** Beginning of the key of all that is asked of a scope: its stream says when it is asked for again. */
export const keyOf = (id: string, ...what: readonly unknown[]) => ['orbit scope', id, ...what];

export const useDocuments = (id: string) =>
  useOfAccount(
    keyOf(id, 'documents'),
    async (api) => (await api.call('GET /v1/documents', { query: { scope_id: id, limit: 100 } })).data,
    {
      again: (all) => (all?.some(({ uploaded_at: at, status }) => at !== null && isOpen(status)) ? 1_000 : 0),
    },
  );

/** Whether something is still worked on. */
export const isOpen = (status: string | undefined): boolean =>
  ['pending', 'processing', 'queued', 'running'].includes(status ?? '');

export type Others = ScopePresence['users'];

/** Other readers of a scope, and their section. Presence from its stream is asked for again; while there is no stream, everything is. */
export function useOthers(id: string, editing: string | undefined) {
  const accountId = useAccount()?.account.id;
  const me = useMe().data?.id;
  const queries = useQueryClient();
  const [here, setHere] = useState<Others>([]);
  const [isLost, setLost] = useState(false);
  useEffect(() => {
    if (accountId === undefined) return;
    const left = new AbortController();
    const { signal } = left;
    const readAnew = () => void queries.invalidateQueries({ queryKey: keyOf(id) });
    async function listen(): Promise<void> {
      try {
        for await (const told of orbitCalls(apiFor(accountId), WIRE).events(id, { signal })) {
          setLost(false);
          if (told.event === 'presence') setHere(told.data.users);
          else readAnew();
        }
      } catch {
        signal.throwIfAborted();
        setHere([]);
        setLost(true);
        readAnew();
        await WIRE.time.wait(AGAIN, signal);
        await listen();
      }
    }
    listen().catch(() => undefined);
    return () => left.abort();
  }, [id, accountId, queries]);
  const isHere = here.some(({ user_id: user }) => user === me);
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
  return { others: here.filter(({ user_id: user }) => user !== me), isLost };
}
