import { createHash } from 'node:crypto';
import type { AccountId, Clock } from '#platform/kernel';
import { z } from 'zod';
import type { Price } from '../metering/prices.ts';

const target = z.string().regex(/^[\w.-]+\/[\w./:@-]+$/, 'must be provider/model');
const list = z.array(target).min(1).max(8);
export const ORDERS = ['given', 'weight', 'latency', 'price'] as const;
export const ALIAS = /^[\w.:@-]{1,100}$/;
export const routeSchema = z
  .strictObject({
    order: z.enum(ORDERS).default('given'),
    /** With `weight`: an account is always asked of the same model. */
    sticky: z.boolean().default(true),
    models: z
      .array(
        z
          .strictObject({ model: target, weight: z.int().min(0).max(10_000).default(1) })
          .meta({ id: 'AiRouteShare' }),
      )
      .min(1)
      .max(8),
  })
  .refine(({ models }) => models.some(({ weight }) => weight > 0), {
    path: ['models'],
    message: 'the weights sum to nothing',
  });

/** Models behind a name, and which of them is asked first; the others follow in their order. */
export type Route = z.output<typeof routeSchema>;

/** A chain of `provider/model`, or a route. A wrong one is told by its place in what was written. */
export const aliasSchema = z.unknown().transform((value, context): readonly string[] | Route => {
  const parsed = (Array.isArray(value) ? list : routeSchema).safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const [key] = issue.code === 'unrecognized_keys' ? issue.keys : [];
    const says =
      key === undefined ? issue : { path: [...issue.path, key], message: 'there is no such setting' };
    context.addIssue({ code: 'custom', path: says.path, message: says.message });
  }
  return z.NEVER;
});
export type Alias = z.output<typeof aliasSchema>;

/** Something that is wrong with a route, with its place in it. */
export interface RouteFault {
  readonly path: string;
  readonly message: string;
}

/** A stored route, or what this version of the program can't read of it. */
export function readStored(value: unknown): {
  readonly route?: Route;
  readonly faults: readonly RouteFault[];
} {
  const { success, data, error } = routeSchema.safeParse(value);
  if (success) return { route: data, faults: [] };
  return { faults: error.issues.map(({ path, message }) => ({ path: path.join('.'), message })) };
}

export const routeOf = (alias: Alias): Route =>
  'models' in alias
    ? alias
    : { order: 'given', sticky: true, models: alias.map((model) => ({ model, weight: 1 })) };

/** In one line: `by weight: own/llama 95, openai/gpt-6-mini 5`. */
export function describeAlias(alias: Alias): string {
  const { order, models } = routeOf(alias);
  const names = models
    .map(({ model, weight }) => (order === 'weight' ? `${model} ${weight}` : model))
    .join(', ');
  return order === 'given' ? names : `by ${order}: ${names}`;
}

/** A model in a route whose order is found for each call. */
export interface RoutePlace {
  readonly route: Route;
  /** The route's: an account's share in one is not that in another. */
  readonly name: string;
  readonly weight: number;
}

/** Measured milliseconds until a model answers, streams apart: a plain answer comes when it is whole. */
export class Latency {
  readonly #known = new Map<boolean, { milliseconds: number; measured: number; asked: number }>();

  /** A mean of the last few, in which those of a minute ago count half. */
  note(isStream: boolean, milliseconds: number, now: number): void {
    const before = this.#known.get(isStream);
    const kept = before === undefined ? 0 : (1 - NEWEST) * fading(now - before.measured);
    const mean = milliseconds + ((before?.milliseconds ?? 0) - milliseconds) * kept;
    this.#known.set(isStream, { milliseconds: mean, measured: now, asked: now });
  }

  /** It halves with each minute in which it is not asked, so that a model that was slow is asked again; 0: it never was. */
  guess(isStream: boolean, now: number): number {
    const known = this.#known.get(isStream);
    return known === undefined ? 0 : known.milliseconds * fading(now - known.asked);
  }

  /** It is asked: until it has answered no other call asks it for having been left alone. */
  chosen(isStream: boolean, now: number): void {
    const known = this.#known.get(isStream) ?? {
      milliseconds: UNMEASURED,
      measured: Number.NEGATIVE_INFINITY,
    };
    this.#known.set(isStream, { ...known, asked: now });
  }
}

const NEWEST = 0.3;
const UNMEASURED = 30_000;
const fading = (milliseconds: number): number => 2 ** (-milliseconds / 60_000);

interface Member {
  readonly place?: RoutePlace | undefined;
  readonly latency: Latency;
}

export interface RoutedCall {
  readonly account: AccountId;
  readonly isStream: boolean;
  readonly clock: Clock;
}

/** The chain of a call: models of a route in the order that it has now. */
export function arrange<T extends Member>(chain: readonly T[], call: RoutedCall): readonly T[] {
  if (chain.every(({ place }) => place === undefined)) return chain;
  const parts: T[][] = [];
  for (const member of chain) {
    const last = parts.at(-1);
    if (last !== undefined && last[0]?.place?.route === member.place?.route) last.push(member);
    else parts.push([member]);
  }
  return parts.flatMap((part) => {
    const route = part[0]?.place?.route;
    return route === undefined ? part : withFirst(part, firstOf(part, route, call));
  });
}

function withFirst<T>(part: readonly T[], first: T | undefined): readonly T[] {
  return first === undefined ? part : [first, ...part.filter((member) => member !== first)];
}

function firstOf<T extends Member>(
  part: readonly T[],
  { order, sticky }: Route,
  call: RoutedCall,
): T | undefined {
  if (order === 'weight') return byWeight(part, sticky ? call.account : undefined);
  const { isStream, clock } = call;
  const now = clock.monotonic();
  const guesses = part.map((member) => ({ member, guess: member.latency.guess(isStream, now) }));
  const [first] = guesses.toSorted((one, other) => one.guess - other.guess);
  first?.member.latency.chosen(isStream, now);
  return first?.member;
}

const turns = new WeakMap<Route, number>();
/** Multiples of it, less their whole part, lie evenly between 0 and 1 however many there are: shares do not drift as drawn lots do. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

function byWeight<T extends Member>(part: readonly T[], account: AccountId | undefined): T | undefined {
  const place = part[0]?.place;
  if (place === undefined) return undefined;
  const turn = turns.get(place.route) ?? 0;
  if (account === undefined) turns.set(place.route, turn + 1);
  const share = account === undefined ? (turn * GOLDEN) % 1 : shareOf(`${place.name} ${account}`);
  let point = share * part.reduce((sum, member) => sum + (member.place?.weight ?? 0), 0);
  return part.find((member) => {
    point -= member.place?.weight ?? 0;
    return point < 0;
  });
}

/** From 0 to 1, always the same for one text: where weights change, only accounts at the edges move. */
const shareOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32;

/** A usual call has three times as many tokens of input as of output. */
export const usualPrice = ({ input, output }: Price): number => 3 * input + output;
