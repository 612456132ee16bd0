import type { Ai } from 'plinth/product';
import { RepetitionWatch } from './repetition.ts';

type Model = ReturnType<Ai['model']>;
type ModelRequest = Parameters<Model['doStream']>[0];
export type ModelMessage = ModelRequest['prompt'][number];
export type ModelTool = NonNullable<ModelRequest['tools']>[number];

/** A call of a tool, in the model's own words: neither its name nor its arguments are checked. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly input: string;
}

export interface ModelAnswer {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  /** It was cut here, so that there is no next round. */
  readonly isCut: boolean;
}

/** Takes text as it comes, awaited: while it waits, the provider is paused. */
export type Say = (text: string) => Promise<void>;

/** What a reply that was cut ends with. */
const NOTES = {
  repetition: '[This reply repeated itself and was cut here.]',
  filter: '[The rest of this reply was left out.]',
} as const;

/**
 * Makes one model call and reads its answer. A text that repeats itself is cut, and the rest is read without being shown: what the
 * provider bills is known then, and at most what the policy's reply length allows.
 */
export async function readModel(model: Model, request: ModelRequest, say: Say): Promise<ModelAnswer> {
  const { stream } = await model.doStream(request);
  const watch = new RepetitionWatch();
  const calls: ToolCall[] = [];
  let text = '';
  let cut: keyof typeof NOTES | undefined;
  async function show(piece: string): Promise<void> {
    text += piece;
    await say(piece);
  }
  async function end(why: keyof typeof NOTES): Promise<void> {
    cut = why;
    await show(`${text === '' ? '' : '\n\n'}${NOTES[why]}`);
  }
  for await (const part of stream) {
    // Parts after a cut are read for their figures alone.
    if (cut !== undefined) continue;
    if (part.type === 'error') throw part.error;
    if (part.type === 'tool-call')
      calls.push({ id: part.toolCallId, name: part.toolName, input: part.input });
    if (part.type === 'finish' && part.finishReason.unified === 'content-filter') await end('filter');
    if (part.type !== 'text-delta' || part.delta === '') continue;
    await show(part.delta);
    if (watch.push(part.delta)) await end('repetition');
  }
  return { text, calls, isCut: cut !== undefined };
}
