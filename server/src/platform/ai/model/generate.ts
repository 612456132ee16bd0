import { isRecord, jsonIn } from '#platform/kernel';
import type { Permit, Usage } from '#platform/limits';
import type { z } from 'zod';
import type { PlainAnswer } from '../pipe/attempt.ts';
import { countTries } from '../plan.ts';
import {
  type StructuredParts,
  type StructuredRequest,
  structuredCall,
  tooLongError,
  unfitError,
} from './structured.ts';
import { isCut } from '../metering/usage.ts';

export interface GenerateRequest<Schema extends z.ZodType> extends StructuredRequest {
  /** The form of the answer. An object whose fields are all required is enforced by the provider itself. */
  readonly schema: Schema;
  /**
   * How an answer that ran into the reply's cap and is no whole object is handled: asked for again like any other that does not
   * fit, or `answer_too_large` at once, for callers that can ask for less. At a low temperature the same request is cut again.
   */
  readonly whenCut?: 'ask_again' | 'refuse';
}

export interface Generated<Schema extends z.ZodType> {
  readonly object: z.output<Schema>;
  /** The usage of the call that gave the object; calls before it are in the ledger alike. */
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
    if (object !== undefined && guard?.beginObjects()(object) === undefined) {
      parts.logger?.info(fields, 'generated');
      return { object, usage: answer.usage, prompt: { id: prompt.id, version: prompt.version } };
    }
    if (request.whenCut === 'refuse' && object === undefined && isCut(choiceIn(answer))) {
      parts.logger?.warn(fields, 'an answer is cut at its most tokens');
      throw tooLongError(permit, prompt);
    }
    parts.logger?.warn(fields, 'an answer does not fit its schema');
  } while (tries.left > 0);
  throw unfitError(permit, prompt);
}

/** The object in an answer, when it is what the schema says. */
function objectIn<Schema extends z.ZodType>(
  answer: PlainAnswer,
  schema: Schema,
): z.output<Schema> | undefined {
  const message = choiceIn(answer)['message'];
  const content = isRecord(message) ? message['content'] : undefined;
  if (typeof content !== 'string') return undefined;
  const checked = schema.safeParse(jsonIn(unwrap(content)));
  return checked.success ? checked.data : undefined;
}

function choiceIn(answer: PlainAnswer): Readonly<Record<string, unknown>> {
  const body = jsonIn(answer.body.toString('utf8'));
  const choices: readonly unknown[] = isRecord(body) && Array.isArray(body['choices']) ? body['choices'] : [];
  return isRecord(choices[0]) ? choices[0] : {};
}

const FENCE = '```';

/**
 * Models without enforced schemas like to wrap their JSON in a code block. Taken off by hand: an expression for it takes cubic
 * time on an answer full of blanks, and a caller can make a model answer so.
 */
function unwrap(content: string): string {
  const text = content.trim();
  if (text.length < 2 * FENCE.length || !text.startsWith(FENCE) || !text.endsWith(FENCE)) return text;
  const inner = text.slice(FENCE.length, -FENCE.length);
  return inner.startsWith('json') ? inner.slice('json'.length) : inner;
}
