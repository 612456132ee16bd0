import { setTimeout as pause } from 'node:timers/promises';
import { type Database, statement } from '#platform/db';
import { AppError } from '#platform/kernel';
import type { PaymentProvider, ProviderMode } from '../../payment-provider.ts';
import type { ReconcileResult } from './reconcile.ts';

/** Between two looks at what another process is reading. Milliseconds. */
const PAUSE = 200;

/** The end of a reconciliation that was waited for. */
export interface CatchUpResult {
  /** Messages that had never come. */
  readonly events: number;
  /** Objects that were read and applied since it began, by whichever process. */
  readonly applied: number;
  /** Objects whose last read came to nothing, by the reason; `given_up`: they are not asked for again by themselves. */
  readonly unread: readonly (ProviderMode & { readonly error: string; readonly count: number })[];
  /** Providers that did not say what they have told: the next run asks for the same time. */
  readonly silent: readonly (ProviderMode & { readonly error: AppError })[];
}

export interface CatchUpParts {
  readonly db: Database;
  readonly providers: readonly PaymentProvider[];
  /** Reconciles each provider, in their order. */
  readonly reconcile: () => Promise<readonly PromiseSettledResult<ReconcileResult>[]>;
  readonly drain: () => Promise<void>;
}

/** Reconciles all providers, one that fails holding up no other, and waits until all that is asked for was read, or could not be. */
export async function catchUp(parts: CatchUpParts): Promise<CatchUpResult> {
  const { db, providers } = parts;
  const modes = JSON.stringify(providers.map(({ name, mode }) => ({ store: name, mode })));
  const [[before]] = await db.system('billing.inbox', [newestAnswer()]);
  const runs = await parts.reconcile();
  const silent = runs.flatMap((run, place) => {
    const provider = providers[place];
    if (run.status === 'fulfilled' || provider === undefined) return [];
    if (!(run.reason instanceof AppError)) throw run.reason;
    return [{ provider: provider.name, mode: provider.mode, error: run.reason }];
  });
  const unread = await untilRead(parts, modes);
  const [[answers]] = await db.system('billing.inbox', [answersSince(modes, before?.number ?? 0)]);
  const events = runs.reduce((sum, run) => sum + (run.status === 'fulfilled' ? run.value.events : 0), 0);
  return { events, applied: answers?.count ?? 0, unread, silent };
}

/** Another process may be reading some of it: it is done with each, or dead, within the lease of a fetch. */
async function untilRead({ db, drain }: CatchUpParts, modes: string): Promise<CatchUpResult['unread']> {
  const [[now]] = await db.system('billing.inbox', [statement<{ at: Date }>('select app.now() as at')]);
  if (now === undefined) throw new Error('the database did not say what time it is');
  for (;;) {
    await drain();
    const [tasks] = await db.system('billing.inbox', [tasksAsOf(modes, now.at)]);
    if (!tasks.some(({ is_pending }) => is_pending))
      return tasks.map(({ provider, mode, error, count }) => ({ provider, mode, error, count }));
    await pause(PAUSE);
  }
}

const MODES =
  '(store, mode) in (select store, mode from jsonb_to_recordset($1::text::jsonb) as t (store text, mode text))';

const newestAnswer = () =>
  statement<{ number: number }>('select coalesce(max(number), 0) as number from billing.objects');

const answersSince = (modes: string, number: number) =>
  statement<{ count: number }>(
    `select count(*)::integer as count from billing.objects where ${MODES} and number > $2`,
    [modes, number],
  );

/** Objects that were asked for until then and are not applied; pending: it is being read, or is about to be. */
const tasksAsOf = (modes: string, at: Date) =>
  statement<ProviderMode & { error: string; count: number; is_pending: boolean }>(
    `select store as provider, mode, is_pending, error, count(*)::integer as count
     from (select store, mode, case when dead then 'given_up' else coalesce(error, '') end as error, error is null or fetching is not null as is_pending
       from billing.wants where ${MODES} and created_at <= $2) t
     group by store, mode, is_pending, error order by store, mode, error`,
    [modes, at],
  );
