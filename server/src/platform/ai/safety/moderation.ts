import { type Clock, inTime } from '#platform/kernel';
import type { SafetyKind, SafetyStatus } from '#platform/http';
import { z } from 'zod';
import { Circuit, type BreakerSettings } from '../providers/breaker.ts';
import type { AiLogger } from '../ports.ts';
import type { Upstream } from '../providers/providers.ts';
import type { SafetyMetrics } from './findings.ts';

/** The result of the second check of a text. */
export type Moderated =
  | { readonly outcome: 'passed' }
  | {
      readonly outcome: 'flagged';
      readonly status: SafetyStatus;
      readonly kinds: readonly SafetyKind[];
      /** The provider's categories, as rule ids: `moderation.self_harm_intent`. */
      readonly rules: readonly string[];
    }
  /** No valid answer came in time; `skipped`: not asked, because the provider did not answer lately. */
  | { readonly outcome: 'failed' | 'skipped' };

export type Moderate = (text: string) => Promise<Moderated>;

export interface ModerationParts {
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly logger: AiLogger | undefined;
  readonly metrics: Partial<Pick<SafetyMetrics, 'moderation'>> | undefined;
}

const MODEL = 'omni-moderation-latest';
/** Milliseconds: the user waits for it, and it takes some 200 as a rule. */
const LONGEST = 2_000;
/** A longer text is sent by its beginning and end; the endpoint itself takes more, but slower. */
const MOST_CHARACTERS = 20_000;
const MOST_BYTES = 1_000_000;
/** After three failures in ten seconds it is skipped for the next ten. */
const BREAKER: BreakerSettings = { window: 10_000, minimum: 3, rate: 0.5, open: 10_000 };

/** https://platform.openai.com/docs/api-reference/moderations: what of the answer is read. */
const answerSchema = z.object({
  results: z.array(z.object({ flagged: z.boolean(), categories: z.record(z.string(), z.boolean()) })).min(1),
});

/** The meaning of a provider's category here; other categories are ignored. */
const MEANINGS: Readonly<Record<string, { readonly status: SafetyStatus; readonly kind: SafetyKind }>> = {
  'self-harm/intent': { status: 'crisis', kind: 'active_thoughts' },
  'self-harm/instructions': { status: 'crisis', kind: 'method' },
  'self-harm': { status: 'caution', kind: 'self_injury' },
};

/** Asks a provider's moderation endpoint about a text. Never throws: the rules have passed the text, and they stay the floor. */
export function createModeration({ upstream, clock, logger, metrics }: ModerationParts): Moderate {
  let circuit = new Circuit(BREAKER, clock.monotonic());
  let key = 0;

  async function ask(text: string): Promise<Moderated> {
    const over = AbortSignal.timeout(LONGEST);
    const { statusCode, body } = await upstream.dispatcher.request({
      origin: upstream.origin,
      path: `${upstream.path}/moderations${upstream.query}`,
      method: 'POST',
      headers: [
        ...upstream.headers,
        'content-type',
        'application/json',
        ...(upstream.keys[key] ?? upstream).authorization,
      ],
      body: JSON.stringify({ model: MODEL, input: shorten(text) }),
      signal: over,
    });
    const answer = await body.text();
    // The next text goes out with another key, where there is one.
    if (statusCode !== 200) key = (key + 1) % Math.max(1, upstream.keys.length);
    if (statusCode !== 200) throw new Error(`the moderation answered ${statusCode}`);
    if (answer.length > MOST_BYTES) throw new Error('the moderation answered too much');
    return meaningOf(answerSchema.parse(JSON.parse(answer)));
  }

  function count(failed: boolean): void {
    const now = clock.monotonic();
    if (circuit.isPast(now)) circuit = new Circuit(BREAKER, now);
    circuit.count(failed);
  }

  return async (text) => {
    const isAway =
      circuit.calls >= BREAKER.minimum && circuit.isFailing && !circuit.isPast(clock.monotonic());
    if (isAway) {
      metrics?.moderation?.('skipped');
      return { outcome: 'skipped' };
    }
    try {
      // Its signal ends the call; this ends the wait, should the connection never hear of it.
      const result = await inTime(
        LONGEST + 500,
        () => ask(text),
        () => new Error('the moderation is late'),
      );
      count(false);
      metrics?.moderation?.(result.outcome);
      return result;
    } catch (error) {
      count(true);
      metrics?.moderation?.('failed');
      logger?.warn({ provider: upstream.name, reason: reasonOf(error) }, 'the moderation did not answer');
      return { outcome: 'failed' };
    }
  };
}

function meaningOf({ results }: z.infer<typeof answerSchema>): Moderated {
  const found = Object.entries(MEANINGS).filter(([category]) =>
    results.some(({ categories }) => categories[category] === true),
  );
  if (found.length === 0) return { outcome: 'passed' };
  return {
    outcome: 'flagged',
    status: found.some(([, { status }]) => status === 'crisis') ? 'crisis' : 'caution',
    kinds: [...new Set(found.map(([, { kind }]) => kind))],
    rules: found.map(([category]) => `moderation.${category.replaceAll(/\W/g, '_')}`),
  };
}

/** Never what was sent, nor what came: an answer may repeat it. */
function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError || error instanceof SyntaxError)
    return 'its answer is not as the protocol says';
  return error instanceof Error ? error.message : 'unknown';
}

function shorten(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  return `${text.slice(0, MOST_CHARACTERS / 2)}\n${text.slice(-MOST_CHARACTERS / 2)}`;
}
