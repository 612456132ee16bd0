import type { App, AppOptions } from '#app';
import { type Config, isPackage, onPort } from '#platform/config';
import { type Database, openStore } from '#platform/db';
import { AppError } from '#platform/kernel';
import { type Invocation, refuseWords, type Verb } from './verb.ts';
import { banner, describeChoice, doubtfulKey, invitation, sandboxesApart } from './banner.ts';
import { signInLine } from './console-link.ts';
import { crashingAt } from './crash-hook.ts';
import type { SampleHost } from './sample/host.ts';
import { reason as sentenceFor } from './operator-error.ts';
import { preparedFile } from './prepared-file.ts';
import { writeServerFile } from './server-file.ts';
import { waitForDatabase } from './wait-for-database.ts';

/** Everything in one process. In production it makes no user: the first admin is invited (`plinth admin invite`). `--sample` fills a sample shop beside it. */
export const start: Verb = async (invocation) => {
  const wantsSample = invocation.words[0] === SAMPLE;
  if (wantsSample && isProduction(invocation)) throw new AppError('sample_unavailable');
  return (
    refuseWords('start', invocation.words.slice(wantsSample ? 1 : 0)) ??
    run(invocation, {
      serve: true,
      work: true,
      migrate: true,
      owner: !isProduction(invocation),
      sample: wantsSample,
    })
  );
};

const SAMPLE = '--sample';

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

type Roles = Pick<AppOptions, 'serve' | 'work' | 'migrate' | 'owner'> & {
  /** Whether a sample shop is filled at once; undefined: there is none. */
  readonly sample?: boolean;
};

async function run(invocation: Invocation, { sample: wantsSample, ...roles }: Roles): Promise<number> {
  const { version } = invocation;
  process.stdout.write(`\n${banner(invocation.config, version)}\n`);
  const apart = sandboxesApart(invocation.config, roles);
  const doubt = doubtfulKey(invocation.config);
  for (const line of [...invocation.config.gone, apart, doubt])
    if (line !== undefined) process.stdout.write(`${line}\n`);
  const crashHook = crashingAt(invocation.config.crashAt);
  const begun = invocation.store ?? openStore(invocation.config, crashHook, preparedFile(invocation.config));
  begun.catch(() => {});
  let store: typeof begun | undefined = begun;
  const [{ openApp }, config] = await Promise.all([import('#app'), onFreePort(invocation.config)]);
  const losing = createLosing();
  const sample =
    wantsSample === undefined || isProduction(invocation) ? undefined : await openSampleHost(config, version);
  const app = await waitForDatabase(config, () => {
    // A start that failed has closed what it opened.
    const opened = store ?? openStore(config, crashHook, preparedFile(config));
    store = undefined;
    const more = {
      diagnose,
      ...(crashHook === undefined ? {} : { crashHook }),
      ...(sample === undefined ? {} : { sample: sample.host }),
    };
    return openApp({ config, version, ...roles, store: opened, onLost: losing.lose, ...more });
  });
  losing.of(app);
  endOnDefects(app);
  // A parent process may stop the server as soon as it is ready.
  const asked = waitForSignal();
  let removeServerFile: (() => void) | undefined;
  try {
    const { url } = await app.server.listen();
    sample?.isReachedAt(url);
    const choice = describeChoice(app.choice);
    if (choice !== undefined) process.stdout.write(`Products ${choice}\n`);
    if (roles.serve) removeServerFile = writeServerFile(config.dataDir, url);
    if (config.port !== invocation.config.port)
      process.stdout.write(
        `Port ${invocation.config.port} is in use: this server takes ${config.port}. Set PORT to choose one.\n`,
      );
    process.stdout.write(
      `ready in ${(performance.now() / 1_000).toFixed(1)} s at ${url}${roles.serve ? '   (API docs: /docs)' : ''}\n`,
    );
    if (roles.serve && roles.migrate && !isProduction(invocation))
      process.stdout.write(`\n${signInOffer(config, url, app)}${invitation(config, url, app)}\n`);
    if (wantsSample === true) tellSample(sample?.host);
  } catch (error) {
    await app.stop();
    throw error;
  }
  app.telemetry.logger.info({ signal: await asked }, 'stopping');
  removeServerFile?.();
  await sample?.host.remove();
  await app.stop();
  return 0;
}

const diagnose = async (db: Database, now: Config) => (await import('./doctor.ts')).diagnose(now, db);

/** The sample shop beside this server, and where this server is reached. */
async function openSampleHost(config: Config, version: string) {
  const { createSampleHost } = await import('./sample/host.ts');
  const reached = { home: config.baseUrl };
  const host = createSampleHost({
    config,
    version,
    diagnose,
    home: () => reached.home,
    onFailed: (error) => void process.stderr.write(`The sample shop failed: ${sentenceFor(error)}\n`),
  });
  return { host, isReachedAt: (url: string) => void (reached.home = url) };
}

/** Fills it, and says where it is; a failure is told by itself. */
function tellSample(host: SampleHost | undefined): void {
  process.stdout.write(
    'Filling a month of a sample shop. It takes a minute; the server above answers meanwhile.\n\n',
  );
  host?.whenReady().then(
    (link) =>
      void process.stdout.write(
        process.stdout.isTTY
          ? `The sample shop is ready. This link signs you in, once, within ten minutes:\n  ${link}\n\n`
          : `The sample shop is ready. "${command} sample" prints a link to it.\n\n`,
      ),
    () => {},
  );
}

const command = isPackage ? 'npx plinth' : 'npm run plinth --';

/** Without a terminal the output is a log, and a link in a log is anybody's who reads it. */
function signInOffer(config: Config, url: string, { ownerFile }: App): string {
  if (ownerFile === undefined) return '';
  return process.stdout.isTTY
    ? `${signInLine(config, url)}\n\n`
    : `"${command} console" prints a link that signs you in.\n\n`;
}

/** The settings, on the next free port where theirs is in use and no setting fixes it. */
async function onFreePort(config: Config): Promise<Config> {
  if (!config.portMayMove) return config;
  const { nextFreePort } = await import('#server');
  return onPort(config, await nextFreePort(config.host, config.port));
}

/** Resolves with the first signal to stop; a second signal ends the process at once. */
function waitForSignal(): Promise<NodeJS.Signals> {
  const asked = Promise.withResolvers<NodeJS.Signals>();
  let signals = 0;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) process.exit(1);
      asked.resolve(signal);
    });
  }
  return asked.promise;
}

/** Milliseconds that a process with a defect stays, to tell a tracker of errors why it ends. */
const LAST_REPORT = 1_000;

/**
 * A defect that no code caught leaves the process in an unknown state: it is logged, and the process ends. Where errors are
 * told to a tracker this is told too, once; a second defect in that time ends the process at once.
 */
function endOnDefects({ telemetry }: App): void {
  let isEnding = false;
  const end = (kind: string) => (err: unknown) => {
    telemetry.logger.error({ err }, kind);
    if (isEnding) process.exit(1);
    isEnding = true;
    telemetry.flushErrors(LAST_REPORT).then(endNow, endNow);
  };
  process.on('uncaughtException', end('an uncaught exception'));
  process.on('unhandledRejection', end('an unhandled rejection'));
}

/**
 * The end of a process that others may think dead, so that they may take over its work: the database takes no more of it, but for
 * what calls have cost.
 */
function createLosing(): { readonly lose: (reason: string) => void; readonly of: (app: App) => void } {
  let running: App | undefined;
  return {
    of(app) {
      running = app;
    },
    lose(reason) {
      process.stderr.write(`${reason}: this process ends.\n`);
      Promise.resolve(running?.lastWords()).then(endNow, endNow);
    },
  };
}

function endNow(): void {
  process.exit(1);
}
