import { isRecord } from '#platform/kernel';
import type { Lane } from '#platform/jobs';
import type { Permit } from '#platform/limits';
import { z } from 'zod';
import type { PipeCall, StreamAnswer } from '../pipe/attempt.ts';
import { ProviderError } from '../errors.ts';
import type { Pipe } from '../pipe/pipe.ts';
import type { Policy } from '../policy.ts';
import type { AiLogger } from '../ports.ts';
import type { Prompts, PromptValues, RenderedPrompt } from '../prompts.ts';
import type { Guard } from '../sanitizer/index.ts';
import { takesOf } from '../providers/providers.ts';
import type { Takes } from '../takes.ts';
import { CHAT } from '../dialects/chat.ts';
import { readWire, type WireRequest } from '../wire.ts';

/** The input of every structured call. */
export interface StructuredRequest {
  /** The policy's feature within the permit's product. */
  readonly feature: string;
  readonly prompt: { readonly id: string; readonly version?: number; readonly variables: PromptValues };
  readonly signal?: AbortSignal | undefined;
  /** The lane whose provider slots it takes; `interactive` by default. */
  readonly lane?: Lane | undefined;
  /** The caller's trace, for the provider. */
  readonly traceparent?: string | undefined;
}

export interface StructuredParts {
  readonly pipe: Pipe;
  readonly promptsOf: (product: string) => Prompts | undefined;
  readonly governed: (
    permit: Permit,
    request: { readonly feature: string; readonly lane?: Lane | undefined },
  ) => Omit<PipeCall, 'wire'>;
  /** Keeps answers from repeating secret prompts, and from showing unfit text. */
  readonly guardOf: (permit: Permit, policy: Policy) => Guard | undefined;
  readonly logger: AiLogger | undefined;
}

/** A structured call, ready for the pipe. */
export interface StructuredCall {
  readonly call: PipeCall;
  readonly prompt: RenderedPrompt;
  readonly guard: Guard | undefined;
  /** The fields of its log lines: ids and versions, never a text. */
  readonly named: Readonly<Record<string, unknown>>;
}

/** Makes the call that asks for an answer by a schema. */
export function structuredCall(
  parts: StructuredParts,
  permit: Permit,
  asked: { readonly request: StructuredRequest; readonly schema: z.ZodType; readonly stream: boolean },
): StructuredCall {
  const { request, stream } = asked;
  const prompt = renderPrompt(parts, permit, request);
  const call = parts.governed(permit, request);
  const made = new Map<AnswerForm, WireRequest>();
  const inForm = (form: AnswerForm): WireRequest => {
    const before = made.get(form);
    if (before !== undefined) return before;
    const body = structuredBody(prompt, answerSchema(asked.schema), form);
    const wire = { ...readWire(CHAT, body), stream, inForm };
    made.set(form, wire);
    return wire;
  };
  const [first] = call.chain;
  return {
    call: {
      ...call,
      wire: inForm(first === undefined ? 'none' : takesOf(first).response_format),
      signal: request.signal,
      traceparent: request.traceparent,
    },
    prompt,
    guard: parts.guardOf(permit, call.policy),
    named: namesOf(permit, prompt),
  };
}

/** The prompt of a request, of those of the permit's product, with its values in place. */
export function renderPrompt(
  parts: Pick<StructuredParts, 'promptsOf'>,
  permit: Permit,
  { prompt }: Pick<StructuredRequest, 'prompt'>,
): RenderedPrompt {
  const prompts = parts.promptsOf(permit.product);
  if (prompts === undefined) throw new Error(`the product ${permit.product} has no prompts`);
  return prompts.get(prompt.id, prompt.version).render(prompt.variables);
}

/** The fields of a call's log lines: ids and versions, never a text. */
export function namesOf(permit: Permit, prompt: RenderedPrompt): Readonly<Record<string, unknown>> {
  return {
    prompt: prompt.id,
    prompt_version: prompt.version,
    request_id: permit.requestId,
    permit_id: permit.id,
  };
}

/** The model's answers did not fit the schema, and there are no tries left. */
export function unfitError(permit: Permit, prompt: RenderedPrompt): ProviderError {
  return new ProviderError('answer_unusable', noMoreOf(permit, prompt));
}

/** Whether the same may be asked again: not where a model that had room for its thoughts said nothing else. */
export function mayHelpAgain({ live, plan, target }: StreamAnswer): boolean {
  if (!live.hasOnlyThought) return true;
  target.learned.thinks = true;
  return plan.room === 0;
}

/** The model had more to say than the policy gives it room for. */
export function tooLongError(permit: Permit, prompt: RenderedPrompt): ProviderError {
  return new ProviderError('answer_too_large', noMoreOf(permit, prompt));
}

/** Nothing is asked again; what it was is said by its name and version. */
function noMoreOf({ feature }: Permit, { id, version }: RenderedPrompt) {
  return { retryable: false, details: { feature, prompt: id, prompt_version: version } };
}

interface AnswerSchema {
  readonly json: Record<string, unknown>;
  readonly strict: boolean;
}

const schemas = new WeakMap<z.ZodType, AnswerSchema>();

/** The JSON schema of a zod schema, made once. */
export function answerSchema(schema: z.ZodType): AnswerSchema {
  const known = schemas.get(schema);
  if (known !== undefined) return known;
  const json: Record<string, unknown> = { ...z.toJSONSchema(schema, { io: 'input', override: close }) };
  delete json['$schema'];
  const made = { json, strict: isStrict(json) };
  schemas.set(schema, made);
  return made;
}

/** Fields that zod drops silently are not asked for: an object that does not declare further fields is closed. */
function close({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.type === 'object') jsonSchema.additionalProperties ??= false;
}

type AnswerForm = Takes['response_format'];

/** The body of a structured call. Where a provider takes no schema, it is told in words. */
export function structuredBody(prompt: RenderedPrompt, schema: AnswerSchema, form: AnswerForm): string {
  const system =
    form === 'json_schema'
      ? prompt.system
      : `${prompt.system ?? ''}\nAnswer with JSON alone, by this JSON schema: ${JSON.stringify(schema.json)}`.trim();
  return JSON.stringify({
    messages: [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      { role: 'user', content: prompt.user },
    ],
    ...formatOf(schema, form),
  });
}

function formatOf(schema: AnswerSchema, form: AnswerForm): object {
  if (form === 'none') return {};
  const { strict, json } = schema;
  const named = form === 'json_schema' ? { json_schema: { name: 'answer', strict, schema: json } } : {};
  return { response_format: { type: form, ...named } };
}

/** Providers enforce a schema strictly only if every object is closed and all of its fields are required. */
function isStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(isStrict);
  if (!isRecord(schema)) return true;
  const { properties, required, additionalProperties } = schema;
  if (isRecord(properties)) {
    const needed = new Set(Array.isArray(required) ? required : []);
    if (additionalProperties !== false || Object.keys(properties).some((name) => !needed.has(name)))
      return false;
  }
  return Object.values(schema).every(isStrict);
}
