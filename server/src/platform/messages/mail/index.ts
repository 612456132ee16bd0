import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { mailDataRules } from './data-rules.ts';
import { createMail } from './mail.ts';
import { mailRoutes } from './routes.ts';

export {
  addMails,
  declareMails,
  mailTemplate,
  productOf,
  type MailTemplate,
  mailTemplates,
  type TemplateName,
} from './catalogue.ts';
export { type RequestedMail, createMail, type Mail, type MailParts, type Message } from './mail.ts';
export { createOutbox } from './outbox.ts';
export { mailTime, mailTimeNow, render } from './render.ts';
export type { ResolvedMail, Resolver } from './send-mail.ts';
export type { Attachment, Transport } from './transport.ts';
export { transportOf } from './transport-of.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'admin.mail': 'a platform admin reads the log of all mails',
  'mail.sending': 'a worker sends the mails of all accounts, and many belong to no account',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

/** This module, for the list of all of them. */
export const mailModule = defineModule({
  name: 'mail',
  purpose: 'mails as rows and jobs: templates, outbox, SMTP, SendGrid; their log',
  migrations: () => migrationsIn('mail', import.meta.url),
  dataRules: mailDataRules,
  systemUses,
  routes: mailRoutes,
  schedules: { 'old-mails': { cron: '47 * * * *', run: (mail) => mail.prune() } },
  create: createMail,
});
