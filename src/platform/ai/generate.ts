import type { Permit, Usage } from '#platform/limits';
import { z } from 'zod';
import type { PlainAnswer } from './attempt.ts';
import { ProviderError } from './errors.ts';
import type { HangUp } from './ports.ts';
import type { PromptValues, RenderedPrompt } from './prompts.ts';
import { isRecord, parsedText } from './usage.ts';

export interface GenerateRequest<Schema extends z.ZodType> {
  /** The policy's feature within the permit's product. */
  readonly feature: string;
  readonly prompt: { readonly id: string; readonly version?: number; readonly variables: PromptValues };
  /** What the answer must be. An object whose fields are all required is enforced by the provider itself. */
  readonly schema: Schema;
  readonly hangUp?: HangUp | undefined;
}

export interface Generated<Schema extends z.ZodType> {
  readonly object: z.output<Schema>;
  /** Of the call that gave the object; calls before it are in the ledger alike. */
  readonly usage: Usage;
  readonly prompt: { readonly id: string; readonly version: number };
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

/** What zod drops silently is not asked for: an object that says nothing of further fields is closed. */
function close({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.type === 'object') jsonSchema.additionalProperties ??= false;
}

/** The body of a structured call. Where a provider takes no schema, it is told in words. */
export function structuredBody(prompt: RenderedPrompt, schema: AnswerSchema, takesSchema: boolean): string {
  const system = takesSchema
    ? prompt.system
    : `${prompt.system ?? ''}\nAnswer with JSON alone, by this JSON schema: ${JSON.stringify(schema.json)}`.trim();
  return JSON.stringify({
    messages: [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      { role: 'user', content: prompt.user },
    ],
    response_format: takesSchema
      ? { type: 'json_schema', json_schema: { name: 'answer', strict: schema.strict, schema: schema.json } }
      : { type: 'json_object' },
  });
}

/** The object in an answer, when it is what the schema says. */
export function objectIn<Schema extends z.ZodType>(
  answer: PlainAnswer,
  schema: Schema,
): z.output<Schema> | undefined {
  const body = parsedText(answer.body.toString('utf8'));
  const choices = isRecord(body) && Array.isArray(body['choices']) ? body['choices'] : [];
  const message: unknown = isRecord(choices[0]) ? choices[0]['message'] : undefined;
  const content = isRecord(message) ? message['content'] : undefined;
  if (typeof content !== 'string') return undefined;
  // Models without enforced schemas like to wrap their JSON in a code block.
  const bare = /^\s*```(?:json)?\s*([\s\S]*?)\s*```\s*$/.exec(content)?.[1] ?? content;
  const checked = schema.safeParse(parsedText(bare));
  return checked.success ? checked.data : undefined;
}

/** The model's answers did not fit the schema, and there are no tries left. */
export function unfit(permit: Permit, prompt: RenderedPrompt): ProviderError {
  return new ProviderError('answer_unusable', {
    retryable: false,
    details: { feature: permit.feature, prompt: prompt.id, prompt_version: prompt.version },
  });
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
