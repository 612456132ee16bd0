import { count, setting, text, toggle } from './setting.ts';

/** How a process ends. */
export const PROCESS_SETTINGS = {
  SHUTDOWN_GRACE_SECONDS: setting(count(3_600).default(25), {
    group: 'Server',
    says: 'How long calls, streams and jobs may go on after the server was told to stop.',
  }),
  SHUTDOWN_DELAY_SECONDS: setting(count(600, 0).default(0), {
    group: 'Server',
    says: 'How long a server that was told to stop takes calls all the same, while /readyz answers 503: as long as a load balancer needs to notice. SHUTDOWN_GRACE_SECONDS begins after it.',
  }),
} as const;

/** The settings of what customers see. */
export const CUSTOMER_SETTINGS = {
  SHOW_MODEL_COST: setting(toggle.default(false), {
    group: 'Server',
    says: 'true to show customers what model calls cost, and budgets in dollars. Otherwise they see null, and budgets in percent; platform admins and their keys see both (docs/limits.md).',
  }),
} as const;

/** How long rows of the ledger stay in the database. */
export const RETENTION_SETTINGS = {
  LEDGER_RETENTION_MONTHS: setting(count(1_200, 0).default(0), {
    group: 'Operations',
    says: 'Months of the usage ledger that stay in the database beside the present one: older ones are moved into files beside those of accounts, and sums stay (docs/tuning.md). 0: nothing is moved.',
  }),
} as const;

/** Credentials that try a server that was rolled out. */
export const SMOKE_SETTINGS = {
  SMOKE_EMAIL: setting(text.optional(), {
    group: 'Operations',
    says: 'Who `plinth smoke` signs in as: a user without a second factor, with a plan of the product that it tries. Not set: the local owner of DATA_DIR.',
    example: 'smoke@example.com',
  }),
  SMOKE_PASSWORD: setting(text.optional(), {
    group: 'Operations',
    says: 'The password of SMOKE_EMAIL.',
    secret: true,
    example: '…',
  }),
} as const;
