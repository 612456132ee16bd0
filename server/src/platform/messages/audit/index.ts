import { migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { auditDataRules } from './data-rules.ts';
import { createAudit } from './audit.ts';

export {
  type Actor,
  actorOf,
  type Audit,
  type AuditEvent,
  createAudit,
  type RequestOrigin,
} from './audit.ts';
export {
  auditEvents,
  type AuditFilter,
  type AuditPosition,
  type AuditRow,
  personalEvents,
} from './audit-events.ts';
export { type DoneAgain, eventsAfter, knownEvents, type PastEvent, recordPast } from './past-events.ts';
export {
  type ActivityView,
  activityView,
  auditCursor,
  auditPage,
  auditPosition,
  type AuditView,
  auditView,
} from './audit-views.ts';

/** This module, for the list of all of them. */
export const auditModule = defineModule({
  name: 'audit',
  purpose: 'who did what',
  migrations: () => migrationsIn('audit', import.meta.url),
  dataRules: auditDataRules,
  create: createAudit,
});
