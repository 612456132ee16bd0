import { declareLongUses, migrationsIn } from '#platform/db';
import { defineModule } from '#platform/module';
import { createAi } from './ai.ts';
import { aiDataRules } from './data-rules.ts';
import { healthRoutes } from './health-routes.ts';
import { ownKeyRoutes } from './own-keys/routes.ts';
import { safetyRoutes } from './safety-routes.ts';
import { storedRouteRoutes } from './stored-routes/routes.ts';
export { type Ai, type CallRequest, createAi, type EstimateRequest } from './ai.ts';
export type { AiChoices, AiParts } from './parts.ts';
export type { PlainAnswer, StreamAnswer } from './pipe/attempt.ts';
export type { BreakerSettings, BreakerState } from './providers/breaker.ts';
export type { Protocol } from './dialects/dialect.ts';
export type { Door } from './endpoint/door.ts';
export type { AiEndpoint, ListedModel, PreparedCall } from './endpoint/endpoint.ts';
export type { StreamedItems, StreamItemsRequest } from './model/item-stream.ts';
export type { ProviderError } from './errors.ts';
export type { Generated, GenerateRequest } from './model/generate.ts';
export type { LiveStream, Sink, StreamEnd } from './pipe/live-stream.ts';
export { anthropicError } from './endpoint/anthropic-errors.ts';
export { googleError } from './endpoint/google-errors.ts';
export { openAiError } from './endpoint/openai-errors.ts';
export type { Policy, PolicyInput } from './policy.ts';
export { type AiLogger, type AiMetrics, type CallOutcome, endOfServer } from './ports.ts';
export {
  cost,
  createPrices,
  type Price,
  type Prices,
  reserve,
  type ShippedRow,
  shippedRows,
} from './metering/prices.ts';
export { Reading } from './reading.ts';
export { type Prompt, type Prompts, promptsIn, promptsOf } from './prompts.ts';
export type { UpstreamOptions } from './providers/providers.ts';
export { problemsOfAi } from './problems-of-ai.ts';
export { describeAlias } from './providers/routes.ts';
export type { RelayTo } from './endpoint/relay.ts';
export * from './safety/index.ts';
export type { Safety } from './safety-part.ts';
export { type Cut, type DescribedTool, toolTexts } from './sanitizer/index.ts';
export type { AiSettings } from './settings.ts';
export { storedRoutes } from './stored-routes/store.ts';
export type { Release, SlotLimit, Slots } from './slots/slots.ts';
export type { ConversationMessage, StreamedText, StreamTextRequest, TakeWords } from './model/text-stream.ts';
export { vendorHeaders } from './dialects/vendor-headers.ts';
export { spokenIn } from './providers/translations.ts';
export { protocolsOf } from './takes.ts';
export type { Timers } from './timers.ts';
export { aiSettingsOf, watchAiSettings } from './watch-ai-settings.ts';
export type { NamedCall, WireRequest } from './wire.ts';

/** Uses of `db.system` by this module, with the reason why no single account or user owns the work. */
const systemUses = {
  'admin.providers': 'a platform admin sees how providers fare for all accounts',
  'admin.safety': 'a platform admin sees how much was found in texts of all people, and nothing of whose',
  'ai.provider-keys':
    'each process keeps which accounts have keys of their own at providers, and opens them for their calls',
  'ai.routes': 'routes of models are the operator’s, and of all accounts',
  'ai.safety': 'old safety events of all people are deleted in one run',
};

declare module '#platform/db' {
  interface SystemUses extends Readonly<typeof systemUses> {}
}

declareLongUses('ai.safety');

/** This module, for the list of all of them. */
export const aiModule = defineModule({
  name: 'ai',
  migrations: () => migrationsIn('ai', import.meta.url),
  dataRules: aiDataRules,
  systemUses,
  partRoutes: {
    accountKeys: ownKeyRoutes,
    health: healthRoutes,
    safety: safetyRoutes,
    routes: storedRouteRoutes,
  },
  schedules: {
    'old-safety-events': {
      cron: '29 3 * * *',
      run: async ({ safety }) => safety.findings?.prune(),
      when: ({ safety }) => safety.findings !== undefined,
    },
  },
  purpose:
    'calls of model providers: pipe/, providers/, slots/, streams/, metering/; the OpenAI endpoint/; model/ for product code; prompts; safety/',
  create: createAi,
});
