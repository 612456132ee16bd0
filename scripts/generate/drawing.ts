import { readdirSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import { modules } from '#modules';
import { products } from '#products';
import { folderOfModule } from '../../testkit/house/layers.ts';

const SANDBOXES = join(import.meta.dirname, '../../sandboxes/src');

const WIDTH = 118;
const NAME = 17;

/** The folders of the platform, from the top: the modules of each lie side by side in the list. */
const FOLDERS: readonly (readonly [folder: string, purpose: string])[] = [
  ['product', 'the door above the eight: defineProduct(), and the kit that products are made with'],
  ['operator', 'what who runs the server sees, does and answers for'],
  ['billing', 'plans sold, what is bought and paid; providers, stores, shares'],
  ['ai', 'model calls: the pipe, providers, prices, prompts; the safety port'],
  ['work', 'what is done and kept for accounts'],
  ['limits', 'who may spend, and what was spent: admission, permits, the ledger, rates'],
  ['people', 'who calls, for whom, and what they were granted'],
  ['messages', 'what is told, and what is written down of it'],
  ['base', 'what all others stand on'],
];

/** ARCHITECTURE.md with the folders of `platform/` and its modules drawn from their definitions, the upper ones first; products and sandboxes by name. */
export function withDrawing(text: string): string {
  const drawn = FOLDERS.flatMap(([folder, purpose]) => {
    const names = modulesIn(folder).map(({ name }) => name);
    const list = names.length === 1 && names[0] === folder ? '' : `: ${names.join(', ')}`;
    return lines(folder, `${purpose}${list}`, 8);
  });
  const inside = FOLDERS.flatMap(([folder]) => {
    const all = modulesIn(folder);
    const isItself = all.length === 1 && all[0]?.name === folder;
    const drawnIn = all.flatMap(({ name, purpose }) => lines(name, purpose, isItself ? 4 : 6));
    return isItself ? drawnIn : [`    ${folder}/`, ...drawnIn];
  });
  const page = withLines(
    withLines(text, /^ {6}src\/platform\/[^\n]*\n(?= {8})/m, drawn),
    /^### The modules of the platform\n\n[^\n]*\n\n/m,
    inside,
  );
  const folders = products.flatMap(({ parts }) => parts.map(({ id }) => basename(id))).toSorted();
  const vendors = readdirSync(SANDBOXES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['    products/          packages that import `plinth/product`, as a team\u2019s do: ', folders],
    [
      '    sandboxes/         servers that speak vendors\u2019 protocols, a workspace of its own: ',
      vendors.map(({ name }) => name).toSorted(),
    ],
  ];
  return lists.reduce((whole, [begin, names]) => withList(whole, begin, names), page);
}

/** The line that begins so, with these names behind it. */
function withList(text: string, begin: string, names: readonly string[]): string {
  const at = text.indexOf(begin);
  if (at < 0) throw new Error(`ARCHITECTURE.md has no line "${begin.trim()}" in its drawing`);
  return `${text.slice(0, at)}${begin}${names.join(', ')}${text.slice(text.indexOf('\n', at))}`;
}

/** The upper ones first. */
function modulesIn(folder: string) {
  return modules
    .filter(({ name }) => {
      const path = folderOfModule(name);
      return [path, posix.dirname(path)].includes(`server/src/platform/${folder}`);
    })
    .toReversed();
}

/** The text with these lines after what the pattern finds, in place of those that are so far indented there. */
function withLines(text: string, pattern: RegExp, drawn: readonly string[]): string {
  const found = pattern.exec(text);
  if (found === null) throw new Error(`ARCHITECTURE.md has nothing like ${pattern.source}`);
  const before = text.slice(0, found.index + found[0].length);
  const [indent = ''] = /^ */.exec(drawn[0] ?? '') ?? [];
  const former = new RegExp(`^(?:${indent}[^\\n]*\\n)*`);
  return `${before}${drawn.join('\n')}\n${text.slice(before.length).replace(former, '')}`;
}

function lines(name: string, purpose: string, indent: number): string[] {
  const wrapped: string[] = [];
  for (const word of purpose.split(' ')) {
    const last = wrapped.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= WIDTH - indent - NAME)
      wrapped[wrapped.length - 1] = `${last} ${word}`;
    else wrapped.push(word);
  }
  return wrapped.map((line, n) => `${' '.repeat(indent)}${(n === 0 ? `${name}/` : '').padEnd(NAME)}${line}`);
}
