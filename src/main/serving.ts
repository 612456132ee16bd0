import type { App, AppOptions } from '#app';
import { type Config, onPort } from '#platform/config';
import { openStore } from '#platform/db';
import { type Invocation, refuseWords, type Verb } from './verb.ts';
import { banner, invitation } from './banner.ts';
import { crashingAt } from './crash.ts';

/** Everything in one process. In production it makes nobody: the first admin is invited (`plinth admin invite`). */
export const start: Verb = async (invocation) =>
  refuseWords('start', invocation.words) ??
  run(invocation, { serve: true, work: true, migrate: true, owner: !isProduction(invocation) });

/** Calls alone. On the embedded database, which has one process, the schema is brought up to date too. */
export const serve: Verb = async (invocation) =>
  refuseWords('serve', invocation.words) ??
  run(invocation, { serve: true, work: false, migrate: isEmbedded(invocation) });

/** Jobs alone; health and metrics are told all the same. */
export const work: Verb = async (invocation) =>
  refuseWords('worker', invocation.words) ??
  run(invocation, { serve: false, work: true, migrate: isEmbedded(invocation) });

function isEmbedded({ config }: Invocation): boolean {
  return config.database.engine === 'pglite';
}

function isProduction({ config }: Invocation): boolean {
  return config.environment === 'production';
}

type Roles = Pick<AppOptions, 'serve' | 'work' | 'migrate' | 'owner'>;

async function run(invocation: Invocation, roles: Roles): Promise<number> {
  const { version } = invocation;
  process.stdout.write(`\n${banner(invocation.config, version)}\n`);
  // The embedded database takes half of a start, in a thread of its own: meanwhile the rest of the program is loaded.
  const passing = crashingAt(invocation.config.crashAt);
  const store = openStore(invocation.config, passing);
  store.catch(() => {});
  const [{ openApp }, config] = await Promise.all([import('#app'), onFreePort(invocation.config)]);
  const app = await openApp({
    config,
    version,
    ...roles,
    store,
    onLost,
    ...(passing === undefined ? {} : { passing }),
  });
  endOnDefects(app);
  try {
    const { url } = await app.server.listen();
    if (config.port !== invocation.config.port)
      process.stdout.write(
        `Port ${invocation.config.port} is in use: this server takes ${config.port}. Set PORT to choose one.\n`,
      );
    process.stdout.write(
      `ready in ${(performance.now() / 1_000).toFixed(1)} s at ${url}${roles.serve ? '   (API docs: /docs)' : ''}\n`,
    );
    if (roles.serve && roles.migrate && !isProduction(invocation))
      process.stdout.write(`\n${invitation(config, url, app.ownerFile)}\n`);
  } catch (error) {
    await app.stop();
    throw error;
  }
  return stopped(app);
}

/** The settings, on the next free port where theirs is in use and nobody relies on it. */
async function onFreePort(config: Config): Promise<Config> {
  if (!config.portMayMove) return config;
  const { nextFreePort } = await import('#server');
  return onPort(config, await nextFreePort(config.host, config.port));
}

/** Waits for a signal, then stops in good order. Whoever sends a second one does not want to wait. */
async function stopped(app: App): Promise<number> {
  const asked = Promise.withResolvers<NodeJS.Signals>();
  let signals = 0;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) process.exit(1);
      asked.resolve(signal);
    });
  }
  app.telemetry.logger.info({ signal: await asked.promise }, 'stopping');
  await app.stop();
  return 0;
}

/** A defect that nobody caught leaves the process in a state that nobody knows: it is logged, and the process ends. */
function endOnDefects({ telemetry }: App): void {
  const end = (kind: string) => (err: unknown) => {
    telemetry.logger.error({ err }, kind);
    process.exit(1);
  };
  process.on('uncaughtException', end('an exception that nobody caught'));
  process.on('unhandledRejection', end('a rejection that nobody caught'));
}

/** How long the figures of calls that providers have answered may take to be told. Others wait 10 s past the end of a lease. */
const LAST_WORDS_MS = 3_000;

/**
 * Others may think this process dead and take over its work: the database takes no more of it, but for what calls have cost. A
 * process that was paused finds answers waiting in its sockets, which it reads only after its timers have said that it is late.
 */
function onLost(reason: string): void {
  process.stderr.write(`${reason}: this process ends.\n`);
  setTimeout(() => process.exit(1), LAST_WORDS_MS);
}
