import type { Thought } from '../anthropic/thinking.ts';
import type { Choice, Completion } from '../completion.ts';
import { type JsonObject, isObject } from '../content/json.ts';
import { parseJson } from '../content/material.ts';
import type { EncodedCompletion, Events } from '../encode.ts';
import { signPart } from './contents.ts';
import { statusOf } from './protocol.ts';

/** An answer to be written: the completion, with what was thought before it. */
export interface Reply {
  readonly completion: Completion;
  readonly thought: Thought | null;
  readonly hideUsage: boolean;
}

interface Part {
  readonly text?: string;
  readonly thought?: true;
  readonly thoughtSignature?: string;
  readonly functionCall?: JsonObject;
}

/** Content as text for the wire (ai.google.dev/api/generate-content). */
export function encodeContent(reply: Reply): EncodedCompletion {
  const { completion, thought } = reply;
  const { choices, usage, model } = completion;
  return {
    usage,
    model,
    plain: (id) => {
      const candidates = choices.map((choice, index) => ({
        content: { parts: [...thoughtParts(thought), ...partsOf(choice, thought)], role: 'model' },
        finishReason: finishOf(choice),
        index,
      }));
      return JSON.stringify({ ...contentsOf(candidates), ...usageOf(reply), ...headOf(model, id) });
    },
    events: (id) => eventsOf(reply, id),
  };
}

const headOf = (model: string, id: string) => ({ modelVersion: model, responseId: id });

/** A prompt that is blocked has no candidate. */
const contentsOf = (candidates: readonly object[]): object =>
  candidates.length > 0 ? { candidates } : { promptFeedback: { blockReason: 'SAFETY', safetyRatings: [] } };

function thoughtParts(thought: Thought | null): Part[] {
  return thought === null || !thought.isShown ? [] : [{ text: thought.tokens.join(''), thought: true }];
}

/** The last part of an answer that was thought about is signed. */
function partsOf(choice: Choice, thought: Thought | null): Part[] {
  const part = partOf(choice);
  if (part === undefined) return [];
  return [thought === null ? part : { ...part, thoughtSignature: signPart(part.functionCall) }];
}

/** Arguments that were cut off are no object: there is no call then. */
function partOf({ tokens, call, finish }: Choice): Part | undefined {
  if (call === null) return { text: tokens.join('') };
  const args = parseJson(tokens.join(''));
  if (finish === 'length') return undefined;
  return { functionCall: { id: call.id, name: call.name, args: isObject(args) ? args : {} } };
}

const finishOf = ({ finish }: Choice): string => (finish === 'length' ? 'MAX_TOKENS' : 'STOP');

/** Candidates leave out what was thought. `shown` tokens of them have been told. */
function usageOf({ completion, hideUsage }: Reply, shown?: number): object {
  if (hideUsage) return {};
  const { promptTokens, cachedTokens, completionTokens, reasoningTokens } = completion.usage;
  const said = shown ?? completionTokens - reasoningTokens;
  return {
    usageMetadata: {
      promptTokenCount: promptTokens,
      ...(cachedTokens === 0 ? {} : { cachedContentTokenCount: cachedTokens }),
      ...(said === 0 ? {} : { candidatesTokenCount: said }),
      ...(reasoningTokens === 0 ? {} : { thoughtsTokenCount: reasoningTokens }),
      totalTokenCount: promptTokens + said + reasoningTokens,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: promptTokens }],
    },
  };
}

const event = (value: object): string => `data: ${JSON.stringify(value)}\r\n\r\n`;

/** Words come bit by bit, a call whole; each event has the figures so far. */
function eventsOf(reply: Reply, id: string): Events {
  const { completion, thought } = reply;
  const head = headOf(completion.model, id);
  const told = (
    index: number,
    parts: readonly Part[],
    more: { readonly finish?: string; readonly shown?: number } = {},
  ): string => {
    const finish = more.finish === undefined ? {} : { finishReason: more.finish };
    const candidates = [{ content: { parts, role: 'model' }, ...finish, index }];
    return event({ candidates, ...usageOf(reply, more.shown), ...head });
  };
  const { choices } = completion;
  const shown = thought?.isShown === true ? thought.tokens : [];
  const thoughts = shown.map((text) => told(0, [{ text, thought: true }], { shown: 0 }));
  const tokens = choices.flatMap((choice, index) =>
    choice.call === null
      ? choice.tokens.map((text, at) => told(index, [{ text }], { shown: at + 1 }))
      : partsOf(choice, thought).map((part) => told(index, [part], { shown: choice.tokens.length })),
  );
  const ends = choices.map((choice, index) => {
    const signature =
      thought === null || choice.call !== null ? {} : { thoughtSignature: signPart(undefined) };
    return told(index, [{ text: '', ...signature }], { finish: finishOf(choice) });
  });
  return {
    open: [],
    tokens: [...thoughts, ...tokens],
    close: ends.length > 0 ? ends : [event({ ...contentsOf([]), ...usageOf(reply), ...head })],
    broken: 'data: {"candidates":[{"content":\r\n\r\n',
    failure: event({ error: statusOf(500, 'An internal error has occurred.') }),
    error: ({ message = 'The model is overloaded. Please try again later.' }) =>
      event({ error: statusOf(503, message) }),
  };
}
