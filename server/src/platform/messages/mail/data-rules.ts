import { type DataRule, erased } from '#platform/db';

/** How erasure and export treat the log of mails, and mails on their way. */
export const mailDataRules: DataRule[] = [
  {
    table: 'mail.messages',
    account: erased(),
    user: erased('t.user_id = $1::uuid or lower(t.recipient) = lower($2)'),
    // A link that lets in may stand there while the mail waits.
    // The name of an alert has the size of its budget, which is the operator's to show.
    withheld: ['facts', 'once'],
  },
];
