import type { Config } from '#platform/config';
import type { Database } from '#platform/db';
import type { Jobs } from '#platform/jobs';
import type { Logger } from '#platform/telemetry';

/** How often permits of dead holders are looked for. Every worker does it: which of them lives is what it is about. */
const SWEEP = 5_000;

/** Closes permits that nobody runs any more, now and again until it is stopped; one that fails is logged. */
export function startSweep(sweep: () => Promise<number>, logger: Logger): () => Promise<void> {
  let underWay: Promise<void> | undefined;
  const begin = () => {
    underWay ??= sweep()
      .then((closed) => logger.debug({ closed }, 'permits of dead holders were looked for'))
      .catch((err: unknown) => logger.error({ err }, 'permits of dead holders could not be closed'))
      .finally(() => {
        underWay = undefined;
      });
  };
  begin();
  const timer = setInterval(begin, SWEEP).unref();
  return async () => {
    clearInterval(timer);
    await underWay;
  };
}

/** What the upkeep works on. */
interface Kept {
  readonly db: Database;
  readonly jobs: Jobs;
  readonly accounts: { readonly invitations: { prune(): Promise<unknown> } };
  readonly identity: {
    rotateSigningKey(how: { readonly afterDays: number }): Promise<unknown>;
    readonly sessions: { prune(): Promise<unknown> };
    readonly guessing: { prune(): Promise<unknown> };
    readonly admins: { prune(): Promise<unknown> };
  };
  readonly options: { readonly config: Config };
  readonly sso: { readonly domains: { recheck(): Promise<unknown> } };
  readonly idempotency: { sweep(): Promise<unknown> };
  readonly rates: { sweep(): Promise<unknown> };
  readonly reports: { readonly rollup: { roll(): Promise<unknown> } };
  readonly mail: { prune(): Promise<unknown> };
  readonly erasure: {
    readonly eraser: { run(): Promise<unknown> };
    readonly exports: { prune(): Promise<unknown> };
  };
  readonly telling: { prune(): Promise<unknown> };
}

/**
 * The platform's own schedules: what has served is deleted, once an hour by whoever is there, each at a minute of its own, guesses every five;
 * and each minute what was posted is added to the sums of the reports, so that little is left for them to add up themselves.
 */
export function scheduleUpkeep({
  db,
  jobs,
  accounts,
  sso,
  identity,
  options,
  idempotency,
  rates,
  mail,
  reports,
  erasure,
  telling,
}: Kept): void {
  const upkeep: Record<string, readonly [cron: string, run: () => Promise<unknown>]> = {
    'platform.expired-keys': ['7 * * * *', () => idempotency.sweep()],
    'platform.unused-rates': ['17 * * * *', () => rates.sweep()],
    'platform.usage-rollup': ['* * * * *', () => reports.rollup.roll()],
    'platform.signing-keys': [
      '22 * * * *',
      () => identity.rotateSigningKey({ afterDays: options.config.signingKeyDays }),
    ],
    'platform.old-sessions': ['32 * * * *', () => identity.sessions.prune()],
    'platform.old-guesses': ['*/5 * * * *', () => identity.guessing.prune()],
    'platform.old-jobs': ['27 * * * *', () => jobs.prune()],
    'platform.old-invitations': [
      '12 * * * *',
      () => Promise.all([accounts.invitations.prune(), identity.admins.prune()]),
    ],
    'platform.sso-domains': ['2 * * * *', () => sso.domains.recheck()],
    'platform.erasures': ['42 * * * *', () => erasure.eraser.run()],
    'platform.old-exports': ['52 * * * *', () => erasure.exports.prune()],
    'platform.old-mails': ['47 * * * *', () => mail.prune()],
    'platform.old-events': ['57 * * * *', () => telling.prune()],
    ...(db.engine === 'pglite'
      ? { 'platform.statistics': ['37 * * * *', () => db.script('vacuum analyze')] as const }
      : {}),
  };
  for (const [name, [cron, run]] of Object.entries(upkeep)) {
    jobs.handle({
      kind: name,
      attempts: 3,
      run: async () => void (await run()),
      giveUp: () => Promise.resolve(),
    });
    jobs.schedule({ name, cron, kind: name });
  }
}
