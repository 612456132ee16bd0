import { isRecord } from '#platform/kernel';
import { type Picture, readPicture } from '../../metering/pictures.ts';
import { invalid } from '../../wire.ts';
import { checkFields, type FieldTable, refuse, refuseTool } from '../fields.ts';

/** OpenAI's Responses, as of the openai package 7.55. */
export const RESPONSES_FIELDS: FieldTable = {
  input: 'harmless',
  instructions: 'harmless',
  model: 'ours',
  tools: 'harmless',
  tool_choice: 'harmless',
  parallel_tool_calls: 'harmless',
  max_tool_calls: 'harmless',
  text: 'harmless',
  reasoning: 'harmless',
  temperature: 'harmless',
  top_p: 'harmless',
  top_logprobs: 'harmless',
  truncation: 'harmless',
  include: 'harmless',
  user: 'harmless',
  prompt_cache_key: 'harmless',
  stream_options: 'harmless',
  max_output_tokens: 'ours',
  safety_identifier: 'ours',
  store: 'ours',
  stream: 'ours',
  service_tier: 'priced',
  access_programs: 'unpriced',
  context_management: 'unpriced',
  image: 'unpriced',
  moderation: 'unpriced',
  prompt_cache_options: 'unpriced',
  prompt_cache_retention: 'unpriced',
  background: 'stateful',
  conversation: 'stateful',
  metadata: 'ours',
  // Codex says in it which installation asks.
  client_metadata: 'ours',
  previous_response_id: 'stateful',
  prompt: 'stateful',
};

/** Tools that run at the caller. Others run at the vendor, where they cost money and reach stored objects. */
const TOOLS = new Set<unknown>(['function', 'custom', 'local_shell', 'apply_patch']);
const ITEMS = new Set<unknown>([
  'message',
  'reasoning',
  'function_call',
  'function_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'local_shell_call',
  'local_shell_call_output',
  'apply_patch_call',
  'apply_patch_call_output',
]);
const TEXTS = new Set<unknown>(['input_text', 'output_text', 'refusal']);
/** More to say of an answer, and nothing that is stored. */
const INCLUDED = new Set<unknown>([
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
  'message.input_image.image_url',
]);

/** Refuses what a shared key must not do, and finds the pictures. */
export function checkResponsesBody(body: Record<string, unknown>, allowed: ReadonlySet<string>): Picture[] {
  const { background, ...fields } = body;
  // To be answered at once is what this door does.
  checkFields(RESPONSES_FIELDS, background === false ? fields : body, allowed);
  const tools = listOf(body, 'tools').flatMap((tool) => (isNamespace(tool) ? listOf(tool, 'tools') : [tool]));
  for (const tool of tools) if (!isRecord(tool) || !TOOLS.has(tool['type'])) refuseTool(tool);
  for (const included of listOf(body, 'include')) if (!INCLUDED.has(included)) refuse('include', 'unpriced');
  const { input, instructions = null } = body;
  if (instructions !== null && typeof instructions !== 'string')
    throw invalid('instructions must be a text.', 'instructions');
  if (typeof input === 'string' && input !== '') return [];
  if (!Array.isArray(input) || input.length === 0)
    throw invalid('input must be a text, or a list of items that is not empty.', 'input');
  return input.flatMap(picturesOf);
}

const isNamespace = (tool: unknown): tool is Record<string, unknown> =>
  isRecord(tool) && tool['type'] === 'namespace';

function listOf(body: Record<string, unknown>, field: string): readonly unknown[] {
  const value = body[field] ?? [];
  if (!Array.isArray(value)) throw invalid(`${field} must be a list.`, field);
  return value;
}

function picturesOf(item: unknown): Picture[] {
  if (!isRecord(item)) throw invalid('An item of input must be an object.', 'input');
  const type = item['type'] ?? 'message';
  if (type === 'item_reference') refuse('input.item_reference', 'stateful');
  if (!ITEMS.has(type)) refuse('input.type', 'unpriced');
  const parts = type === 'message' ? item['content'] : item['output'];
  if (!Array.isArray(parts) || type === 'reasoning') return [];
  return parts.flatMap((part) => (isRecord(part) ? pictureOf(part) : refuse('input.content', 'unpriced')));
}

function pictureOf(part: Readonly<Record<string, unknown>>): Picture[] {
  const { type, image_url: url, detail, file_id: file } = part;
  if (TEXTS.has(type)) return [];
  if ((file ?? null) !== null) return refuse('input.file_id', 'stateful');
  if (type !== 'input_image') return refuse('input.content', 'unpriced');
  return [readPicture({ image_url: { url, detail } })];
}
