import { type Migration, migrationsIn } from '#platform/db';

export { mailDataRules } from './data-rules.ts';
export { type FactsOf, TEMPLATE_NAMES, type TemplateName, TEMPLATES } from './catalogue.ts';
export { type Asking, createMail, type Enqueuing, type Mail, type MailParts, type Message } from './mail.ts';
export { createOutbox } from './outbox.ts';
export { render } from './render.ts';
export { mailRoutes } from './routes.ts';
export type { Resolved, Resolver } from './sending.ts';
export type { Transport } from './transport.ts';
export { transportOf } from './via.ts';

export const mailMigrations = (): Migration[] => migrationsIn('mail', import.meta.url);
