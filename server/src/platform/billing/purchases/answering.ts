import { commitPoint, type Database, statement } from '#platform/db';
import { type Entitlements, usedShareAt } from '#platform/entitlements';
import { AppError, type AccountId } from '#platform/kernel';
import { usedOfPack } from '#platform/limits';
import type { Queue } from '#platform/queue';
import type { Logger } from '#platform/telemetry';
import type { ObjectKind, ObjectRef } from '../facts.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { EventState } from '../inbox/store/events.ts';
import type { PaymentProvider, ProviderMode, PurchaseUse } from '../payment-provider.ts';

const TAKEN = commitPoint('billing.question-taken', 'that a store is about to be answered');
const ANSWERED = commitPoint('billing.question-answered', 'that a store was answered, or will not be');

const JOB = 'billing.questions';
/** So many at a time: what is left over the next run finds. */
const MOST = 50;
/** Longer than all of these may take: after it another run takes over from a process that died. */
const BUSY = `interval '5 minutes'`;
/** Grants of an account that are looked at, the newest. */
const GRANTS = 1_000;

export interface AnsweringParts {
  readonly db: Database;
  readonly jobs: Pick<Queue, 'handle' | 'schedule'>;
  readonly inbox: Pick<Inbox, 'read'>;
  readonly entitlements: Pick<Entitlements, 'grantsOf'>;
  readonly log: Pick<Logger, 'warn'>;
  /** Each mode of each store. */
  readonly stores: readonly PaymentProvider[];
}

export interface Answering {
  /**
   * Answers stores that have asked how a purchase was used, once its object was read after the question. One process answers a question at
   * a time, and a run that died is gone on with minutes later. Answers how many.
   */
  run(): Promise<number>;
}

/** Registers the job that does so each minute. */
export function createAnswering(parts: AnsweringParts): Answering {
  const stores = parts.stores.filter(({ purchases }) => purchases?.answer !== undefined);
  const answering: Answering = {
    async run() {
      let done = 0;
      for (const store of stores) done += await answerAt(parts, store);
      return done;
    },
  };
  if (stores.length > 0) {
    parts.jobs.handle({
      kind: JOB,
      attempts: 1,
      run: async () => void (await answering.run()),
      giveUp: () => Promise.resolve(),
    });
    parts.jobs.schedule({ name: JOB, cron: '* * * * *', kind: JOB });
  }
  return answering;
}

async function answerAt(parts: AnsweringParts, provider: PaymentProvider): Promise<number> {
  const { db, log } = parts;
  const at = { provider: provider.name, mode: provider.mode };
  const [taken] = await db.system('billing.inbox', TAKEN, [takeQuestions(at)]);
  let done = 0;
  for (const question of taken) {
    const { event_id: event } = question;
    try {
      if (await answerOne(parts, provider, question)) done += 1;
    } catch (err) {
      log.warn({ err, event, ...at }, 'a store could not be told how a purchase was used');
      // It does not answer: this one and the others wait until they are free again.
      if (!(err instanceof AppError) || err.code !== 'store_refused') break;
    }
    await db.system('billing.inbox', ANSWERED, [endQuestion(at, event)]);
  }
  return done;
}

/** Whether there was something to say. */
async function answerOne(
  parts: AnsweringParts,
  provider: PaymentProvider,
  question: Question,
): Promise<boolean> {
  const { event_id: event, state, body, is_late: isLate } = question;
  if (isLate) parts.log.warn({ event, store: provider.name }, 'a store was not answered in time');
  // Not ours, or of an erased account: then nothing is kept of it, and nothing is said.
  if (isLate || state === 'ignored' || body === '') return false;
  const use = await useOf(parts, provider, question);
  if (use === undefined) return false;
  await provider.purchases?.answer?.(body, use);
  return true;
}

/** The purchase's use here; undefined: the store has no such purchase any more. */
async function useOf(
  { db, inbox, entitlements }: AnsweringParts,
  { name, mode }: PaymentProvider,
  { kind, object_id: id, now }: Question,
): Promise<PurchaseUse | undefined> {
  if (kind === null || id === null) return undefined;
  const ref: ObjectRef = { kind, id };
  const read = await inbox.read({ provider: name, mode }, ref);
  if (read === undefined) return undefined;
  if (read.accountId === undefined) return { isDelivered: false, share: undefined };
  const [[pack]] = await db.system('billing.inbox', [usedOfPack(read.accountId, name, id)]);
  if (pack !== undefined) return { isDelivered: true, share: pack.used / pack.amount };
  return useBy(entitlements, read.accountId, { source: name, id, now });
}

interface PurchaseUseRequest {
  readonly source: PaymentProvider['name'];
  readonly id: string;
  readonly now: Date;
}

async function useBy(
  entitlements: AnsweringParts['entitlements'],
  accountId: AccountId,
  { source, id, now }: PurchaseUseRequest,
): Promise<PurchaseUse> {
  const all = await entitlements.grantsOf(accountId, { limit: GRANTS });
  const grant = all.find((one) => one.source === source && one.externalId === id);
  if (grant === undefined) return { isDelivered: false, share: undefined };
  const { startsAt, endsAt, revokedAt, product } = grant;
  // One that gives nothing ends at its beginning.
  const isDelivered = [endsAt, revokedAt].every((end) => end === null || end > startsAt);
  const ofProduct = all.filter((one) => one.product === product);
  return { isDelivered, share: usedShareAt(ofProduct, grant.id, now) };
}

interface Question {
  readonly event_id: string;
  readonly state: EventState;
  readonly body: string;
  readonly kind: ObjectKind | null;
  readonly object_id: string | null;
  readonly is_late: boolean;
  readonly now: Date;
}

/** Takes questions whose object was read after them, and all whose time is over. */
const takeQuestions = ({ provider, mode }: ProviderMode) =>
  statement<Question>(
    `with due as materialized (
       select event_id from billing.inbox
       where store = $1 and mode = $2 and answer_by is not null and answer_at <= app.now()
         and (state in ('applied', 'waiting', 'ignored') or answer_by <= app.now())
       order by answer_at, event_id limit ${MOST} for update skip locked)
     update billing.inbox i set answer_at = app.now() + ${BUSY}, updated_at = app.now()
     from due where i.store = $1 and i.mode = $2 and i.event_id = due.event_id
     returning i.event_id, i.state, i.body, i.kind, i.object_id, i.answer_by <= app.now() as is_late, app.now() as now`,
    [provider, mode],
  );

const endQuestion = ({ provider, mode }: ProviderMode, event: string) =>
  statement(
    `update billing.inbox set answer_by = null, answer_at = null, updated_at = app.now()
     where store = $1 and mode = $2 and event_id = $3`,
    [provider, mode, event],
  );
