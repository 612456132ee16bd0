/** Settings that the version before had, and what became of each. Kept for one version. */
const GONE: Readonly<Record<string, string>> = {
  REDIS_DEADLINE_MS: 'a call to Redis may take 100 ms',
  SIGNING_KEY_DAYS: 'another key signs after 90 days, or by `plinth keys rotate`',
  WORKER_BATCH_CONCURRENCY: 'batch jobs take half of WORKER_CONCURRENCY',
  SENTRY_RELEASE: 'the release is plinth@ and its version',
};

/** A line for each setting of the environment that has no effect any more. */
export function goneSettings(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(GONE).flatMap(([name, now]) =>
    (environment[name] ?? '') === '' ? [] : [`${name} is not a setting any more: ${now}. Remove it.`],
  );
}
