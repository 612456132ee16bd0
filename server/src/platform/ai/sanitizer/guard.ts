import { isRecord } from '#platform/kernel';
import { ConfigError } from '#platform/config';
import type { Permit } from '#platform/limits';
import type { Policy } from '../policy.ts';
import type { AiLogger, AiMetrics } from '../ports.ts';
import type { Prompts } from '../prompts.ts';
import type { Findings } from '../safety/findings.ts';
import { checkReply, createReplyCheck, type ReplyStream } from '@plinth/safety';
import {
  createSanitizer,
  type Leak,
  type OutgoingTexts,
  type Sanitizer,
  type Sanitizing,
} from './sanitizer.ts';
import type { SecretText } from './secrets.ts';

/**
 * Checks the replies of one permit's calls before they are shown, and reports its findings. It remembers which pieces of secrets left
 * before under the permit, by any call.
 */
export interface Guard {
  begin(): GuardedReply;
  /** Takes the objects of one answer, one after the other: why one must not be shown, for any text in it, alone or with what left before it. */
  beginObjects(): (object: unknown) => Cut | undefined;
}

/** Why a reply was cut: it would have repeated a secret text, or the rest must not be shown. */
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

/**
 * The sanitizer of each policy that has secrets, made once; a prompt that the product lacks stops the start. Policies with the same secrets
 * have one sanitizer, and so one memory of a permit.
 */
export function guards(
  policies: ReadonlyMap<string, Policy>,
  prompts: Readonly<Record<string, Prompts>> = {},
): (policy: Policy) => Sanitizer | undefined {
  const made = new Map<Policy, Sanitizer>();
  const known = new Map<string, Sanitizer>();
  for (const [name, policy] of policies) {
    const secrets = secretsOf(name, policy, prompts[name.split('.')[0] ?? '']);
    const key = JSON.stringify(secrets);
    const sanitizer = known.get(key) ?? createSanitizer(secrets);
    if (sanitizer === undefined) continue;
    known.set(key, sanitizer);
    made.set(policy, sanitizer);
  }
  return (policy) => made.get(policy);
}

function secretsOf(
  name: string,
  { secretPrompts, secretTexts }: Policy,
  prompts: Prompts | undefined,
): SecretText[] {
  const all = prompts?.all ?? [];
  const ids = secretPrompts === 'all' ? all.map(({ id }) => id) : secretPrompts;
  const missing = ids.find((id) => !all.some((prompt) => prompt.id === id));
  if (missing !== undefined)
    throw new ConfigError([
      `AI_CONFIG: the policy ${name} keeps a prompt secret that its product does not have: ${missing}.`,
    ]);
  return [
    ...all
      .filter(({ id }) => ids.includes(id))
      .map(({ id, version, fixed }) => ({ id, version, parts: fixed })),
    ...secretTexts.map(({ id, parts }) => ({ id, version: undefined, parts })),
  ];
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
  const memory = sanitizer?.memoryOf(permit);
  return {
    begin: () => new Reply(tell, memory?.begin(), replyCheck === 'none' ? undefined : createReplyCheck()),
    beginObjects() {
      let isOver = false;
      return (object) => {
        if (isOver) return 'leak';
        const texts = textsIn(object);
        const leak = memory?.leakIn(texts);
        if (leak !== undefined) tell.leak(leak);
        // A reply that leaks a secret bit by bit would go on with the next bit.
        isOver = leak !== undefined && sanitizer?.memoryOf().leakIn(texts) === undefined;
        const rules =
          replyCheck === 'none' ? [] : checkReply([...texts.values, ...texts.names].join('\n')).rules;
        if (rules.length > 0) tell.unfit(rules);
        if (leak !== undefined) return 'leak';
        return rules.length > 0 ? 'unfit' : undefined;
      };
    },
  };
}

/** All that a model wrote in an object: what its fields hold, and their names, which may be the model's own. */
function textsIn(object: unknown): OutgoingTexts {
  const names: string[] = [];
  const valuesIn = (value: unknown): string[] => {
    if (typeof value === 'string') return [value];
    if (Array.isArray(value)) return value.flatMap(valuesIn);
    if (!isRecord(value)) return [];
    names.push(...Object.keys(value));
    return Object.values(value).flatMap(valuesIn);
  };
  return { values: valuesIn(object), names };
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
    'a reply would have repeated a secret text, and was cut',
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
