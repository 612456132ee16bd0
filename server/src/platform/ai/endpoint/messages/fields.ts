import { isRecord } from '#platform/kernel';
import { type Picture, pictureOfData } from '../../metering/pictures.ts';
import { invalid } from '../../wire.ts';
import { checkFields, type FieldTable, refuse, refuseTool } from '../fields.ts';

/** Anthropic's Messages, as of the @anthropic-ai/sdk package 1.14. */
export const MESSAGE_FIELDS: FieldTable = {
  model: 'ours',
  max_tokens: 'ours',
  stream: 'ours',
  // Its `user_id` is a hash of the account, as the vendor asks for.
  metadata: 'ours',
  messages: 'harmless',
  system: 'harmless',
  temperature: 'harmless',
  top_p: 'harmless',
  top_k: 'harmless',
  stop_sequences: 'harmless',
  tools: 'harmless',
  tool_choice: 'harmless',
  thinking: 'harmless',
  output_config: 'harmless',
  context_management: 'harmless',
  cache_control: 'harmless',
  service_tier: 'priced',
  inference_geo: 'unpriced',
  speed: 'unpriced',
  mcp_servers: 'unpriced',
  container: 'stateful',
  diagnostics: 'stateful',
};

/** Refuses what a shared key must not do in a message, and answers its pictures and documents, which have a price of their own. */
export function checkMessageFields(
  body: Record<string, unknown>,
  allowed: ReadonlySet<string>,
  { isCount = false } = {},
): readonly Picture[] {
  checkFields(MESSAGE_FIELDS, body, allowed);
  const { messages, max_tokens: cap, tools, system } = body;
  if (!isCount && (cap === undefined || cap === null))
    throw invalid('max_tokens must say how long the answer may be.', 'max_tokens');
  if (!Array.isArray(messages) || messages.length === 0)
    throw invalid('messages must be a list that is not empty.', 'messages');
  checkTools(tools);
  checkEdits(body['context_management']);
  const contents = messages.map((message: unknown) => {
    if (!isRecord(message)) throw invalid('A message must be an object.', 'messages');
    return message['content'];
  });
  return [system, ...contents].flatMap(picturesOf);
}

const isClearing = (edit: unknown): boolean =>
  isRecord(edit) && /^clear_\w{1,60}$/.test(String(edit['type']));

/** The vendor clears what an answer does not need for nothing; to have it summed up costs a call of its own. */
function checkEdits(management: unknown): void {
  if (management === undefined || management === null) return;
  const { edits = [], ...more } = isRecord(management) ? management : { edits: null };
  if (!Array.isArray(edits) || !edits.every(isClearing) || Object.keys(more).length > 0)
    refuse('context_management', 'unpriced');
}

/** Tools that run at the vendor cost money and reach stored objects; others run at the caller. */
function checkTools(tools: unknown): void {
  if (tools === undefined || tools === null) return;
  if (!Array.isArray(tools)) throw invalid('tools must be a list.', 'tools');
  for (const tool of tools) {
    const type = isRecord(tool) ? (tool['type'] ?? 'custom') : undefined;
    if (type !== 'custom') refuseTool(tool);
  }
}

const PLAIN = new Set<unknown>(['text', 'thinking', 'redacted_thinking', 'tool_use', 'search_result']);

function picturesOf(content: unknown): readonly Picture[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap((block: unknown): readonly Picture[] => {
    const { type, content: inner, source } = isRecord(block) ? block : {};
    if (PLAIN.has(type)) return [];
    if (type === 'tool_result') return picturesOf(inner);
    if (type === 'image' || type === 'document') return sourced(type, source);
    return refuse('messages.content', type === 'container_upload' ? 'stateful' : 'unpriced');
  });
}

/** A document in words is words; the pages of another are counted by the vendor alone. */
function sourced(type: 'image' | 'document', source: unknown): readonly Picture[] {
  const { type: kind, data, content } = isRecord(source) ? source : {};
  if (kind === 'file') return refuse(`messages.${type}.source`, 'stateful');
  if (type === 'document' && kind === 'text') return [];
  if (type === 'document' && kind === 'content') return picturesOf(content);
  return [pictureOfData(kind === 'base64' ? data : undefined, type === 'document')];
}
