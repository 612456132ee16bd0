import { wordIn } from '../../dialects/words.ts';
import { isRecord } from '#platform/kernel';
import { contentOf } from '../chat-words.ts';
import { objectsIn, refuseLost } from '../fields.ts';
import { isStrict, toJsonSchema } from './schema.ts';

type Fields = Readonly<Record<string, unknown>>;
type Told = Readonly<Record<string, unknown>>;

/** Sequences that OpenAI takes. */
const MOST_STOPS = 4;

/** How a field is told in chat completions: its members there, or none where nothing is lost without it. */
const TOLD: Readonly<Record<string, (value: unknown) => Told>> = {
  model: (model) => ({ model }),
  stream: (stream) => (stream === true ? { stream, stream_options: { include_usage: true } } : {}),
  contents: () => ({}),
  systemInstruction: () => ({}),
  labels: () => ({}),
  store: () => ({}),
  tools: toTools,
  toolConfig: toToolChoice,
  generationConfig: (config) => toldBy(CONFIG, config, 'generationConfig.'),
  // Without a filter of its own a chat does what these ask for.
  safetySettings: (settings) =>
    objectsIn(settings, 'safetySettings').every(isOff) ? {} : refuseLost('safetySettings'),
  serviceTier: (tier) => (tier === 'flex' || tier === 'priority' ? { service_tier: tier } : {}),
};

const CONFIG: typeof TOLD = {
  temperature: (temperature) => ({ temperature }),
  topP: (topP) => ({ top_p: topP }),
  seed: (seed) => ({ seed }),
  presencePenalty: (penalty) => ({ presence_penalty: penalty }),
  frequencyPenalty: (penalty) => ({ frequency_penalty: penalty }),
  maxOutputTokens: (most) => ({ max_tokens: most }),
  candidateCount: (count) => (count === 1 ? {} : { n: count }),
  stopSequences: (stops) =>
    Array.isArray(stops) && stops.length > MOST_STOPS ? refuseLost('stopSequences') : { stop: stops },
  responseModalities: () => ({}),
  responseLogprobs: (isAsked) => (isAsked === false ? {} : refuseLost('responseLogprobs')),
  responseMimeType: (type) => {
    if (type === 'text/plain') return {};
    return type === 'application/json'
      ? { response_format: { type: 'json_object' } }
      : refuseLost('responseMimeType');
  },
  // After the type, which they make more exact.
  responseSchema: (schema) => toFormat(toJsonSchema(schema)),
  responseJsonSchema: toFormat,
  thinkingConfig: toEffort,
};

/** A request for content (Google's protocol) as a chat request. Throws field_refused for a field that would be lost. */
export function toChatRequest(body: Fields): Record<string, unknown> {
  return { ...toldBy(TOLD, body, ''), messages: messagesOf(body) };
}

function toldBy(table: typeof TOLD, fields: unknown, path: string): Told {
  const given = isRecord(fields) ? fields : {};
  const unknown = Object.keys(given).find((field) => given[field] !== null && !Object.hasOwn(table, field));
  if (unknown !== undefined) refuseLost(path + unknown);
  const told = Object.entries(table).filter(([field]) => (given[field] ?? null) !== null);
  return Object.assign({}, ...told.map(([field, tell]) => tell(given[field]))) as Told;
}

const isOff = ({ threshold }: Fields): boolean => threshold === 'BLOCK_NONE' || threshold === 'OFF';

function toFormat(schema: unknown): Told {
  const strict = isStrict(schema) ? { strict: true } : {};
  return { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, ...strict } } };
}

const EFFORTS: ReadonlySet<string> = new Set(['minimal', 'low', 'medium', 'high']);

/** A model of a chat thinks as it likes; its thoughts are not told. */
function toEffort(config: unknown): Told {
  const {
    includeThoughts = false,
    thinkingBudget: budget,
    thinkingLevel: level,
    ...more
  } = isRecord(config) ? config : {};
  const effort = typeof level === 'string' ? level.toLowerCase() : undefined;
  const isPlain = budget === undefined || budget === 0 || budget === -1;
  const isKnown = effort === undefined || EFFORTS.has(effort);
  if (includeThoughts !== false || !isPlain || !isKnown || Object.keys(more).length > 0)
    refuseLost('thinkingConfig');
  return effort === undefined ? {} : { reasoning_effort: effort };
}

function toTools(tools: unknown): Told {
  const declared = objectsIn(tools, 'tools').flatMap(({ functionDeclarations: listed }) =>
    objectsIn(listed ?? [], 'tools.functionDeclarations'),
  );
  return declared.length === 0 ? {} : { tools: declared.map(toTool) };
}

function toTool({ name, description, parameters, parametersJsonSchema: schema, ...more }: Fields): object {
  const [other] = Object.keys(more);
  if (other !== undefined) refuseLost(`tools.functionDeclarations.${other}`);
  const said = schema ?? (parameters === undefined ? undefined : toJsonSchema(parameters));
  return {
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      ...(said === undefined ? {} : { parameters: said }),
    },
  };
}

const MODES: Readonly<Record<string, string>> = { AUTO: 'auto', ANY: 'required', NONE: 'none' };

function toToolChoice(config: unknown): Told {
  const { functionCallingConfig: calling } = isRecord(config) ? config : {};
  const { mode = 'AUTO', allowedFunctionNames: names = [], ...more } = isRecord(calling) ? calling : {};
  const allowed: readonly unknown[] = Array.isArray(names) ? names : [];
  const choice = wordIn(MODES, String(mode).toUpperCase());
  const isNamed = choice === 'required' && allowed.length === 1;
  if (choice === undefined || (allowed.length > 0 && !isNamed) || Object.keys(more).length > 0)
    refuseLost('toolConfig.functionCallingConfig');
  if (choice === 'auto') return {};
  return { tool_choice: isNamed ? { type: 'function', function: { name: allowed[0] } } : choice };
}

function messagesOf({ systemInstruction: system, contents }: Fields): object[] {
  const text = isRecord(system) ? textOf(partsIn(system)) : '';
  const first = text === '' ? [] : [{ role: 'system', content: text }];
  const calls = new OpenCalls();
  return [...first, ...objectsIn(contents, 'contents').flatMap((content) => toMessages(content, calls))];
}

function toMessages(content: Fields, calls: OpenCalls): object[] {
  const parts = partsIn(content);
  if (content['role'] === 'model') return [toAssistant(parts, calls)];
  const results = parts.filter(({ functionResponse: result }) => isRecord(result));
  const others = parts.filter((part) => !results.includes(part)).map(toPart);
  const answers = results.map(({ functionResponse: result }) => {
    const { id, name, response, parts: files = [], ...more } = isRecord(result) ? result : {};
    if (Object.keys(more).length > 0 || !Array.isArray(files) || files.length > 0)
      refuseLost('contents.parts.functionResponse');
    return { role: 'tool', tool_call_id: calls.close(id, name), content: JSON.stringify(response ?? {}) };
  });
  return [...answers, ...(others.length === 0 ? [] : [{ role: 'user', content: contentOf(others) }])];
}

function toAssistant(parts: readonly Fields[], calls: OpenCalls): object {
  const called = parts.filter(({ functionCall: call }) => isRecord(call));
  const texts = parts.filter((part) => !called.includes(part));
  const content = texts.length === 0 ? null : textOf(texts);
  if (called.length === 0) return { role: 'assistant', content: content ?? '' };
  return {
    role: 'assistant',
    content,
    tool_calls: called.map((part) => {
      const { functionCall: call } = plainly(part, 'functionCall');
      const { id, name, args, ...more } = isRecord(call) ? call : {};
      if (Object.keys(more).length > 0) refuseLost('contents.parts.functionCall');
      const said = { name, arguments: JSON.stringify(args ?? {}) };
      return { id: calls.open(id, name), type: 'function', function: said };
    }),
  };
}

/** The calls that wait for a result: Google's clients may leave out their ids, and results come in the order of their calls. */
class OpenCalls {
  #count = 0;
  readonly #waiting: { readonly id: string; readonly name: unknown }[] = [];

  open(given: unknown, name: unknown): string {
    this.#count += 1;
    const id = typeof given === 'string' && given !== '' ? given : `call_${this.#count}`;
    this.#waiting.push({ id, name });
    return id;
  }

  close(given: unknown, name: unknown): string {
    const at = this.#waiting.findIndex((call) =>
      typeof given === 'string' ? call.id === given : call.name === name,
    );
    const [call] = at === -1 ? [] : this.#waiting.splice(at, 1);
    return call?.id ?? String(given ?? name);
  }
}

/** A part with nothing beside one member. */
function plainly(part: Fields, name: string): Fields {
  const other = Object.keys(part).find((one) => one !== name && one !== 'partMetadata');
  return other === undefined ? part : refuseLost(`contents.parts.${other}`);
}

function toPart(part: Fields): object {
  const { inlineData: file } = part;
  if (!isRecord(file)) return { type: 'text', text: textOf([part]) };
  const { mimeType, data } = plainly(part, 'inlineData') && file;
  if (!String(mimeType).startsWith('image/')) refuseLost('contents.parts.inlineData');
  return { type: 'image_url', image_url: { url: `data:${String(mimeType)};base64,${String(data)}` } };
}

const textOf = (parts: readonly Fields[]): string =>
  parts
    .map((part) => {
      const { text } = plainly(part, 'text');
      return typeof text === 'string' ? text : '';
    })
    .join('\n');

const partsIn = ({ parts = [] }: Fields): readonly Fields[] => objectsIn(parts, 'contents.parts');
