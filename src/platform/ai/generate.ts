import type { Permit, Usage } from '#platform/limits';
import type { z } from 'zod';
import type { PlainAnswer } from './attempt.ts';
import { countTries } from './plan.ts';
import { type StructuredParts, type StructuredRequest, structuredCall, unfit } from './structured.ts';
import { isRecord, parsedText } from './usage.ts';

export interface GenerateRequest<Schema extends z.ZodType> extends StructuredRequest {
  /** What the answer must be. An object whose fields are all required is enforced by the provider itself. */
  readonly schema: Schema;
}

export interface Generated<Schema extends z.ZodType> {
  readonly object: z.output<Schema>;
  /** Of the call that gave the object; calls before it are in the ledger alike. */
  readonly usage: Usage;
  readonly prompt: { readonly id: string; readonly version: number };
}

/** Asks for an object; asks again within the policy's tries while the answer does not fit. */
export async function generate<Schema extends z.ZodType>(
  parts: StructuredParts,
  permit: Permit,
  request: GenerateRequest<Schema>,
): Promise<Generated<Schema>> {
  const { schema } = request;
  const { call, prompt, guard, named } = structuredCall(parts, permit, { request, schema, stream: false });
  const tries = countTries(permit, call.policy);
  do {
    tries.used();
    const answer = await parts.pipe(call);
    if (answer.kind !== 'plain') throw new Error('a plain call was answered by a stream');
    const object = objectIn(answer, schema);
    const { provider, model } = answer.target;
    const fields = { ...named, provider, model, provider_request_id: answer.usage.providerRequestId };
    if (object !== undefined && guard?.leaks(object) !== true) {
      parts.logger?.info(fields, 'generated');
      return { object, usage: answer.usage, prompt: { id: prompt.id, version: prompt.version } };
    }
    parts.logger?.warn(fields, 'an answer does not fit its schema');
  } while (tries.left > 0);
  throw unfit(permit, prompt);
}

/** The object in an answer, when it is what the schema says. */
function objectIn<Schema extends z.ZodType>(
  answer: PlainAnswer,
  schema: Schema,
): z.output<Schema> | undefined {
  const body = parsedText(answer.body.toString('utf8'));
  const choices = isRecord(body) && Array.isArray(body['choices']) ? body['choices'] : [];
  const message: unknown = isRecord(choices[0]) ? choices[0]['message'] : undefined;
  const content = isRecord(message) ? message['content'] : undefined;
  if (typeof content !== 'string') return undefined;
  const checked = schema.safeParse(parsedText(unwrapped(content)));
  return checked.success ? checked.data : undefined;
}

const FENCE = '```';

/**
 * Models without enforced schemas like to wrap their JSON in a code block. Taken off by hand: an expression for it takes cubic
 * time on an answer full of blanks, and what a model answers is up to whoever asks it.
 */
function unwrapped(content: string): string {
  const text = content.trim();
  if (text.length < 2 * FENCE.length || !text.startsWith(FENCE) || !text.endsWith(FENCE)) return text;
  const inner = text.slice(FENCE.length, -FENCE.length);
  return inner.startsWith('json') ? inner.slice('json'.length) : inner;
}
