import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256 } from '#platform/kernel';

/** A function, a procedure or a trigger of a set. */
export interface SetPart {
  readonly kind: 'routine' | 'trigger';
  /** As it is dropped by: `limits.slide(limits.meters, text, text, bigint, bigint)`, `events_emptied on audit.events`. */
  readonly name: string;
  /** The part that can't be replaced and is made anew: names of arguments and what is answered; of a trigger all of it. */
  readonly head: string;
}

/** The functions and rights of a module: what its folder `functions` holds, applied as one and replaced as one. */
export interface FunctionSet {
  /** `limits/functions` */
  readonly id: string;
  /** Rises with each change, so that an older program knows that it is older. */
  readonly version: number;
  readonly digest: string;
  /** The folder that it was read from. */
  readonly folder: string;
  /** Whether `version.json` tells of this digest; where it doesn't, the set is being worked on. */
  readonly recorded: boolean;
  readonly functions: string;
  readonly rights: string;
  readonly parts: readonly SetPart[];
}

const RIGHTS = 'rights.sql';
const VERSION = 'version.json';
const Version = z.strictObject({ version: z.number().int().positive(), digest: z.string() });

/** Reads the set of a module from a folder; none where there is no folder. */
export function functionSetIn(module: string, folder: string): FunctionSet[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql') && name !== RIGHTS);
  const files = names.sort().map((name) => ({ name, sql: textOf(join(folder, name)) }));
  const rights = textOf(join(folder, RIGHTS));
  const digest = sha256([...files.map(({ name, sql }) => `${name}\n${sql}`), rights].join('\n'));
  const version = join(folder, VERSION);
  const last = existsSync(version) ? Version.parse(JSON.parse(readFileSync(version, 'utf8'))) : undefined;
  return [
    {
      id: `${module}/functions`,
      version: last?.version ?? 0,
      digest,
      folder,
      recorded: last?.digest === digest,
      functions: files.map(({ sql }) => sql).join('\n'),
      rights,
      // To read them takes a start 40 ms, and few starts apply any.
      get parts() {
        return files.flatMap(({ name, sql }) => partsOf(`${module}/functions/${name}`, sql));
      },
    },
  ];
}

/** The content for `version.json` of a set: a digest that it does not tell of is a new version. */
export function versionOf({ version, digest, recorded }: FunctionSet): string {
  return `{ "version": ${recorded ? version : version + 1}, "digest": "${digest}" }\n`;
}

/** A checkout with line ends of Windows has the same text. */
function textOf(path: string): string {
  return readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
}

/** The functions and triggers of a script. Anything else would be done again with each change, and is refused. */
export function partsOf(path: string, sql: string): SetPart[] {
  return statementsOf(sql).map((text) => {
    const part = triggerOf(text) ?? routineOf(text);
    if (part === undefined)
      throw new Error(
        `${path}: this is no "create or replace" of a function or a trigger: ${text.slice(0, 80)}`,
      );
    return part;
  });
}

/** Comments, texts, bodies, and what is between them. */
const TOKENS = /--[^\n]*|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$|;|[^;'$-]+|./gs;

/** The statements of a script, without comments; of each the spaces are one. */
function statementsOf(sql: string): string[] {
  const statements = [''];
  for (const [token] of sql.matchAll(TOKENS)) {
    if (token === ';') statements.push('');
    else if (!token.startsWith('--')) statements.push(`${statements.pop() ?? ''}${token}`);
  }
  return statements.map((text) => text.replaceAll(/\s+/g, ' ').trim()).filter((text) => text !== '');
}

function triggerOf(text: string): SetPart | undefined {
  const [, name, table] = /^create or replace trigger (\w+) .*? on ([\w.]+) /.exec(text) ?? [];
  return name === undefined ? undefined : { kind: 'trigger', name: `${name} on ${table}`, head: text };
}

const ROUTINE =
  /^create or replace (?:function|procedure) ([\w.]+) ?\((.*?)\) ?(returns .*?)?(?: volatile)? ?language /;

function routineOf(text: string): SetPart | undefined {
  const [head, name, given = ''] = ROUTINE.exec(text) ?? [];
  if (head === undefined) return undefined;
  return { kind: 'routine', name: `${name}(${typesIn(given).join(', ')})`, head };
}

/** The types of `p_name type default …`; what is answered through an argument is no part of a name. */
function typesIn(given: string): string[] {
  return given
    .replaceAll(/'(?:[^']|'')*'/g, "''")
    .split(/,(?![^()]*\))/)
    .map((one) => one.trim().replace(/ (default|=) .*$/, ''))
    .filter((one) => one !== '' && !one.startsWith('out '))
    .map((one) => one.replace(/^((inout|in|variadic) )?\w+ /, ''));
}
