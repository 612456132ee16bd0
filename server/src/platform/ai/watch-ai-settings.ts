import { readFile, stat } from 'node:fs/promises';
import { type Config, ConfigError } from '#platform/config';
import type { Telemetry } from '#platform/telemetry';
import type { Ai } from './ai.ts';
import { type AiSettings, NO_SETTINGS, readAiFile } from './settings.ts';

const LOOK_EVERY = 2_000;

/** The settings of the AI_CONFIG file, or the defaults without one. Throws ConfigError. */
export function aiSettingsOf({ ai }: Config, text = ai.settings?.text ?? NO_SETTINGS): AiSettings {
  return readAiFile(text, listedModels(ai));
}

/** Models of the operator's own upstreams may lack a price; listing them allows the default price. */
function listedModels({ upstreams }: Config['ai']): string[] {
  return upstreams.flatMap(({ name, models = [] }) => models.map((model) => `${name}/${model}`));
}

export interface AiSettingsWatch {
  /** Reads the file again if it has changed since the last look. */
  look(): Promise<void>;
  stop(): void;
  /** The settings in effect. */
  current(): AiSettings;
}

/**
 * Puts the file of AI_CONFIG into effect whenever it changes. It is looked at and not listened to: an editor, or a volume of Kubernetes,
 * puts another file in its place. One that is not right is refused, loudly, and what was in effect stays.
 */
export function watchAiSettings(parts: {
  readonly config: Config;
  readonly ai: Ai;
  readonly telemetry: Telemetry;
}): AiSettingsWatch {
  const { config, ai } = parts;
  const { logger, metrics } = parts.telemetry;
  const { path, text: first = '' } = config.ai.settings ?? {};
  let seen = '';
  let text = first;
  metrics.aiSettings('in_effect');

  async function look(): Promise<void> {
    const state = path === undefined ? '' : await stateOf(path);
    if (path === undefined || state === seen) return;
    seen = state;
    try {
      const now = await readFile(path, 'utf8');
      if (now !== text) put(now);
      metrics.aiSettings('in_effect');
    } catch (err) {
      metrics.aiSettings('refused');
      const what = err instanceof ConfigError ? { problems: err.problems } : { err };
      logger.error(what, 'AI_CONFIG has changed and is refused: what was in effect stays');
    }
  }

  function put(now: string): void {
    const settings = aiSettingsOf(config, now);
    if (settings.prices.version === ai.prices.version && pricesIn(now) !== pricesIn(text))
      throw new ConfigError([
        'AI_CONFIG: version: the prices have changed and the version has not: rows of the ledger name it.',
      ]);
    ai.choose(settings);
    text = now;
    logger.info({ price_version: settings.prices.version }, 'AI_CONFIG has changed and is in effect');
  }

  const timer = path === undefined ? undefined : setInterval(() => void look(), LOOK_EVERY).unref();
  return {
    look,
    stop: () => clearInterval(timer),
    current: () => aiSettingsOf(config, text === '' ? undefined : text),
  };
}

/** Differs whenever the file does, also where another one was put in its place. */
async function stateOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path).catch(() => ({ mtimeMs: 0, size: 0, ino: 'away' }));
  return `${mtimeMs} ${size} ${ino}`;
}

function pricesIn(text: string): string {
  const { prices, allow_unpriced } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return JSON.stringify([prices, allow_unpriced]);
}
