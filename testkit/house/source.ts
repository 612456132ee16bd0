import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync, visitorKeys } from 'oxc-parser';

/** The project's folder. */
export const ROOT = join(import.meta.dirname, '../..');

/** A file of docs/generated. */
export function readGenerated(name: string): string {
  return readFileSync(join(ROOT, 'docs/generated', name), 'utf8');
}

/** A node of the syntax tree (ESTree with TypeScript), as far as the house rules look at it. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** It names types alone, and is nothing to a program that runs. */
  readonly isType: boolean;
}

/** A file of the project as the rules of the house see it. */
export interface SourceFile {
  /** From the project's folder, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** Every way in which it names another file or package: import, re-export, import(), import type, new URL(…). */
  readonly imports: readonly Import[];
  /** All nodes, parents before their children; none for SQL. */
  readonly nodes: readonly PlacedNode[];
}

export interface PlacedNode {
  readonly node: Node;
  readonly parent: Node | undefined;
}

const FOLDERS = [
  'server',
  'products',
  'testkit',
  'safety',
  'sandboxes/src',
  'sdk/src',
  'react/src',
  'test',
  'scripts',
  'bench',
  'docs/examples',
];
const ROOT_FILES = ['vitest.config.ts'];
const KINDS = /\.(ts|js|sql)$/;
/** An example has packages of its own once it was tried. */
const BROUGHT = /\/(node_modules|\.next)\//;
/** Pages of products are of the console. */
const PAGES = /^(products\/[^/]+|docs\/examples\/product)\/console\//;
const GENERATED = /\.generated\.ts$/;

/** All files that the rules apply to, without generated ones: of a folder, or of the project. */
export function projectFiles(folder = ''): SourceFile[] {
  const paths = projectPaths().filter((path) => path.startsWith(folder === '' ? '' : `${folder}/`));
  return paths.map((path) => sourceFile(path, readFileSync(join(ROOT, path), 'utf8')));
}

/** Paths of all source files, from the project's folder. */
export function projectPaths(): string[] {
  const found = FOLDERS.flatMap((folder) => listFiles(folder));
  return [...found, ...ROOT_FILES].filter((path) => !GENERATED.test(path) && !PAGES.test(path)).sort();
}

function listFiles(folder: string): string[] {
  let entries: string[];
  try {
    entries = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
  return entries
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => KINDS.test(path) && !BROUGHT.test(path));
}

/** Reads one file's text: its imports and its syntax tree. */
export function sourceFile(path: string, text: string): SourceFile {
  if (path.endsWith('.sql')) return { path, text, imports: [], nodes: [] };
  const parsed = parseSync(path, text);
  const error = parsed.errors[0];
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  const nodes: PlacedNode[] = [];
  const program: unknown = parsed.program;
  if (isNode(program)) collect(program, undefined, nodes);
  const imports = nodes.flatMap(({ node }) => {
    const specifier = specifierOf(node);
    return specifier === undefined
      ? []
      : [{ specifier, line: lineAt(text, node.start), isType: isOfTypes(node) }];
  });
  return { path, text, imports, nodes };
}

function collect(node: Node, parent: Node | undefined, into: PlacedNode[]): void {
  into.push({ node, parent });
  for (const key of visitorKeys[node.type] ?? []) {
    const value = node[key];
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isNode(child)) collect(child, node, into);
    }
  }
}

/** Whether a property of a node is itself a node. */
export function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}

const WITH_SOURCE = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

function specifierOf(node: Node): string | undefined {
  if (WITH_SOURCE.has(node.type)) return stringOf(node['source']);
  // A worker's file is named so: new Worker(new URL('./worker.ts', import.meta.url)).
  const names = node['arguments'];
  if (node.type !== 'NewExpression' || !Array.isArray(names) || names.length !== 2) return undefined;
  const [file, base] = names as unknown[];
  const isUrl = isNode(node['callee']) && node['callee']['name'] === 'URL';
  const named = stringOf(file);
  return isUrl && isNode(base) && base.type === 'MemberExpression' && named?.endsWith('.ts') === true
    ? named
    : undefined;
}

/** `import type`, `export type`, `import('…')` as a type, and `import { type A }` of nothing else. */
function isOfTypes(node: Node): boolean {
  if (node.type === 'TSImportType' || namesType(node)) return true;
  const { specifiers } = node;
  if (!Array.isArray(specifiers) || specifiers.length === 0) return false;
  return (specifiers as unknown[]).every((specifier) => isNode(specifier) && namesType(specifier));
}

function namesType(node: Node): boolean {
  return node['importKind'] === 'type' || node['exportKind'] === 'type';
}

function stringOf(node: unknown): string | undefined {
  return isNode(node) && typeof node['value'] === 'string' ? node['value'] : undefined;
}

/** The line, counted from 1, of a place in a text. */
export function lineAt(text: string, place: number): number {
  return text.slice(0, place).split('\n').length;
}

interface Package {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | { readonly default: string }>>;
  readonly imports?: Readonly<Record<string, string>>;
}

/** The packages of this repository by their folders; the repository itself is the last one, around them. */
const packages = [
  'server',
  ...readdirSync(join(ROOT, 'products')).map((name) => `products/${name}`),
  'testkit',
  'safety',
  'sandboxes',
  '',
].flatMap((folder) => {
  const file = join(ROOT, folder, 'package.json');
  return existsSync(file) ? [{ folder, ...(JSON.parse(readFileSync(file, 'utf8')) as Package) }] : [];
});

/** Whether the package in a folder (`products/coditect/`) names that in another one among its dependencies. */
export function dependsOn(from: string, to: string): boolean {
  const [own, other] = [from, to].map((folder) => packages.find((one) => `${one.folder}/` === folder));
  return other !== undefined && Object.hasOwn(own?.dependencies ?? {}, other.name);
}

/** The client's sources, which it is tried by: what it exports is built. */
const CLIENT = /^@plinth\/sdk(?:\/([\w-]+))?$/;

/** Where a map of names to files leads: `./platform/*` to `./src/platform/*\/index.ts`. */
function mapped(map: Package['exports'], name: string): string | undefined {
  const named = Object.entries(map ?? {}).map(([pattern, to]) => {
    const [head = '', tail] = pattern.split('*');
    const path = typeof to === 'string' ? to : to.default;
    if (tail === undefined) return pattern === name ? path : undefined;
    const isMatch = name.startsWith(head) && name.endsWith(tail) && name.length > head.length;
    // A name of ours (`#platform/db`) is a face: no path into a module.
    if (head.startsWith('#') && name.slice(head.length).includes('/')) return undefined;
    return isMatch ? path.replace('*', name.slice(head.length, name.length - tail.length)) : undefined;
  });
  return named.find((path) => path !== undefined);
}

/** The project's file that an import names, or undefined where it names a package of others or a part of Node. */
export function targetOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(from), specifier));
  const client = CLIENT.exec(specifier);
  if (client !== null) return posix.join('sdk/src', client[1] ?? '', 'index.ts');
  if (specifier.startsWith('#')) {
    const own = packages.find(({ folder }) => folder === '' || from.startsWith(`${folder}/`));
    const to = mapped(own?.imports, specifier);
    return to === undefined || !to.startsWith('.')
      ? to && targetOf(from, to)
      : posix.join(own?.folder ?? '', to);
  }
  const named = packages.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
  const to = mapped(named?.exports, `.${specifier.slice(named?.name.length)}`);
  return to === undefined ? undefined : posix.join(named?.folder ?? '', to);
}
