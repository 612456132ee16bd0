import { type Config, ConfigError, readAiFiles, stateOfFile } from '#platform/config';
import type { Telemetry } from '#platform/telemetry';
import type { Ai } from './ai.ts';
import type { UpstreamOptions } from './providers/providers.ts';
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
  /** Reads the files again if one has changed since the last look. */
  look(): Promise<void>;
  stop(): void;
  /** The settings in effect. */
  current(): AiSettings;
  /** The configuration with what is in effect of the files. */
  config(): Config;
}

/**
 * Puts the files of AI_CONFIG and AI_UPSTREAMS into effect whenever one changes. They are looked at and not listened to: an editor, or a
 * volume of Kubernetes, puts another file in its place. One that is not right is refused, loudly, and what was in effect of it stays.
 */
export function watchAiSettings(parts: {
  readonly config: Config;
  readonly ai: Ai;
  /** Where calls go from the start: those of the settings, and the sandbox where it runs. */
  readonly upstreams: readonly UpstreamOptions[];
  readonly telemetry: Telemetry;
}): AiSettingsWatch {
  const { ai } = parts;
  const { logger, metrics } = parts.telemetry;
  let config = parts.config;
  const paths = [config.ai.settings?.path, config.ai.upstreamsFile].filter((path) => path !== undefined);
  const sandbox = parts.upstreams.slice(config.ai.upstreams.length);
  let seen = '';
  metrics.aiSettings('in_effect');

  async function look(): Promise<void> {
    const states = await Promise.all(paths.map(stateOfFile));
    if (states.join(' ') === seen) return;
    seen = states.join(' ');
    const { settings, upstreams, problems } = readAiFiles(config);
    const refused = [...problems];
    // Where they are not right together, the one that is right with what was in effect of the other.
    for (const part of [{ settings, upstreams }, { settings }, { upstreams }])
      try {
        put(part);
        break;
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        refused.push(...error.problems);
      }
    metrics.aiSettings(refused.length === 0 ? 'in_effect' : 'refused');
    if (refused.length > 0)
      logger.error(
        { problems: [...new Set(refused)] },
        'AI_CONFIG or AI_UPSTREAMS has changed and is refused: what was in effect stays',
      );
  }

  function put({
    settings = config.ai.settings,
    upstreams: given = config.ai.upstreams,
  }: Partial<ReturnType<typeof readAiFiles>>): void {
    const areSame = JSON.stringify(given) === JSON.stringify(config.ai.upstreams);
    const upstreams = areSame ? config.ai.upstreams : given;
    const isSameText = settings?.text === config.ai.settings?.text;
    if (isSameText && areSame) return;
    const next = { ...config, ai: { ...config.ai, settings, upstreams } };
    const chosen = aiSettingsOf(next);
    if (chosen.prices.version === ai.prices.version && pricesIn(next) !== pricesIn(config))
      throw new ConfigError([
        'AI_CONFIG: version: the prices have changed and the version has not: rows of the ledger name it.',
      ]);
    ai.choose({ ...chosen, upstreams: [...upstreams, ...sandbox] });
    config = next;
    if (!isSameText)
      logger.info({ price_version: chosen.prices.version }, 'AI_CONFIG has changed and is in effect');
    if (!areSame)
      logger.info(
        { upstreams: upstreams.map(({ name, keys = [] }) => `${name}, ${Math.max(1, keys.length)} keys`) },
        'AI_UPSTREAMS has changed and is in effect',
      );
  }

  const timer =
    paths.length === 0
      ? undefined
      : setInterval(
          () => void look().catch((err: unknown) => logger.error({ err }, 'AI settings')),
          LOOK_EVERY,
        ).unref();
  return {
    look,
    stop: () => clearInterval(timer),
    current: () => aiSettingsOf(config),
    config: () => config,
  };
}

function pricesIn({ ai }: Config): string {
  const text = ai.settings?.text ?? NO_SETTINGS;
  const { prices, allow_unpriced } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return JSON.stringify([prices, allow_unpriced]);
}
