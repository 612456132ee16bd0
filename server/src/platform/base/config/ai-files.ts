import { type AiSettingsText, readAiSettings, readUpstreams, type UpstreamSetting } from './ai.ts';
import type { Config } from './config.ts';
import type { Values } from './settings.ts';

/** The upstreams of settings for one key each; those of AI_UPSTREAMS follow them. */
export function keyedUpstreams(values: Values): UpstreamSetting[] {
  const known = [
    { name: 'openai', baseUrl: values.OPENAI_BASE_URL, apiKey: values.OPENAI_API_KEY, models: undefined },
    { name: 'minimax', baseUrl: values.MINIMAX_BASE_URL, apiKey: values.MINIMAX_API_KEY, models: undefined },
  ];
  return known.filter(({ apiKey }) => apiKey !== undefined);
}

/** The files of AI_CONFIG and AI_UPSTREAMS as they are by now; undefined where there is none, or `problems` say why. */
export function readAiFiles({ ai, values }: Config): {
  readonly settings: AiSettingsText | undefined;
  readonly upstreams: readonly UpstreamSetting[] | undefined;
  readonly problems: readonly string[];
} {
  const settings = ai.settings?.path === undefined ? undefined : readAiSettings(ai.settings.path);
  const own = ai.upstreamsFile === undefined ? undefined : readUpstreams(ai.upstreamsFile);
  return {
    settings: typeof settings === 'string' ? undefined : settings,
    upstreams: typeof own === 'object' ? [...keyedUpstreams(values), ...own.listed] : undefined,
    problems: [
      ...(typeof settings === 'string' ? [`AI_CONFIG ${settings}.`] : []),
      ...(typeof own === 'string' ? [`AI_UPSTREAMS ${own}.`] : []),
    ],
  };
}
