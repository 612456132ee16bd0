import type { Transformer } from 'node:stream/web';
import type { LanguageModelV4, LanguageModelV4Content, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { ConfigError } from '#platform/config';
import type { Permit } from '#platform/limits';
import type { Policy } from '../policy.ts';
import type { AiLogger, AiMetrics } from '../ports.ts';
import type { Prompts } from '../prompts.ts';
import type { Findings } from '../safety/findings.ts';
import { checkReply, createReplyCheck, type ReplyStream } from '#safety';
import { isRecord } from '../metering/usage.ts';
import { createSanitizer, type Leak, type Sanitizer, type Sanitizing } from './sanitizer.ts';

/** Checks the replies of one permit's calls before they are shown, and reports its findings. */
export interface Guard {
  begin(): GuardedReply;
  /**
   * Takes the objects of one answer, one after the other: whether any text in one, alone or with those that passed before it, must not
   * be shown.
   */
  beginObjects(): (object: unknown) => boolean;
}

/** Why a reply was cut: it would have repeated a secret prompt, or the rest must not be shown. */
export type Cut = 'leak' | 'unfit';

/** A reply on its way out. */
export interface GuardedReply {
  /** Takes a piece of the reply, cut anywhere, and answers what may go out by now. */
  push(piece: string): string;
  /** The reply is over: answers what waited. */
  end(): string;
  /** The text before it went out, and nothing after it does. */
  readonly cut: Cut | undefined;
}

/** Where guards report their findings. */
export interface GuardParts {
  readonly logger?: AiLogger | undefined;
  readonly metrics?: Pick<AiMetrics, 'promptLeak'> | undefined;
  readonly findings?: Pick<Findings, 'record'> | undefined;
}

/** The call that a reply was made under. */
export type ReplyPermit = Pick<Permit, 'accountId' | 'userId' | 'requestId' | 'id' | 'product' | 'feature'>;

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

/** The checks that a policy asks for; without one, replies pass as they come. */
export interface GuardPolicy {
  readonly sanitizer: Sanitizer | undefined;
  readonly replyCheck: Policy['replyCheck'];
}

export function createGuard(
  parts: GuardParts,
  permit: ReplyPermit,
  { sanitizer, replyCheck }: GuardPolicy,
): Guard | undefined {
  if (sanitizer === undefined && replyCheck === 'none') return undefined;
  const tell: Tell = {
    leak: (leak) => tellLeak(parts, permit, leak),
    unfit: (rules) => tellUnfit(parts, permit, rules),
  };
  return {
    begin: () => new Reply(tell, sanitizer?.begin(), replyCheck === 'none' ? undefined : createReplyCheck()),
    beginObjects() {
      let passed = '';
      let isOver = false;
      return (object) => {
        if (isOver) return true;
        const text = textsIn(object).join('\n');
        const own = sanitizer?.leakIn(text);
        const leak = own ?? sanitizer?.leakIn(`${passed}\n${text}`);
        if (leak !== undefined) tell.leak(leak);
        // A reply that leaks a prompt bit by bit would go on with the next bit.
        isOver = leak !== undefined && own === undefined;
        const rules = replyCheck === 'none' ? [] : checkReply(text).rules;
        if (rules.length > 0) tell.unfit(rules);
        if (leak !== undefined || rules.length > 0) return true;
        passed = `${passed}\n${text}`.slice(-LONGEST_PASSAGE);
        return false;
      };
    },
  };
}

/** Characters that a passage of a prompt may take which is not found out yet, written in whatever way. */
const LONGEST_PASSAGE = 1_000;

/** All that a model wrote in an object: what its fields hold, and after that their names, which may be the model's own. */
function textsIn(object: unknown): string[] {
  const names: string[] = [];
  const valuesIn = (value: unknown): string[] => {
    if (typeof value === 'string') return [value];
    if (Array.isArray(value)) return value.flatMap(valuesIn);
    if (!isRecord(value)) return [];
    names.push(...Object.keys(value));
    return Object.values(value).flatMap(valuesIn);
  };
  return [...valuesIn(object), ...names];
}

interface Tell {
  leak(leak: Leak): void;
  unfit(rules: readonly string[]): void;
}

/** A reply was cut: it is counted and logged, without its text. */
function tellLeak(parts: GuardParts, permit: ReplyPermit, { prompt, version, rule }: Leak): void {
  parts.metrics?.promptLeak(permit.product, prompt, rule);
  parts.logger?.warn(
    { prompt, prompt_version: version, rule, request_id: permit.requestId, permit_id: permit.id },
    'a reply would have repeated a secret prompt, and was cut',
  );
}

/** A model wrote unfit text: the rules become a safety event of the reader; the text is stored nowhere. */
export function tellUnfit(parts: GuardParts, permit: ReplyPermit, rules: readonly string[]): void {
  const { accountId, userId, requestId, product, feature } = permit;
  const found = { source: 'reply', status: 'caution', kinds: [], rules } as const;
  parts.findings?.record({ ...found, product, route: feature, requestId, accountId, userId });
  parts.logger?.warn(
    { rules, request_id: requestId, permit_id: permit.id },
    'a reply was not fit to be shown, and was cut',
  );
}

/** First the sanitizer, which holds back letters, then the check, which holds back sentences. */
class Reply implements GuardedReply {
  cut: Cut | undefined;
  readonly #tell: Tell;
  readonly #sanitizing: Sanitizing | undefined;
  readonly #check: ReplyStream | undefined;

  constructor(tell: Tell, sanitizing: Sanitizing | undefined, check: ReplyStream | undefined) {
    this.#tell = tell;
    this.#sanitizing = sanitizing;
    this.#check = check;
  }

  push(piece: string): string {
    if (this.cut !== undefined) return '';
    const passed = this.#sanitizing === undefined ? piece : this.#sanitizing.push(piece);
    const shown = this.#checked(passed);
    const leak = this.#sanitizing?.leak;
    if (leak === undefined || this.cut !== undefined) return shown;
    const rest = this.#rest();
    this.cut = 'leak';
    this.#tell.leak(leak);
    return shown + rest;
  }

  end(): string {
    if (this.cut !== undefined) return '';
    const shown = this.#checked(this.#sanitizing?.end() ?? '');
    return this.cut === undefined ? shown + this.#rest() : shown;
  }

  #checked(words: string): string {
    if (this.#check === undefined) return words;
    const shown = this.#check.push(words);
    this.#tellUnfit();
    return shown;
  }

  /** The part of the last sentence that the check held back. */
  #rest(): string {
    const rest = this.#check?.end() ?? '';
    this.#tellUnfit();
    return rest;
  }

  #tellUnfit(): void {
    const rules = this.#check?.rules ?? [];
    if (rules.length === 0 || this.cut !== undefined) return;
    this.cut = 'unfit';
    this.#tell.unfit(rules);
  }
}

/** As the provider's own filter would say it; by `raw` the two are told apart. */
const CUTS = {
  leak: { unified: 'content-filter', raw: 'prompt_leak' },
  unfit: { unified: 'content-filter', raw: 'unfit_reply' },
} as const;

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
      const { content, cut } = cutContent(result.content, guard);
      return cut === undefined ? { ...result, content } : { ...result, content, finishReason: CUTS[cut] };
    },
    async doStream(options) {
      const result = await model.doStream(options);
      return { ...result, stream: result.stream.pipeThrough(new TransformStream(guardedParts(guard))) };
    },
  };
}

/** The content up to where it is cut. */
function cutContent(
  content: readonly LanguageModelV4Content[],
  guard: Guard,
): { readonly content: LanguageModelV4Content[]; readonly cut: Cut | undefined } {
  const kept: LanguageModelV4Content[] = [];
  for (const part of content) {
    if (part.type !== 'text' && part.type !== 'reasoning') {
      kept.push(part);
      continue;
    }
    const reply = guard.begin();
    const text = reply.push(part.text) + reply.end();
    kept.push({ ...part, text });
    if (reply.cut !== undefined) return { content: kept, cut: reply.cut };
  }
  return { content: kept, cut: undefined };
}

type Part = LanguageModelV4StreamPart;

function guardedParts(guard: Guard): Transformer<Part, Part> {
  /** The guarded replies of texts that have begun and not ended. */
  const replies = new Map<string, GuardedReply>();
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
      cut = reply.cut;
    } else if (part.type === 'text-end' || part.type === 'reasoning-end') {
      const reply = replies.get(part.id);
      if (reply === undefined) return;
      replies.delete(part.id);
      const delta = cut === undefined ? reply.end() : '';
      cut ??= reply.cut;
      const type = part.type === 'text-end' ? 'text-delta' : 'reasoning-delta';
      if (delta !== '') yield { type, id: part.id, delta };
      yield part;
    } else if (part.type === 'finish') yield cut === undefined ? part : { ...part, finishReason: CUTS[cut] };
    // The provider's own bytes have the words too.
    else if (part.type !== 'raw' && (cut === undefined || part.type === 'error')) yield part;
  }

  return {
    transform(part, controller) {
      for (const one of passed(part)) controller.enqueue(one);
    },
  };
}
