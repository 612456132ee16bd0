import type { AccountId } from '#platform/kernel';
import type { openProjection } from './fixture.ts';
import type { ObjectFixture } from './objects.ts';

export type Shopper = ReturnType<typeof shopperOf>;

/** An account that buys; the provider's ids are its own. */
export function shopperOf(fixture: Awaited<ReturnType<typeof openProjection>>, accountId: AccountId) {
  const named = async (sql: string) =>
    (await fixture.rows<{ name: string }>(sql, accountId)).map(({ name }) => name);
  return {
    accountId,
    own: (name: string) => `${name}_${accountId}`,
    apply: (told: ObjectFixture) => fixture.apply(told, accountId),
    plan: () => fixture.plan(accountId),
    rows: <Row>(sql: string) => fixture.rows<Row>(sql, accountId),
    /** What its people were told once, by kind. */
    notices: () => named('select kind as name from billing.notices where account_id = $1 order by kind'),
    /** What was mailed, by the names of templates, oldest first. */
    mails: () => named('select template as name from mail.messages where account_id = $1 order by id'),
    /** Payments that failed, as the operator's own systems are told: `card_declined 3995`. */
    events: () =>
      named(
        `select data->>'failure_code' || ' ' || (data->>'amount') as name from webhooks.events
         where account_id = $1 and type = 'payment.failed' order by once`,
      ),
  };
}
