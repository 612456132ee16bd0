import { type DataRule, erased } from '#platform/db';

/** What erasure and export do with the log of mails, and with mails on their way. */
export const mailDataRules: DataRule[] = [
  {
    table: 'mail.messages',
    account: erased(),
    user: erased('t.user_id = $1::uuid or lower(t.recipient) = lower($2)'),
    // A link that lets in may stand there while the mail waits.
    withheld: ['facts'],
  },
];
