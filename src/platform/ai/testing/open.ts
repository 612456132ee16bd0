import { systemClock, systemRandom } from '#platform/kernel';
import { type Ai, type AiParts, createAi } from '../ai.ts';
import type { PlainAnswer, StreamAnswer } from '../pipe/attempt.ts';
import type { StreamEnd } from '../pipe/live-stream.ts';
import type { PolicyInput } from '../policy.ts';
import type { AiMetrics } from '../ports.ts';
import { createPrices } from '../metering/prices.ts';
import { readWire, type WireRequest } from '../wire.ts';

/** An AI gateway over the upstreams of a test. The policy is that of `test.chat`. */
export function openAi(
  parts: Partial<AiParts> & Pick<AiParts, 'upstreams'>,
  policy: Partial<PolicyInput> = {},
): Ai {
  return createAi({
    prices: createPrices({ allowUnpriced: ['scripted/*'] }),
    policies: { 'test.chat': { models: ['small'], backoff: { base: 1, most: 1 }, ...policy } },
    clock: systemClock,
    random: systemRandom,
    ...parts,
  });
}

/** A chat request in OpenAI's protocol. */
export function chat(fields: object = {}): WireRequest {
  return readWire(
    '/chat/completions',
    JSON.stringify({
      model: 'small',
      messages: [{ role: 'user', content: 'Say something about tea.' }],
      ...fields,
    }),
  );
}

/** Metrics that keep what they were told. */
export function recordingMetrics(): AiMetrics & {
  readonly calls: string[];
  readonly breakers: string[];
  readonly costs: number[];
  readonly failures: number[];
  readonly slotsTold: string[];
  readonly leaks: string[];
} {
  const calls: string[] = [];
  const breakers: string[] = [];
  const costs: number[] = [];
  const failures: number[] = [];
  const slotsTold: string[] = [];
  const leaks: string[] = [];
  return {
    calls,
    breakers,
    costs,
    failures,
    slotsTold,
    leaks,
    promptLeak: (product, prompt, rule) => leaks.push(`${product}.${prompt} ${rule}`),
    slots: ({ provider, model, lane }, { used, waiting }) =>
      slotsTold.push(`${provider}/${model}:${lane} ${used} used, ${waiting} waiting`),
    providerCall: ({ provider, model, outcome }) => calls.push(`${provider}/${model} ${outcome}`),
    breaker: (_provider, model, state) => breakers.push(`${model} ${state}`),
    cost: (_product, _feature, amount) => costs.push(amount),
    failureCost: (_product, _feature, amount) => failures.push(amount),
  };
}

/** The answer of a call that is not streamed. */
export function plain(answer: PlainAnswer | StreamAnswer): PlainAnswer {
  if (answer.kind !== 'plain') throw new Error('expected a plain answer');
  return answer;
}

/** Reads a stream to its end, whatever that is. */
export async function read(
  answer: PlainAnswer | StreamAnswer,
): Promise<{ text: string; end: StreamEnd; error: string | undefined }> {
  if (answer.kind !== 'stream') throw new Error('expected a stream');
  const chunks: Buffer[] = [];
  let error: string | undefined;
  answer.live.pipe({
    write: (chunk) => chunks.push(chunk) > 0,
    end: () => {},
    fail: ({ code }) => {
      error = code;
    },
  });
  const end = await answer.live.finished;
  return { text: Buffer.concat(chunks).toString('utf8'), end, error };
}
