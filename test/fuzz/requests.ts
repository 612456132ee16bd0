import { randomUUID } from 'node:crypto';
import { isRecord } from '@plinth/testkit/walkers/calls';
import type { Chance } from '@plinth/testkit/walkers/hostile/chance';
import type { Operation } from '@plinth/testkit/walkers/hostile/operations';
import { type HostileRequest, hostileRequest } from '@plinth/testkit/walkers/hostile/requests';
import { NASTY } from '@plinth/testkit/walkers/hostile/values';
import { mutate, bentBytes, type Corpus } from './corpus.ts';

/** The routes that sign people in, identify them, or issue credentials. */
const AUTH = /^\/v1\/(auth|me|api-keys|organizations|invitations)(\/|$)/;

export function isOfAuth({ path }: Operation): boolean {
  return AUTH.test(path);
}

/**
 * A request of a user who has an account and means ill: one that is wrong in form, or one that would be good if what
 * stands in it were theirs. Some are good, and do what they say to the attacker.
 */
export function fuzzRequest(
  operations: readonly Operation[],
  chance: Chance,
  corpus: Corpus,
): HostileRequest {
  if (chance.below(3) === 0) return hostileRequest(operations, chance);
  const operation = chance.of(operations);
  const path = operation.path.replaceAll(/\{\w+\}/g, () =>
    encodeURIComponent(wellFormed(word(chance, corpus))),
  );
  const body = operation.body === undefined ? undefined : bodyOf(operation.body.example, chance, corpus);
  return {
    label: `${operation.name} with strings of the corpus`,
    method: operation.method,
    path: path + queryOf(operation, chance, corpus),
    headers: headersOf(operation, chance, corpus),
    as: 'owner',
    ...(body === undefined ? {} : { body }),
  };
}

/** Something that was come by, mostly as it is. */
function word(chance: Chance, corpus: Corpus): string {
  const found = corpus.one(chance);
  return chance.below(4) === 0 ? mutate(found, chance) : found;
}

function bodyOf(example: unknown, chance: Chance, corpus: Corpus): Buffer {
  const text = Buffer.from(JSON.stringify(fillValue(example, chance, corpus)) ?? '');
  return chance.below(6) === 0 ? bentBytes(text, chance) : text;
}

/** The example with some of its texts in others' words; now and then a field more or less, or of another type. */
function fillValue(value: unknown, chance: Chance, corpus: Corpus): unknown {
  if (typeof value === 'string') {
    return chance.of<() => unknown>([
      () => value,
      () => word(chance, corpus),
      () => word(chance, corpus),
      () => mutate(value, chance),
      () => chance.of([null, 0, -1, true, [], {}, [value], { value }, 1e300]),
    ])();
  }
  if (Array.isArray(value)) return value.map((one) => fillValue(one, chance, corpus));
  if (!isRecord(value)) return chance.below(4) === 0 ? word(chance, corpus) : value;
  const entries = Object.entries(value)
    .filter(() => chance.below(12) > 0)
    .map(([name, one]) => [name, fillValue(one, chance, corpus)] as const);
  const more = chance.below(12) === 0 ? [[chance.of(NASTY), word(chance, corpus)] as const] : [];
  return Object.fromEntries([...entries, ...more]);
}

function queryOf({ query }: Operation, chance: Chance, corpus: Corpus): string {
  const pairs = query
    .filter(() => chance.below(2) === 0)
    .map(({ name }) => `${name}=${encodeURIComponent(wellFormed(word(chance, corpus)))}`);
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function headersOf({ needsKey, body }: Operation, chance: Chance, corpus: Corpus): Record<string, string> {
  const bearer = corpus.bearer(chance);
  const said = chance.below(8) === 0 ? mutate(bearer, chance) : bearer;
  const scheme = chance.below(16) === 0 ? chance.of(['Basic', 'bearer ', 'Bearer Bearer', '']) : 'Bearer';
  return {
    authorization: toHeaderText(`${scheme} ${said}`),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(needsKey || chance.below(8) === 0 ? { 'idempotency-key': randomUUID() } : {}),
    ...(chance.below(3) === 0 ? { 'x-account-id': toHeaderText(word(chance, corpus)) } : {}),
    ...(chance.below(8) === 0 ? { cookie: toHeaderText(`plinth=${word(chance, corpus)}`) } : {}),
    ...(chance.below(8) === 0 ? { 'x-forwarded-for': toHeaderText(word(chance, corpus)) } : {}),
  };
}

/** Node sends no controls in a header, and no more of them than a server takes. */
const toHeaderText = (text: string) => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '').slice(0, 8_000);
const wellFormed = (text: string) => text.toWellFormed();
