import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { modules } from '#modules';
import { products } from '#products';

const SANDBOXES = join(import.meta.dirname, '../../sandboxes/src');

const WIDTH = 118;
const INDENT = ' '.repeat(8);
const NAME = 17;

/** ARCHITECTURE.md with the modules under `platform/` drawn from their definitions, the upper ones first; products and sandboxes by name. */
export function withDrawing(text: string): string {
  const [before, platform, after] = partsOf(text);
  const drawn = modules.toReversed().flatMap(({ name, purpose }) => lines(name, purpose));
  const folders = products.flatMap(({ parts }) => parts.map(({ id }) => basename(id))).toSorted();
  const vendors = readdirSync(SANDBOXES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['    products/          packages that import `plinth/product`, as a team\u2019s do: ', folders],
    [
      '    sandboxes/         servers that speak vendors\u2019 protocols, a workspace of its own: ',
      vendors.map(({ name }) => name).toSorted(),
    ],
  ];
  const whole = [before, platform, `${drawn.join('\n')}\n`, after].join('');
  return lists.reduce((page, [begin, names]) => withList(page, begin, names), whole);
}

/** The line that begins so, with these names behind it. */
function withList(text: string, begin: string, names: readonly string[]): string {
  const at = text.indexOf(begin);
  if (at < 0) throw new Error(`ARCHITECTURE.md has no line "${begin.trim()}" in its drawing`);
  return `${text.slice(0, at)}${begin}${names.join(', ')}${text.slice(text.indexOf('\n', at))}`;
}

/** The drawing's line of `platform/`, and what stands before it and after what lies in it. */
function partsOf(text: string): readonly [string, string, string] {
  const found = /^( {6}src\/platform\/[^\n]*\n)(?: {8}[^\n]*\n)*/m.exec(text);
  if (found === null) throw new Error('ARCHITECTURE.md has no line "platform/" in its drawing');
  const [all, platform = ''] = found;
  return [text.slice(0, found.index), platform, text.slice(found.index + all.length)];
}

function lines(name: string, purpose: string): string[] {
  const wrapped: string[] = [];
  for (const word of purpose.split(' ')) {
    const last = wrapped.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= WIDTH - INDENT.length - NAME)
      wrapped[wrapped.length - 1] = `${last} ${word}`;
    else wrapped.push(word);
  }
  return wrapped.map((line, n) => `${INDENT}${(n === 0 ? `${name}/` : '').padEnd(NAME)}${line}`);
}
