import { isRecord } from '#platform/kernel';
import { ConfigError } from '#platform/config';
import { z } from 'zod';
import { wrongAt } from './settings.ts';
import type { Price } from './metering/prices.ts';

const milliseconds = z.int().min(1).max(3_600_000);

const policySchema = z.strictObject({
  /** Models or aliases, the first preferred; the rest is the fallback chain, each at its own price. */
  models: z.array(z.string().min(1).max(200)).min(1).max(8),
  temperature: z.number().min(0).max(2).optional(),
  /** The longest reply in tokens, reasoning included; a caller may ask for less. */
  maxOutputTokens: z.int().min(1).max(1_000_000).default(1_024),
  timeouts: z
    .strictObject({
      /** Until the first byte of a plain answer: nearly all providers send its head when the whole of it is there. */
      firstByte: milliseconds.default(120_000),
      /** Until a stream shows its first event. */
      firstToken: milliseconds.default(30_000),
      /** Between two parts of a stream, and how long a reader may leave a stream unread. */
      idle: milliseconds.default(30_000),
      /** One provider call, from dispatch to the last byte. */
      total: milliseconds.default(120_000),
    })
    .prefault({}),
  /** How long a call waits for room at a provider that throttles us or whose slots are taken, before it is put off. */
  patience: z.int().min(0).max(600_000).default(5_000),
  /** Ids of prompts of the product, or all of them, that no reply and no tool call may repeat: one that would is cut, and a stream held back by 15 letters. */
  secretPrompts: z.union([z.literal('all'), z.array(z.string().min(1)).max(50)]).default([]),
  /** Further texts that none may repeat, each in parts: of tools see `toolTexts`. */
  secretTexts: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/),
        parts: z.array(z.string().max(100_000)).max(1_000),
      }),
    )
    .max(50)
    .default([]),
  /**
   * Whether the safety part checks replies before they are shown, and cuts one before the sentence that is not fit to be shown. A
   * stream is then held back by a sentence.
   */
  replyCheck: z.enum(['none', 'sentence']).default('none'),
  /** Provider calls that one unit of work may make, retries, fallbacks and earlier attempts of its job together. */
  tries: z.int().min(1).max(10).default(3),
  /** How many answers the work needs when all goes well: more than one for tool rounds, repairs and chunks. */
  rounds: z.int().min(1).max(200).default(1),
  backoff: z
    .strictObject({ base: milliseconds.default(250), most: milliseconds.default(8_000) })
    .prefault({}),
  caps: z
    .strictObject({
      /** Bytes of the request's body. */
      inputBytes: z.int().positive().default(1_048_576),
      /** Bytes of an answer that is not streamed. */
      answerBytes: z.int().positive().default(4_194_304),
      /** Milliseconds over all tries and waits of one call. */
      runTime: milliseconds.default(120_000),
      /** Micro-dollars that one provider call may cost at most: the reply is capped to what that buys. */
      cost: z.int().positive().optional(),
    })
    .prefault({}),
});

/** How calls of one feature are made. Every part can be overridden by configuration. */
export type Policy = z.output<typeof policySchema>;
export type PolicyInput = z.input<typeof policySchema>;

const overridesSchema = z.record(z.string(), z.record(z.string(), z.unknown()));

/** Checks the policies that products declare (`reel.generation`), with what configuration overrides laid over them. */
export function createPolicies(
  declared: Readonly<Record<string, PolicyInput>>,
  overrides: unknown = {},
): ReadonlyMap<string, Policy> {
  const changes = overridesSchema.parse(overrides);
  const unknown = Object.keys(changes).filter((name) => !(name in declared));
  const says = `no product declares this policy: ${Object.keys(declared).join(', ')}.`;
  if (unknown.length > 0) throw new ConfigError(unknown.map((name) => wrongAt(['policies', name], says)));
  return new Map(
    Object.entries(declared).map(([name, policy]) => [
      name,
      checkPolicy(name, overlay(policy, changes[name])),
    ]),
  );
}

function checkPolicy(name: string, policy: unknown): Policy {
  const parsed = policySchema.safeParse(policy);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map(({ path, message, ...issue }) => {
      const [key] = issue.code === 'unrecognized_keys' ? issue.keys : [];
      return wrongAt(['policies', name, ...path, ...(key === undefined ? [] : [key])], `${message}.`);
    }),
  );
}

/** One level of groups (`caps`, `timeouts`) is merged key by key, the rest replaced. */
function overlay(policy: PolicyInput, change: Readonly<Record<string, unknown>> = {}): unknown {
  const merged: Record<string, unknown> = { ...policy };
  for (const [key, value] of Object.entries(change)) {
    const before = merged[key];
    merged[key] = isRecord(before) && isRecord(value) ? { ...before, ...value } : value;
  }
  return merged;
}

/** Time limits of one provider call, in milliseconds. */
interface TimeLimits {
  /** Until a plain answer's first byte. An upstream that says by blank bytes that it is alive has this long after each. */
  readonly firstByte: number;
  /** Until a stream shows something. An upstream that says by comments that it is alive has this long after each. */
  readonly firstToken: number;
  /** Between two parts of a stream. */
  readonly idle: number;
  /** From dispatch to the last byte. */
  readonly total: number;
}

/**
 * The least limits of a model that thinks unseen, above its feature's policy: OpenAI's own client waits ten minutes,
 * and its models think for as long; silence in the middle is thinking between two tool calls.
 */
const THINKING: TimeLimits = {
  firstByte: 720_000,
  firstToken: 720_000,
  idle: 300_000,
  total: 1_500_000,
};

/** The longer limit of the policy and the model. The rest of the call's run time bounds it too. */
export function timeLimits(
  policy: Pick<Policy, 'timeouts'>,
  price: Pick<Price, 'thinks' | 'limits'>,
): TimeLimits {
  const usual = price.thinks ? THINKING : undefined;
  const limit = (name: keyof TimeLimits): number =>
    Math.max(policy.timeouts[name], price.limits[name] ?? usual?.[name] ?? 0);
  return {
    firstByte: limit('firstByte'),
    firstToken: limit('firstToken'),
    idle: limit('idle'),
    total: limit('total'),
  };
}
