import { createHmac, randomUUID } from 'node:crypto';
import { NASTY } from '@plinth/testkit/walkers/hostile/values';
import type { Chance } from '@plinth/testkit/walkers/hostile/chance';

/** The strings that requests are made of, as an attacker has them: what is theirs, what is known of others, and what answers have told them. */
export interface Corpus {
  one(chance: Chance): string;
  /** One that can stand as a bearer. */
  bearer(chance: Chance): string;
  /** Takes what an answer shows. */
  gather(answer: string): void;
}

/** So many of the newest strings are kept. */
const ROOM = 400;

export interface Seeds {
  readonly bearers: readonly string[];
  /** Emails, ids and other tokens. */
  readonly others: readonly string[];
}

export function corpusOf({ bearers, others }: Seeds): Corpus {
  const own = [...bearers, ...others];
  const told: string[] = [];
  return {
    one: (chance) => chance.of(chance.below(3) === 0 && told.length > 0 ? told : own),
    bearer: (chance) => chance.of(bearers),
    gather(answer) {
      const strings = answer.match(/"[\w.@:+/=-]{8,600}"/g) ?? [];
      told.push(...strings.map((one) => one.slice(1, -1)));
      told.splice(0, told.length - ROOM);
    },
  };
}

const read = (part: string) =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
const write = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Access tokens that look like one of the attacker's and say that they are another user's. */
export function forgedTokens(
  token: string,
  target: { readonly userId: string },
  publicKey: string,
): string[] {
  const [head = '', body = '', signature = ''] = token.split('.');
  const theirs = write({ ...read(body), sub: target.userId });
  const eternal = write({ ...read(body), exp: 9_999_999_999, role: 'admin' });
  const symmetric = write({ ...read(head), alg: 'HS256' });
  const signWithPublicKey = (text: string) =>
    `${text}.${createHmac('sha256', publicKey).update(text).digest('base64url')}`;
  return [
    `${head}.${theirs}.${signature}`,
    `${head}.${eternal}.${signature}`,
    `${write({ alg: 'none', typ: 'JWT' })}.${theirs}.`,
    `${write({ ...read(head), alg: 'none' })}.${theirs}.${signature}`,
    signWithPublicKey(`${symmetric}.${theirs}`),
    ...['../../etc/passwd', '', randomUUID(), "' or 1=1 --"].map(
      (kid) => `${write({ ...read(head), kid })}.${theirs}.${signature}`,
    ),
    `${write({ ...read(head), jwk: { kty: 'oct', k: 'AAAA' } })}.${theirs}.${signature}`,
    `${head}.${theirs}`,
    `${head}..${signature}`,
  ];
}

/** A text with something done to it, or in place of it. */
export function mutate(text: string, chance: Chance): string {
  const at = chance.below(text.length + 1);
  const piece = chance.of(NASTY);
  return chance.of<() => string>([
    () => text.slice(0, at),
    () => text.slice(at),
    () => text + text,
    () => text.toUpperCase(),
    () => text.toLowerCase(),
    () => Array.from(text).toReversed().join(''),
    () => text.slice(0, at) + piece + text.slice(at),
    () => text.slice(0, at) + String.fromCharCode(chance.below(0x300)) + text.slice(at + 1),
    () => `${text}${chance.of(['=', ' ', '\u0000', '%00', '.', '/', '\n', '\u200b', '?'])}`,
    () => ` ${text}`,
    () => piece,
  ])();
}

/** Bytes with some of them changed, left out, said twice or put elsewhere. */
export function bentBytes(bytes: Buffer, chance: Chance): Buffer {
  let now: Buffer = Buffer.from(bytes);
  for (let times = 1 + chance.below(4); times > 0; times -= 1) {
    const from = chance.below(now.length + 1);
    const to = Math.min(now.length, from + 1 + chance.below(8));
    const piece = now.subarray(from, to);
    now = chance.of<() => Buffer>([
      () => Buffer.concat([now.subarray(0, from), now.subarray(to)]),
      () => Buffer.concat([now.subarray(0, to), piece, now.subarray(to)]),
      () => Buffer.concat([now.subarray(to), now.subarray(0, to)]),
      () => Buffer.concat([now.subarray(0, from), Buffer.from([chance.below(256)]), now.subarray(to)]),
    ])();
  }
  return now;
}
