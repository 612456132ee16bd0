import { statement, type Transaction } from '#platform/db';
import { sha256, type UserId } from '#platform/kernel';
import type { SubscriptionFacts } from '../facts.ts';
import type { AppliedObject } from './applied-object.ts';

/**
 * Notes the trial that a subscription began with, and whether it is to be: one that began at our own page is refused where as
 * many other accounts have tried the product as may, by the account's maker, to the maker's verified address or on its card. Who comes
 * first here has it, and what was decided stays. Decided anew alone when the card is heard of only later; where the trial
 * began without one, a card that is added pays, and refuses nothing.
 */
export async function recordTrialIn(
  tx: Transaction,
  applied: AppliedObject,
  mostPerPerson: number,
): Promise<void> {
  const { subscription } = applied.facts;
  if (subscription === undefined || subscription.trialEndsAt === null) return;
  const card = subscription.card === undefined ? null : sha256(`${applied.provider} ${subscription.card}`);
  const [[known], [account]] = await tx.runAll([trialOf(applied, subscription), makerOf(applied)]);
  if (account === undefined || (known !== undefined && (known.card !== null || card === null))) return;
  const { created_by: maker, address } = account;
  const { product, isCardless = false } = subscription;
  await tx.run(lockTrials([`of ${maker}`, `on ${card}`, `to ${address}`].map((by) => `${product} ${by}`)));
  const [elsewhere] = await tx.run(triedElsewhere(applied, subscription, isCardless ? null : card));
  const isRefused =
    subscription.isOurs === true &&
    (known === undefined || !isCardless) &&
    subscription.state === 'trialing' &&
    (elsewhere?.tried ?? 0) >= mostPerPerson;
  await tx.run(keepTrial(applied, subscription, { maker, card, address, isRefused }));
}

const makerOf = ({ accountId }: AppliedObject) =>
  statement<{ created_by: UserId; address: string | null }>(
    'select created_by, billing.trial_address(created_by) as address from accounts.accounts where account_id = $1',
    [accountId],
  );

/** One at a time for each person, address and card: two that begin at once are decided one after the other. In one order. */
const lockTrials = (names: readonly string[]) =>
  statement(
    `select pg_advisory_xact_lock(hashtextextended('trial ' || name, 0))
     from (select name from jsonb_array_elements_text($1::text::jsonb) as name order by name offset 0) as names`,
    [JSON.stringify(names)],
  );

const trialOf = ({ accountId, provider, mode }: AppliedObject, { id }: SubscriptionFacts) =>
  statement<{ card: string | null }>(
    'select card from billing.trials where account_id = $1 and store = $2 and mode = $3 and store_id = $4',
    [accountId, provider, mode, id],
  );

const triedElsewhere = (
  { accountId, mode }: AppliedObject,
  { product }: SubscriptionFacts,
  card: string | null,
) =>
  statement<{ tried: number }>('select billing.tried_elsewhere($1, $2, $3, $4) as tried', [
    accountId,
    mode,
    product,
    card,
  ]);

const keepTrial = (
  { accountId, provider, mode }: AppliedObject,
  { id, product }: SubscriptionFacts,
  trial: {
    readonly maker: UserId;
    readonly card: string | null;
    readonly address: string | null;
    readonly isRefused: boolean;
  },
) =>
  statement(
    `insert into billing.trials as known (account_id, store, mode, store_id, product, created_by, card, refused_at, address)
     values ($1, $2, $3, $4, $5, $6, $7, case when $8 then app.now() end, $9)
     on conflict (account_id, store, mode, store_id) do update
       set card = excluded.card, refused_at = coalesce(known.refused_at, excluded.refused_at), updated_at = app.now()`,
    [accountId, provider, mode, id, product, trial.maker, trial.card, trial.isRefused, trial.address],
  );
