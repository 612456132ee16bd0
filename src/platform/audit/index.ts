import { type Migration, migrationsIn } from '#platform/db';

export { auditDataRules } from './data-rules.ts';
export { type Actor, actorOf, type Audit, type AuditEvent, createAudit, type Whence } from './audit.ts';
export {
  auditEvents,
  type AuditFilter,
  type AuditPosition,
  type AuditRow,
  personalEvents,
} from './reading.ts';

export const auditMigrations = (): Migration[] => migrationsIn('audit', import.meta.url);
