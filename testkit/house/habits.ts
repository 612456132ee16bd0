import { type Finding, isProgram, isTest, type Rule } from './arrows.ts';
import { isNode, lineAt, type Node, type PlacedNode, type SourceFile } from './source.ts';

const LONGEST_FILE = 400;
const LONGEST_FUNCTION = 60;
const EMPTY_NAMES = new Set(
  'util utils utilities helper helpers common misc manager base type types shared lib stuff'.split(' '),
);

/** The modules of this folder have in common that all others stand on them. */
const LOWEST = /^server\/src\/platform\/base\//;

/** A file or folder is named after what it holds. */
export const names: Rule = (file) => {
  const empty = file.path
    .replace(LOWEST, '')
    .split(/[/.-]/)
    .find((word) => EMPTY_NAMES.has(word));
  return empty === undefined ? [] : [{ path: file.path, line: 1, says: `"${empty}" in a name says nothing` }];
};

/** A file is one subject. */
export const fileSizes: Rule = (file) => {
  const lines = file.text.replace(/\n$/, '').split('\n').length;
  return lines <= LONGEST_FILE ? [] : [{ path: file.path, line: LONGEST_FILE, says: `has ${lines} lines` }];
};

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/**
 * A function past 60 lines hides another. Functions written inside it are counted for themselves and not for it: a
 * factory that returns ten methods is read as ten functions. A `describe` is a heading, no function.
 */
export const functionSizes: Rule = (file) => {
  const functions = file.nodes.filter(({ node }) => FUNCTIONS.has(node.type));
  return functions.flatMap(({ node, parent }) => {
    if (isDescribe(parent)) return [];
    const inner = functions.filter((other) => other.node.start > node.start && other.node.end < node.end);
    const outermost = inner.filter(
      (one) => !inner.some((two) => two.node.start < one.node.start && two.node.end > one.node.end),
    );
    const own =
      inner.length === 0
        ? span(file, node)
        : span(file, node) - sum(outermost.map((one) => span(file, one.node) - 1));
    if (own <= LONGEST_FUNCTION) return [];
    return [{ path: file.path, line: lineAt(file.text, node.start), says: `a function of ${own} lines` }];
  });
};

function span(file: SourceFile, node: Node): number {
  return file.text.slice(node.start, node.end).split('\n').length;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function isDescribe(parent: Node | undefined): boolean {
  if (parent?.type !== 'CallExpression') return false;
  const callee = parent['callee'];
  const called = isNode(callee) && callee.type === 'CallExpression' ? callee['callee'] : callee;
  const object = isNode(called) && called.type === 'MemberExpression' ? called['object'] : called;
  return isNode(object) && object['name'] === 'describe';
}

/** The compiler is told the truth: no `any`, no `!`. */
export const honestTypes: Rule = (file) => [
  ...findingsWhere(file, ({ node }) => node.type === 'TSAnyKeyword', 'any'),
  ...findingsWhere(file, ({ node }) => node.type === 'TSNonNullExpression', 'a non-null assertion (!)'),
];

/** Time and chance are passed in, so that tests can drive them; the kernel's two sources are the only ones. */
export const passedIn: Rule = (file) => {
  if (!isProgram(file.path)) return [];
  return [
    ...findingsWhere(file, ({ node }) => isCall(node, 'Date', 'now'), 'Date.now(): take the clock'),
    ...findingsWhere(file, ({ node }) => isPresentDate(node), 'new Date(): take the clock'),
    ...findingsWhere(
      file,
      ({ node }) => isCall(node, 'Math', 'random'),
      'Math.random(): take the random source',
    ),
  ];
};

function isCall(node: Node, object: string, method: string): boolean {
  const callee = node['callee'];
  return node.type === 'CallExpression' && isNode(callee) && isMember(callee, object, method);
}

function isMember(node: Node, object: string, name: string): boolean {
  if (node.type !== 'MemberExpression') return false;
  const [owner, property] = [node['object'], node['property']];
  return isNode(owner) && owner['name'] === object && isNode(property) && property['name'] === name;
}

function isPresentDate(node: Node): boolean {
  const callee = node['callee'];
  if (!isNode(callee) || callee['name'] !== 'Date') return false;
  const given = node['arguments'];
  const none = Array.isArray(given) && given.length === 0;
  return node.type === 'CallExpression' || (node.type === 'NewExpression' && none);
}

/** What reads no text at all as 0 reads a parameter that was left empty as one that was said. */
export const writtenNumbers: Rule = (file) =>
  isProgram(file.path)
    ? findingsWhere(
        file,
        ({ node }) => isMember(node, 'z', 'coerce'),
        'z.coerce: take wholeNumber, or numberIn',
      )
    : [];

const PRODUCT_NAMES =
  /(?<![A-Za-z])(?:adiuva|coditect|orbit|prism|reel)|Adiuva|Coditect|Orbit|Prism|Reel|ADIUVA|CODITECT|ORBIT|PRISM|REEL/;

/** Keys of products and parts that are words of the language too: alone, or before a plan's name. */
const PRODUCT_WORDS = /^(?:gateway|licences|marketplace)(?:\.[a-z_]+)?$/;

/** Folders whose code runs any product; fixtures are of one module or product each. */
const OF_ANY_PRODUCT = /^(?:server\/src\/(?:platform|app|server)\b|testkit\/(?!fixtures\/|house\/))/;

/** The platform runs any product and the testkit tries any, and their code names none: comments may. */
export const namesNoProduct: Rule = (file) => {
  if (!OF_ANY_PRODUCT.test(file.path) || (isTest(file.path) && !file.path.startsWith('testkit/'))) return [];
  if (file.path.endsWith('.test.ts')) return [];
  const texts = file.path.endsWith('.sql')
    ? [{ text: file.text.replaceAll(/--.*/g, ''), start: 0 }]
    : file.nodes.map(({ node }) => ({
        text: node.type === 'TemplateElement' ? rawOf(node) : (node['value'] ?? node['name']),
        start: node.start,
      }));
  return texts.flatMap(({ text, start }) => {
    const found = typeof text === 'string' ? (PRODUCT_NAMES.exec(text) ?? PRODUCT_WORDS.exec(text)) : null;
    if (found === null) return [];
    return [{ path: file.path, line: lineAt(file.text, start), says: `names the product ${found[0]}` }];
  });
};

/** Milliseconds that a test waits at least for what should come: what takes one second alone took twenty beside others on slow cores. */
const LEAST_PATIENCE = 60_000;

/** Nothing of ours is mocked, and no test sleeps: it waits for what it waits for, and is not timed by it. */
export const honestTests: Rule = (file) => {
  if (!isTest(file.path)) return [];
  const mocks = ['mock', 'doMock', 'spyOn', 'stubGlobal', 'useFakeTimers'];
  return [
    ...mocks.flatMap((name) =>
      findingsWhere(file, ({ node }) => isCall(node, 'vi', name), `vi.${name}: nothing of ours is mocked`),
    ),
    ...findingsWhere(
      file,
      ({ node, parent }) => isSleep(node, parent),
      'a sleep: wait for the event instead',
    ),
    ...findingsWhere(
      file,
      ({ node }) => isHasty(node),
      'it may take longer on a slow machine: leave the time out of expect.poll, or give vi.waitFor 120_000',
    ),
  ];
};

/** `vi.waitFor(…)`, which gives up after a second where none is said, and a wait that names less than a minute. */
function isHasty(node: Node): boolean {
  const isWait = isCall(node, 'vi', 'waitFor') || isCall(node, 'vi', 'waitUntil');
  if (!isWait && !isCall(node, 'expect', 'poll')) return false;
  const given = node['arguments'];
  const [, terms] = Array.isArray(given) ? (given as unknown[]) : [];
  if (!isNode(terms)) return isWait;
  const said = terms.type === 'ObjectExpression' ? propertyOf(terms, 'timeout') : terms;
  return isNode(said) && typeof said['value'] === 'number' && said['value'] < LEAST_PATIENCE;
}

function propertyOf(object: Node, name: string): unknown {
  const properties = object['properties'];
  const found = Array.isArray(properties)
    ? properties.find((one: Node) => isNode(one['key']) && one['key']['name'] === name)
    : undefined;
  return isNode(found) ? found['value'] : undefined;
}

/** `setTimeout(resolve, …)` and `await setTimeout(…)`; a timer with a body of its own is a deadline. */
function isSleep(node: Node, parent: Node | undefined): boolean {
  const callee = node['callee'];
  if (node.type !== 'CallExpression' || !isNode(callee) || callee['name'] !== 'setTimeout') return false;
  const given = node['arguments'];
  const first: unknown = Array.isArray(given) ? given[0] : undefined;
  return (
    parent?.type === 'AwaitExpression' ||
    (isNode(first) && first.type === 'Identifier' && /^(resolve|done|r)$/.test(String(first['name'])))
  );
}

const SQL_CLOCK =
  /(?<![\w.])(now\s*\(\s*\)|(clock|statement|transaction)_timestamp\s*\(\s*\)|current_timestamp\b|localtimestamp\b)/i;

/** In SQL the time is `app.now()`, which tests can drive. */
export const databaseTime: Rule = (file) => {
  if (!isProgram(file.path)) return [];
  if (file.path.endsWith('.sql')) return sqlLines(file.path, file.text, 1);
  return file.nodes.flatMap(({ node }) => {
    const text =
      node.type === 'TemplateElement' ? rawOf(node) : node.type === 'Literal' ? node['value'] : undefined;
    return typeof text === 'string' ? sqlLines(file.path, text, lineAt(file.text, node.start)) : [];
  });
};

function rawOf(node: Node): unknown {
  const value = node['value'];
  return typeof value === 'object' && value !== null ? (value as { raw?: unknown }).raw : undefined;
}

function sqlLines(path: string, text: string, first: number): Finding[] {
  return text.split('\n').flatMap((line, index) => {
    const found = SQL_CLOCK.exec(line.replace(/--.*$/, ''));
    return found === null ? [] : [{ path, line: first + index, says: `${found[0]} in SQL: take app.now()` }];
  });
}

function findingsWhere(file: SourceFile, matches: (placed: PlacedNode) => boolean, says: string): Finding[] {
  return file.nodes
    .filter(matches)
    .map(({ node }) => ({ path: file.path, line: lineAt(file.text, node.start), says }));
}
