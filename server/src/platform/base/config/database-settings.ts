import { count, postgresUrl, setting, toggle } from './setting.ts';

/** Where the database is, and by which logins it is used. */
export const DATABASE_SETTINGS = {
  DATABASE_URL: setting(postgresUrl.optional(), {
    group: 'Database',
    says: 'PostgreSQL 15 or newer. Not set: the embedded database in DATA_DIR.',
    secret: true,
    example: 'postgres://plinth:password@localhost:5432/plinth',
  }),
  DIRECT_URL: setting(postgresUrl.optional(), {
    group: 'Database',
    says: 'The way to PostgreSQL for migrations and LISTEN when DATABASE_URL leads through a pooler in transaction mode.',
    secret: true,
    example: 'postgres://plinth:password@localhost:5432/plinth',
  }),
  SYSTEM_DATABASE_URL: setting(postgresUrl.optional(), {
    group: 'Database',
    says: 'The login of the system’s work; DATABASE_URL is then the login of tenants’ work, which row security binds (docs/keys.md). Needed in production.',
    secret: true,
    example: 'postgres://plinth_worker:password@localhost:5432/plinth',
  }),
  SINGLE_DATABASE_LOGIN: setting(toggle.optional(), {
    group: 'Database',
    says: 'true to do all work by the login of DATABASE_URL in production.',
  }),
  DATABASE_POOL_SIZE: setting(count(1_000).default(10), {
    group: 'Database',
    says: 'Connections of one process, for each login.',
  }),
  DATABASE_WAIT_SECONDS: setting(count(3_600, 0).default(60), {
    group: 'Database',
    says: 'How long a start waits for a PostgreSQL that is not there yet, or is starting up, or for a backup that has DATA_DIR; 0: not at all. A wrong login or name is told at once.',
  }),
  DATABASE_NAMED_STATEMENTS: setting(toggle.default(true), {
    group: 'Database',
    says: 'false for poolers that do not carry named statements (PgBouncer before 1.21).',
  }),
  EMBEDDED_DATABASE: setting(toggle.optional(), {
    group: 'Database',
    says: 'true to use the embedded database in production.',
  }),
};
