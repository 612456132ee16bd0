import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type App, type AppOptions, openApp } from '#app';
import { type Config, readConfig } from '#platform/config';
import { lockDataFolder } from '#platform/db';
import { AppError, systemClock, systemRandom } from '#platform/kernel';
import { newSignInLink, noSample, type Sample, type SampleState } from '#platform/owner';
import { nextFreePort } from '#server';
import { DAYS } from './people.ts';

export interface SampleHostOptions {
  readonly config: Config;
  readonly version: string;
  /** Where the server is reached that the sample is begun at. */
  readonly home: () => string;
  readonly diagnose: NonNullable<AppOptions['diagnose']>;
  /** Told why it could not be filled. */
  readonly onFailed: (error: unknown) => void;
}

/** The sample, with what the process does about it. */
export interface SampleHost extends Sample {
  /** Resolves with a link once it is filled. Throws as `open`, and what it failed with. */
  whenReady(): Promise<string>;
}

/**
 * Fills and serves the sample in this process, on the next port, in a folder below the data folder. It stands on embedded defaults,
 * and on no other setting: no provider, store or mailbox of the operator hears of it. It ends with the process, and leaves nothing.
 */
export function createSampleHost(options: SampleHostOptions): SampleHost {
  const { config, version, home } = options;
  const folder = join(config.dataDir, 'sample');
  let day = 0;
  let filling: Promise<{ app: App; url: string }> | undefined;
  let isReady = false;
  const removal = { isAsked: false };

  const stateOf = (url: string | null = null): SampleState => ({
    state: filling === undefined ? 'none' : isReady ? 'ready' : 'filling',
    day,
    days: DAYS,
    home: null,
    url,
  });

  async function fill() {
    clear(folder);
    const port = config.port === 0 ? 0 : await nextFreePort(config.host, config.port + 1);
    const settings = settingsOf(config, folder, port);
    // A month of people is loaded by those who ask for it.
    const { fillSample } = await import('./fill.ts');
    await fillSample(readConfig({ ...settings, PORT: '0', SANDBOX_LATENCY_MS: '5' }), {
      version,
      say(done) {
        if (removal.isAsked) throw new AppError('sample_unavailable', { message: 'The sample was removed.' });
        day = done;
      },
    });
    const app = await openApp({
      config: readConfig(settings),
      version,
      serve: true,
      work: true,
      migrate: true,
      owner: true,
      onLost: options.onFailed,
      diagnose: options.diagnose,
      sample: hereOf(home, () => void remove()),
    });
    const { url } = await app.server.listen();
    isReady = true;
    return { app, url };
  }

  async function remove(): Promise<void> {
    removal.isAsked = true;
    const { app } = (await filling?.catch(() => undefined)) ?? {};
    await app?.stop();
    if (existsSync(folder)) clear(folder);
    [filling, isReady, day, removal.isAsked] = [undefined, false, 0, false];
  }

  function begin() {
    if (filling !== undefined) return filling;
    filling = fill();
    filling.catch((error: unknown) => {
      if (!removal.isAsked) options.onFailed(error);
      filling = undefined;
    });
    return filling;
  }

  const linkTo = (url: string) =>
    newSignInLink(
      { clock: systemClock, random: systemRandom, dataDir: folder },
      url.replace(/^http:\/\/(?:127\.0\.0\.1|\[::1\]):/, 'http://localhost:'),
    );
  return {
    isHere: false,
    look: () => stateOf(),
    async open() {
      const opening = begin();
      return isReady ? stateOf(linkTo((await opening).url)) : stateOf();
    },
    whenReady: async () => linkTo((await begin()).url),
    remove,
  };
}

/** Embedded defaults; of the settings those alone that say where and how it is served. */
const settingsOf = ({ host, environment, products }: Config, folder: string, port: number) => ({
  NODE_ENV: environment,
  HOST: host,
  PORT: String(port),
  DATA_DIR: folder,
  LOG_LEVEL: 'error',
  EMAIL_VERIFICATION: 'off',
  SANDBOX_STRIPE: 'true',
  STRIPE_READS_PER_SECOND: '1000',
  ...(products.length === 0 ? {} : { PRODUCTS: products.join(',') }),
});

/** The sample as its own server has it. */
function hereOf(home: () => string, remove: () => void): Sample {
  return {
    ...noSample,
    isHere: true,
    look: () => ({ state: 'here', day: DAYS, days: DAYS, home: home(), url: null }),
    // Its server waits for this call to be answered before it ends.
    async remove() {
      remove();
    },
  };
}

/** Deletes what is there, unless another process serves it. */
function clear(folder: string): void {
  lockDataFolder(folder)();
  rmSync(folder, { recursive: true, force: true });
}
