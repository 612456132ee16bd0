import { type DataRule, erased } from '#platform/db';

/** How erasure and export treat events for the operator's systems. */
export const webhooksDataRules: DataRule[] = [
  { table: 'webhooks.endpoints', nobodys: 'the operator’s' },
  {
    table: 'webhooks.events',
    // That it was erased is told afterwards, by its id alone.
    account: erased("t.account_id = $1::uuid and t.type <> 'account.erased'"),
    // Costs of model calls are the operator's.
    accountShows: `coalesce(t.data->>'kind', '') not in ('budget', 'failures')`,
  },
  {
    table: 'webhooks.deliveries',
    // Their answers may quote what they were told.
    account: erased('t.event_id in (select e.id from webhooks.events e where e.account_id = $1::uuid)'),
    withheld: 'what the operator’s own systems answered',
  },
];
