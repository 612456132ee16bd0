import type { Transformer } from 'node:stream/web';
import type { LanguageModelV4, LanguageModelV4Content, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { ConfigError } from '#platform/config';
import type { Permit } from '#platform/limits';
import type { Policy } from '../policy.ts';
import type { AiLogger, AiMetrics } from '../ports.ts';
import type { Prompts } from '../prompts.ts';
import { isRecord } from '../usage.ts';
import { createSanitizer, type Leak, type Sanitizer, type Sanitizing } from './sanitizer.ts';

/** A sanitizer for the calls of one permit, which tells of what it finds. */
export interface Guard {
  begin(): Sanitizing;
  /** Whether any text in an object of an answer would repeat a prompt. */
  leaks(answer: unknown): boolean;
  /** A reply was cut: it is counted and logged, without its text. */
  tell(leak: Leak): void;
}

/** The sanitizer of each policy that has secret prompts, made once; a prompt that the product lacks stops the start. */
export function guards(
  policies: ReadonlyMap<string, Policy>,
  prompts: Readonly<Record<string, Prompts>> = {},
): (policy: Policy) => Sanitizer | undefined {
  const made = new Map<Policy, Sanitizer>();
  for (const [name, policy] of policies) {
    const all = prompts[name.split('.')[0] ?? '']?.all ?? [];
    const missing = policy.secretPrompts.find((id) => !all.some((prompt) => prompt.id === id));
    if (missing !== undefined)
      throw new ConfigError([
        `AI_CONFIG: the policy ${name} keeps a prompt secret that its product does not have: ${missing}.`,
      ]);
    const sanitizer = createSanitizer(all.filter(({ id }) => policy.secretPrompts.includes(id)));
    if (sanitizer !== undefined) made.set(policy, sanitizer);
  }
  return (policy) => made.get(policy);
}

export function guarding(
  parts: { readonly logger?: AiLogger | undefined; readonly metrics?: AiMetrics | undefined },
  permit: Permit,
  sanitizer: Sanitizer | undefined,
): Guard | undefined {
  if (sanitizer === undefined) return undefined;
  const guard: Guard = {
    begin: () => sanitizer.begin(),
    leaks(answer) {
      const leak = firstLeak(answer, sanitizer);
      if (leak !== undefined) guard.tell(leak);
      return leak !== undefined;
    },
    tell({ prompt, version, rule }) {
      parts.metrics?.promptLeak(permit.product, prompt, rule);
      parts.logger?.warn(
        { prompt, prompt_version: version, rule, request_id: permit.requestId, permit_id: permit.id },
        'a reply would have repeated a secret prompt, and was cut',
      );
    },
  };
  return guard;
}

function firstLeak(answer: unknown, sanitizer: Sanitizer): Leak | undefined {
  if (typeof answer === 'string') return sanitizer.leakIn(answer);
  const inner = Array.isArray(answer) ? answer : isRecord(answer) ? Object.values(answer) : [];
  for (const one of inner) {
    const leak = firstLeak(one, sanitizer);
    if (leak !== undefined) return leak;
  }
  return undefined;
}

const CUT = { unified: 'content-filter', raw: 'prompt_leak' } as const;

/**
 * A language model whose words pass through a guard. A reply that is cut ends with the reason `content-filter`; the provider's
 * stream is read on to its end, so that what it bills is known.
 */
export function guardedModel(model: LanguageModelV4, guard: Guard | undefined): LanguageModelV4 {
  if (guard === undefined) return model;
  return {
    ...model,
    async doGenerate(options) {
      const result = await model.doGenerate(options);
      const cut = cutContent(result.content, guard);
      return cut === undefined ? result : { ...result, content: cut, finishReason: CUT };
    },
    async doStream(options) {
      const result = await model.doStream(options);
      return { ...result, stream: result.stream.pipeThrough(new TransformStream(guardedParts(guard))) };
    },
  };
}

/** The content up to the first leak; undefined: there is none. */
function cutContent(content: LanguageModelV4Content[], guard: Guard): LanguageModelV4Content[] | undefined {
  const kept: LanguageModelV4Content[] = [];
  for (const part of content) {
    if (part.type !== 'text' && part.type !== 'reasoning') {
      kept.push(part);
      continue;
    }
    const reply = guard.begin();
    const before = reply.push(part.text);
    if (reply.leak === undefined) {
      kept.push(part);
      continue;
    }
    guard.tell(reply.leak);
    return [...kept, { ...part, text: before }];
  }
  return undefined;
}

type Part = LanguageModelV4StreamPart;

function guardedParts(guard: Guard): Transformer<Part, Part> {
  /** Of each text that has begun, and not ended. */
  const replies = new Map<string, Sanitizing>();
  let isCut = false;

  function* passed(part: Part): Generator<Part> {
    if (part.type === 'text-start' || part.type === 'reasoning-start') {
      if (isCut) return;
      replies.set(part.id, guard.begin());
      yield part;
    } else if (part.type === 'text-delta' || part.type === 'reasoning-delta') {
      const reply = replies.get(part.id);
      if (isCut || reply === undefined) return;
      const delta = reply.push(part.delta);
      if (delta !== '') yield { ...part, delta };
      if (reply.leak === undefined) return;
      isCut = true;
      guard.tell(reply.leak);
    } else if (part.type === 'text-end' || part.type === 'reasoning-end') {
      const reply = replies.get(part.id);
      if (reply === undefined) return;
      replies.delete(part.id);
      const delta = reply.end();
      const type = part.type === 'text-end' ? 'text-delta' : 'reasoning-delta';
      if (delta !== '') yield { type, id: part.id, delta };
      yield part;
    } else if (part.type === 'finish') yield isCut ? { ...part, finishReason: CUT } : part;
    // The provider's own bytes have the words too.
    else if (part.type !== 'raw' && (!isCut || part.type === 'error')) yield part;
  }

  return {
    transform(part, controller) {
      for (const one of passed(part)) controller.enqueue(one);
    },
  };
}
