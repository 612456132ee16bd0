import { type JsonObject, isObject, ownList, ownObject, ownProperty, ownString } from '../content/json.ts';
import { ApiError } from '../errors.ts';
import type { AnswerFormat, ChatRequest } from '../request.ts';
import type { Tool, ToolChoice } from '../tools.ts';
import { parseContents } from './contents.ts';
import { invalidField, unknownField } from './protocol.ts';

/** A request for content that Google would take. */
export interface ContentRequest {
  readonly chat: ChatRequest;
  readonly thinking: { readonly budget: number; readonly isShown: boolean } | null;
}

// Fields of the package @google/genai 3.3; Google refuses others. Sampling, safety and tiers are taken and not read.
const FIELDS = new Set(
  `cachedContent contents generationConfig labels model safetySettings serviceTier store systemInstruction toolConfig
   tools`.split(/\s+/),
);
const CONFIG = new Set(
  `candidateCount enableEnhancedCivicAnswers frequencyPenalty imageConfig logprobs maxOutputTokens mediaResolution
   presencePenalty responseJsonSchema responseLogprobs responseMimeType responseModalities responseSchema seed
   speechConfig stopSequences temperature thinkingConfig topK topP`.split(/\s+/),
);
const MOST_CANDIDATES = 8;
const MOST_STOPS = 5;
/** Tokens that a model thinks by itself, and by the level that is asked for. */
const DYNAMIC = 64;
const LEVELS: Readonly<Record<string, number>> = { MINIMAL: 4, LOW: 16, MEDIUM: 64, HIGH: 256 };

/** Reads a request for content as Google does, or throws its refusal. */
export function parseContentRequest(body: unknown, model: string, stream: boolean): ContentRequest {
  const fields = checkFields(body, FIELDS, '');
  const config = checkFields(ownProperty(fields, 'generationConfig') ?? {}, CONFIG, 'generation_config');
  checkRange(config, 'temperature', 2);
  checkRange(config, 'topP', 1);
  const tools = parseTools(fields);
  const thinking = parseThinking(ownObject(config, 'thinkingConfig'));
  const stops = ownList(config, 'stopSequences') ?? [];
  if (stops.length > MOST_STOPS || !stops.every((stop) => typeof stop === 'string'))
    throw invalidField('generation_config.stop_sequences', 'at most 5 texts');
  return {
    thinking,
    chat: {
      model,
      messages: parseContents(fields, { isSigned: thinking !== null }),
      stream,
      includeUsage: true,
      n: wholeNumber(config, 'candidateCount', MOST_CANDIDATES) ?? 1,
      maxTokens: wholeNumber(config, 'maxOutputTokens', 1_000_000),
      stop: stops,
      format: parseFormat(config),
      tools,
      toolChoice: parseToolChoice(fields, tools),
    },
  };
}

function checkFields(body: unknown, known: ReadonlySet<string>, path: string): JsonObject {
  if (!isObject(body))
    throw new ApiError(400, { message: 'Invalid JSON payload received. Expected an object.' });
  const unknown = Object.keys(body).find((name) => !known.has(name));
  if (unknown !== undefined) throw unknownField(unknown, path);
  return body;
}

function checkRange(config: JsonObject, name: string, most: number): void {
  const value = ownProperty(config, name);
  if (value === undefined || (typeof value === 'number' && value >= 0 && value <= most)) return;
  throw invalidField(`generation_config.${name}`, `must be in the range [0.0, ${most}.0].`);
}

function wholeNumber(config: JsonObject, name: string, most: number): number | null {
  const value = ownProperty(config, name);
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw invalidField(`generation_config.${name}`, `must be from 1 to ${most}.`);
}

/** Google's Schema has its types in capitals. */
function plainSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plainSchema);
  if (!isObject(schema)) return schema;
  const told = Object.entries(schema).map(([name, value]) => [
    name,
    name === 'type' && typeof value === 'string' ? value.toLowerCase() : plainSchema(value),
  ]);
  return Object.fromEntries(told) as JsonObject;
}

function schemaIn(fields: JsonObject, own: string, json: string): JsonObject | undefined {
  const schema = plainSchema(ownObject(fields, own)) ?? ownProperty(fields, json);
  return isObject(schema) ? schema : undefined;
}

function parseFormat(config: JsonObject): AnswerFormat {
  const type = ownString(config, 'responseMimeType') ?? 'text/plain';
  const schema = schemaIn(config, 'responseSchema', 'responseJsonSchema');
  if (type === 'application/json')
    return schema === undefined ? { type: 'json_object' } : { type: 'json_schema', schema };
  if (type !== 'text/plain')
    throw invalidField('generation_config.response_mime_type', 'allowed mimetypes are text');
  if (schema === undefined) return { type: 'text' };
  const message =
    'response schema is only supported with JSON, set response_mime_type to `application/json`.';
  throw invalidField('generation_config.response_schema', message);
}

function parseTools(fields: JsonObject): Tool[] {
  return (ownList(fields, 'tools') ?? []).flatMap((tool, index) => {
    const path = `tools[${index}]`;
    const [other] = isObject(tool)
      ? Object.keys(tool).filter((name) => name !== 'functionDeclarations')
      : ['?'];
    if (!isObject(tool) || other !== undefined)
      throw invalidField(path, 'The sandbox knows functions alone.');
    return (ownList(tool, 'functionDeclarations') ?? []).map((declared, at) => {
      const name = isObject(declared) ? (ownString(declared, 'name') ?? '') : '';
      if (!isObject(declared) || !/^[a-zA-Z_][\w.:-]{0,63}$/.test(name))
        throw invalidField(`${path}.function_declarations[${at}].name`, 'Invalid function name.');
      const parameters = schemaIn(declared, 'parameters', 'parametersJsonSchema');
      return {
        name,
        parameters: parameters ?? { type: 'object', properties: {} },
        declaration: JSON.stringify(declared),
      };
    });
  });
}

function parseToolChoice(fields: JsonObject, tools: readonly Tool[]): ToolChoice {
  if (tools.length === 0) return { mode: 'none' };
  const calling = ownObject(ownObject(fields, 'toolConfig') ?? {}, 'functionCallingConfig') ?? {};
  const [name, ...others] = ownList(calling, 'allowedFunctionNames') ?? [];
  switch (ownString(calling, 'mode') ?? 'AUTO') {
    case 'NONE':
      return { mode: 'none' };
    case 'ANY':
      return typeof name === 'string' && others.length === 0 ? { mode: 'named', name } : { mode: 'required' };
    default:
      return { mode: 'auto' };
  }
}

function parseThinking(config: JsonObject | undefined): ContentRequest['thinking'] {
  if (config === undefined) return null;
  const isShown = ownProperty(config, 'includeThoughts') === true;
  const level = ownString(config, 'thinkingLevel');
  const budget = ownProperty(config, 'thinkingBudget') ?? (level === undefined ? -1 : LEVELS[level]);
  if (typeof budget !== 'number' || budget < -1)
    throw invalidField('generation_config.thinking_config', 'The thinking budget is invalid.');
  return budget === 0 ? null : { budget: budget === -1 ? DYNAMIC : budget, isShown };
}
