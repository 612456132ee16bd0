import { gzipSync } from 'node:zlib';
import { jsonIn } from '#platform/kernel';
import { isRecord } from '../calls.ts';
import { bodyTypeOf, BROKEN_FORMS } from '../forms.ts';
import { allows, alternatives, misshapenValues } from '../shapes.ts';
import type { Chance } from './chance.ts';
import type { Schema } from '../rules/rule.ts';
import type { Operation } from './operations.ts';
import { BROKEN_BODIES, NASTY, rawTokensFor } from './values.ts';

/** A body, and what is said about it. Each is one that no call may take. */
export interface HostileBody {
  readonly label: string;
  readonly bytes: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

type Maker = (operation: Operation, chance: Chance) => HostileBody;

const TEN_MEGABYTES = 10 * 1_024 * 1_024;

/** Rarely sent, for its size. */
export const enormous: Maker = (_operation, chance) => {
  const bytes = Buffer.alloc(TEN_MEGABYTES, chance.of(['{', '[', '"', ' ', '\u0000', '9']));
  return { label: '10 MB of nonsense', bytes };
};

const misshapedBody: Maker = ({ body }, chance) => {
  if (body === undefined) return { label: 'a body where none belongs', bytes: Buffer.from('{"a":1}') };
  const { path, value } = chance.of(misshapenValues(body.schema, body.example));
  return { label: `the wrong shape of ${path}`, bytes: Buffer.from(JSON.stringify(value)) };
};

/** A field of the example, or an unknown one, with a value that JSON.stringify would never write. */
const rawValue: Maker = (operation, chance) =>
  rawBody(operation, chance, chance.of(rawTokensFor(operation.maxBody)));

function rawBody({ body }: Operation, chance: Chance, token: string): HostileBody {
  const example = isRecord(body?.example) ? body.example : {};
  const field = chance.of([...fieldsWithShape(body, jsonIn(token)), 'unheard_of']);
  const others = Object.entries(example)
    .filter(([name]) => name !== field)
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const text = `{${[...others, `${JSON.stringify(field)}:${token}`].join()}}`;
  return { label: `${field} as ${token.slice(0, 40)}`, bytes: Buffer.from(text) };
}

/** Fields of the example but those that take any object, or the value: these would take what is made here. */
function fieldsWithShape(body: Operation['body'], value: unknown = {}): string[] {
  const properties = (body?.schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  return Object.keys(isRecord(body?.example) ? body.example : {}).filter(
    (name) => !isFree(properties[name] ?? {}, value),
  );
}

const isFree = (schema: Schema, value: unknown) =>
  alternatives(schema).some(
    (one) =>
      (one['properties'] === undefined && allows(one, {})) ||
      (typeof value === 'string' && one['type'] === 'string' && takesText(one, value)) ||
      (typeof value === 'number' && takesNumber(one, value)),
  );

/** `-0` and `1e-400` are the number 0. */
const takesNumber = (schema: Schema, value: number) =>
  allows(schema, value) &&
  value >= Number(schema['minimum'] ?? value) &&
  value <= Number(schema['maximum'] ?? value);

const takesText = ({ maxLength, enum: words, format, pattern }: Schema, { length }: string) =>
  words === undefined &&
  format === undefined &&
  pattern === undefined &&
  length <= Number(maxLength ?? length);

/** Twice the same field: a parser that takes the first sees a good body, ours sees the second. */
const duplicateField: Maker = ({ body }, chance) => {
  const example = isRecord(body?.example) ? body.example : { a: 1 };
  const field = chance.of([...fieldsWithShape(body), 'unheard_of']);
  const good = JSON.stringify(example).slice(1, -1);
  const bytes = Buffer.from(`{${good},${JSON.stringify(field)}:{"not":"this"}}`);
  return { label: `${field} written twice`, bytes };
};

const hostileName: Maker = ({ body }, chance) => {
  const name = chance.of(['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', ...NASTY]);
  const value = chance.of([{ admin: true }, 1, null, 'x', []]);
  const example = JSON.stringify(isRecord(body?.example) ? body.example : {}).slice(1, -1);
  const field = `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  const text = `{${[example, field].filter((part) => part !== '').join()}}`;
  return { label: `a field called ${name.slice(0, 40)}`, bytes: Buffer.from(text) };
};

const brokenJson: Maker = (_operation, chance) => brokenBody(chance.of(BROKEN_BODIES));

function brokenBody(body: string | Buffer): HostileBody {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return { label: `the body ${bytes.subarray(0, 20).toString('latin1')}`, bytes };
}

/** A good body, but not in JSON as UTF-8. */
const wrongEncoding: Maker = ({ body }, chance) => {
  const text = JSON.stringify(body?.example ?? { a: 1 });
  return chance.of<() => HostileBody>([
    () => ({
      label: 'gzip',
      bytes: gzipSync(text),
      headers: { 'content-encoding': chance.of(['gzip', 'br', 'deflate', 'x', 'gzip, identity']) },
    }),
    () => ({ label: 'gzip, unsaid', bytes: gzipSync(text) }),
    () => ({ label: 'UTF-16', bytes: Buffer.from(text, 'utf16le') }),
    () => ({ label: 'a byte order mark', bytes: Buffer.from(`\uFEFF${text}`) }),
    () => ({
      label: 'bytes that are no UTF-8',
      bytes: Buffer.concat([Buffer.from('{"\xff":'), Buffer.from([0xff]), Buffer.from('}')]),
    }),
    () => ({
      label: 'another charset',
      bytes: Buffer.from(text),
      headers: {
        'content-type': `application/json; charset=${chance.of(['utf-16', 'latin1', 'utf-7', '"x', ' '])}`,
      },
    }),
    () => ({
      label: 'another type',
      bytes: Buffer.from(text),
      headers: {
        'content-type': chance.of([
          'text/plain',
          'application/xml',
          'application/jsonp',
          'json',
          '*/*',
          'a/b;c',
          'multipart/form-data',
        ]),
      },
    }),
  ])();
};

const formBody = (body: string | Buffer): HostileBody => ({
  ...brokenBody(body),
  headers: { 'content-type': bodyTypeOf({ multipart: true }) },
});

const MAKERS: readonly Maker[] = [
  misshapedBody,
  misshapedBody,
  misshapedBody,
  rawValue,
  rawValue,
  rawValue,
  duplicateField,
  hostileName,
  brokenJson,
  wrongEncoding,
];

export function hostileBody(operation: Operation, chance: Chance): HostileBody {
  if (operation.isForm) return formBody(chance.of([...BROKEN_FORMS, ...BROKEN_BODIES]));
  return chance.of(MAKERS)(operation, chance);
}

/** Everything once that is too rare to be left to chance. */
export function everyBody(operation: Operation, chance: Chance): HostileBody[] {
  if (operation.isForm) return [...BROKEN_FORMS, ...BROKEN_BODIES].map(formBody);
  return [
    ...rawTokensFor(operation.maxBody).map((token) => rawBody(operation, chance, token)),
    ...BROKEN_BODIES.map((body) => brokenBody(body)),
  ];
}
