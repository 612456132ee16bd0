import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { ROOT } from '../../test/house/source.ts';
import type { Patch } from '../../test/sabotage/index.ts';
import { hasTitle } from '../../test/sabotage/titles.ts';

/**
 * What a patch was tried on: the patch, the code that it breaks and the test that noticed. Where these files lie, what they are
 * called when they are imported, comments, the room between words and other tests of the file say nothing of that, so moving a
 * file makes no run of it out of date.
 */
export function digestOf(
  { file, find, replace, expects }: Pick<Patch, 'file' | 'find' | 'replace' | 'expects'>,
  textOf: (path: string) => string = read,
): string {
  const [test = '', name = ''] = expects.split(' :: ');
  const tested = name === '' ? expects : [name, testCode(textOf(test), name)];
  const tried = [codeOf(file, textOf(file)), spaced(find), spaced(replace), tested];
  return createHash('sha256').update(JSON.stringify(tried)).digest('hex').slice(0, 16);
}

interface Statement {
  readonly type: string;
  readonly code: string;
}

function codeOf(path: string, text: string): string {
  if (path.endsWith('.ts')) return joined(statementsOf(text));
  return spaced(path.endsWith('.sql') ? text.replaceAll(/^\s*--.*$/gm, '') : text);
}

function isTest({ type, code }: Statement): boolean {
  return type === 'ExpressionStatement' && /^(test|describe)\b/.test(code);
}

/** Of a test file: the tests under whose heading the named one is, and what all of its tests share. */
function testCode(text: string, name: string): string {
  const statements = statementsOf(text);
  const title = name.split(' > ').at(-1) ?? '';
  const named = statements.filter((one) => isTest(one) && hasTitle([one.code], title));
  // Tests of a kind may be declared in a file beside it.
  return joined(
    named.length === 0 ? statements : statements.filter((one) => !isTest(one) || named.includes(one)),
  );
}

/** By their text: most files are looked at for several patches. */
const parsed = new Map<string, readonly Statement[]>();

/** The statements of a file but its imports, without comments. */
function statementsOf(text: string): readonly Statement[] {
  const known = parsed.get(text) ?? parse(text);
  parsed.set(text, known);
  return known;
}

function parse(text: string): Statement[] {
  const { program, comments } = parseSync('a.ts', text);
  return program.body
    .filter(({ type }) => type !== 'ImportDeclaration' && type !== 'ExportAllDeclaration')
    .map(({ type, start, end }) => ({ type, code: spaced(without(text, { start, end }, comments)) }));
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function without(text: string, { start, end }: Range, comments: readonly Range[]): string {
  let [code, at] = ['', start];
  for (const comment of comments.filter((one) => one.start >= start && one.end <= end)) {
    code += text.slice(at, comment.start);
    at = comment.end;
  }
  return code + text.slice(at, end);
}

const joined = (statements: readonly Statement[]) => statements.map(({ code }) => code).join('\n');

/** Any room between words is one space. */
const spaced = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
