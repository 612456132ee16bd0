import { Button } from '@mantine/core';
import { Act, Refusal, useAct, useApi, useProductSearch, useTexts } from '@plinth/console';
import { PlinthError } from '@plinth/sdk/errors';
import { movesFrom } from '../scopes/statuses.ts';
import { texts } from './texts.ts';
import type { Scope } from './use-scope.ts';

type ScopeStatus = Scope['status'];

/** The way to a client first, the ways back behind it. */
const ORDER: readonly ScopeStatus[] = ['approved', 'sent', 'in_review', 'draft', 'archived'];

interface Conflict {
  readonly section_id: string;
  readonly subject: string;
}

/** Verbs for the next statuses. A scope is approved as it was read: a change since then is a refusal. */
export function StatusActs({ scope: { id, status, version, sections } }: { readonly scope: Scope }) {
  const { say } = useTexts(texts);
  const { call } = useApi();
  const { change } = useProductSearch();
  const set = (to: ScopeStatus, despite = false) =>
    call(
      'PATCH /v1/scopes/{id}/status',
      { params: { id }, body: { status: to, despite_conflicts: despite } },
      { version },
    );
  const { mutate, error, isPending, variables = status } = useAct((to: ScopeStatus) => set(to));
  const conflicts =
    error instanceof PlinthError && error.code === 'open_conflicts'
      ? (error.details['conflicts'] as readonly Conflict[])
      : undefined;
  const titleOf = (section: string) => sections.find((one) => one.id === section)?.title ?? '';
  const verbOf = (to: ScopeStatus) =>
    say(to === 'in_review' && status === 'approved' ? 'to_review_again' : `to_${to}`);
  const next = ORDER.filter((to) => movesFrom(status).includes(to));
  return (
    <>
      {next.map((to) => (
        <Button key={to} variant="default" disabled={isPending} onClick={() => mutate(to)}>
          {verbOf(to)}
        </Button>
      ))}
      {conflicts === undefined ? (
        <Refusal error={error} />
      ) : (
        <div role="alert" className="notice" data-bad>
          <span className="grow">{say('openConflicts')}</span>
          {conflicts.map(({ section_id: at, subject }) => (
            <button
              key={at + subject}
              type="button"
              className="quiet"
              onClick={() => change({ view: 'sections', at })}
            >
              {titleOf(at)}: {subject}
            </button>
          ))}
          <Act text={say('despite', { verb: verbOf(variables) })} act={() => set(variables, true)} />
        </div>
      )}
    </>
  );
}
