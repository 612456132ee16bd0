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
