import { jsonIn } from '#platform/kernel';
import type { Transformer } from 'node:stream/web';
import type { LanguageModelV4, LanguageModelV4Content, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { Cut, Guard, GuardedReply } from './guard.ts';

type Part = LanguageModelV4StreamPart;

/** As the provider's own filter would say it; by `raw` the two are told apart. */
const CUTS = {
  leak: { unified: 'content-filter', raw: 'prompt_leak' },
  unfit: { unified: 'content-filter', raw: 'unfit_reply' },
} as const;

/**
 * A language model whose words and tool calls pass through a guard. A reply that is cut ends with the reason `content-filter` and calls no
 * tool; the provider's stream is read on to its end, so that what it bills is known.
 */
export function guardedModel(model: LanguageModelV4, guard: Guard | undefined): LanguageModelV4 {
  if (guard === undefined) return model;
  return {
    ...model,
    async doGenerate(options) {
      const { response, ...result } = await model.doGenerate(options);
      const { content, cut } = cutContent(result.content, guard);
      return {
        ...result,
        content,
        // The provider's own body has the words too.
        ...(response === undefined ? {} : { response: { ...response, body: undefined } }),
        ...(cut === undefined ? {} : { finishReason: CUTS[cut] }),
      };
    },
    async doStream(options) {
      const result = await model.doStream(options);
      return { ...result, stream: result.stream.pipeThrough(new TransformStream(guardedParts(guard))) };
    },
  };
}

/** The content up to where it is cut; of one that is cut, the words alone. */
function cutContent(
  content: readonly LanguageModelV4Content[],
  guard: Guard,
): { readonly content: LanguageModelV4Content[]; readonly cut: Cut | undefined } {
  const refuses = guard.beginObjects();
  const kept: LanguageModelV4Content[] = [];
  let cut: Cut | undefined;
  for (const part of content) {
    if (part.type === 'text' || part.type === 'reasoning') {
      const reply = guard.begin();
      const text = reply.push(part.text) + reply.end();
      kept.push({ ...part, text });
      // Thoughts are not the answer: they end where they would repeat a secret, and the answer stands.
      if (part.type === 'text') cut = reply.cut;
    } else {
      cut = refuses(outgoing(part));
      if (cut === undefined) kept.push(part);
    }
    if (cut !== undefined) return { content: kept.filter(isText), cut };
  }
  return { content: kept, cut: undefined };
}

function isText({ type }: LanguageModelV4Content): boolean {
  return type === 'text' || type === 'reasoning';
}

/** The text that a model wrote into a part that is no text: of a tool call the name, and the arguments as the tool gets them. Names are read by themselves. */
function outgoing(part: LanguageModelV4Content | Part): unknown {
  if (part.type === 'file' || part.type === 'reasoning-file') return undefined;
  if (part.type !== 'tool-call') return part;
  return { [part.toolName]: jsonIn(part.input) ?? part.input };
}

function guardedParts(guard: Guard): Transformer<Part, Part> {
  /** The guarded replies of texts that have begun and not ended. */
  const replies = new Map<string, GuardedReply>();
  /** Tool calls wait for the end of the answer: one that is cut calls no tool. */
  const calls: Part[] = [];
  let cut: Cut | undefined;

  function* passed(part: Part): Generator<Part> {
    if (part.type === 'text-start' || part.type === 'reasoning-start') {
      if (cut !== undefined) return;
      replies.set(part.id, guard.begin());
      yield part;
    } else if (part.type === 'text-delta' || part.type === 'reasoning-delta') {
      const reply = replies.get(part.id);
      if (cut !== undefined || reply === undefined) return;
      const delta = reply.push(part.delta);
      if (delta !== '') yield { ...part, delta };
      if (part.type === 'text-delta') cut = reply.cut;
    } else if (part.type === 'text-end' || part.type === 'reasoning-end') {
      const reply = replies.get(part.id);
      if (reply === undefined) return;
      replies.delete(part.id);
      const delta = cut === undefined ? reply.end() : '';
      const type = part.type === 'text-end' ? 'text-delta' : 'reasoning-delta';
      if (type === 'text-delta') cut ??= reply.cut;
      if (delta !== '') yield { type, id: part.id, delta };
      yield part;
    } else if (part.type === 'finish') {
      cut ??= cutOf(calls, guard);
      if (cut === undefined) yield* calls;
      yield cut === undefined ? part : { ...part, finishReason: CUTS[cut] };
    } else if (part.type === 'stream-start' || part.type === 'response-metadata' || part.type === 'error')
      yield part;
    // The provider's own bytes have the words too.
    else if (part.type !== 'raw') calls.push(part);
  }

  return {
    transform(part, controller) {
      for (const one of passed(part)) controller.enqueue(one);
    },
  };
}

/** Why tool calls, and other parts that are no text, must not go out. The pieces of a call's arguments come again in the call. */
function cutOf(parts: readonly Part[], guard: Guard): Cut | undefined {
  const refuses = guard.beginObjects();
  for (const part of parts) {
    const isPiece =
      part.type === 'tool-input-start' || part.type === 'tool-input-delta' || part.type === 'tool-input-end';
    const cut = isPiece ? undefined : refuses(outgoing(part));
    if (cut !== undefined) return cut;
  }
  return undefined;
}
