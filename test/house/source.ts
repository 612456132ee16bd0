import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync, visitorKeys } from 'oxc-parser';

/** The project's folder. */
export const ROOT = join(import.meta.dirname, '../..');

/** A file of docs/generated: in a clone with products of its own the one that was made with them, where it differs. */
export function readGenerated(name: string): string {
  const own = join(ROOT, 'docs/generated/own', name);
  return readFileSync(existsSync(own) ? own : join(ROOT, 'docs/generated', name), 'utf8');
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
  'src',
  'safety',
  'sandboxes/src',
  'sdk/src',
  'test',
  'scripts',
  'bench',
  'bin',
  'docs/examples',
];
const ROOT_FILES = ['vitest.config.ts'];
const KINDS = /\.(ts|js|sql)$/;
/** Pages of products are of the console. */
const PAGES = /^(src\/products\/[^/]+|docs\/examples\/product)\/console\//;
const GENERATED = /\.generated\.ts$/;

/** All files that the rules apply to, without generated ones. */
export function projectFiles(): SourceFile[] {
  return projectPaths().map((path) => sourceFile(path, readFileSync(join(ROOT, path), 'utf8')));
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
  return entries.map((name) => `${folder}/${name.replaceAll('\\', '/')}`).filter((path) => KINDS.test(path));
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

const rooms: readonly (readonly [RegExp, string])[] = [
  [/^#platform\/([\w-]+)$/, 'src/platform/$1/index.ts'],
  // What a product is made with, by the name that it has in a team's repository: as low as the kit.
  [/^plinth\/product$/, 'src/platform/product/index.ts'],
  [/^plinth\/config$/, 'src/main/doors/config.ts'],
  [/^plinth\/testing$/, 'src/main/doors/testing/index.ts'],
  [/^#safety$/, 'safety/src/index.ts'],
  [/^#safety\/fold-name$/, 'safety/src/fold-name.ts'],
  [/^#safety\/kinds$/, 'safety/src/kinds.ts'],
  [/^#safety\/near-words$/, 'safety/src/near-words.ts'],
  [/^#sandbox\/([\w-]+)$/, 'sandboxes/src/$1/index.ts'],
  [/^#products$/, 'src/products/index.ts'],
  [/^#coditect\/mcp$/, 'src/products/coditect/memory/mcp/stdio.ts'],
  [/^#server$/, 'src/server/index.ts'],
  [/^#app$/, 'src/app.ts'],
  [/^#modules$/, 'src/platform/modules.ts'],
  [/^@plinth\/sdk$/, 'sdk/src/index.ts'],
  [/^@plinth\/sdk\/licenses$/, 'sdk/src/licenses/index.ts'],
  [/^@plinth\/sdk\/local-memory$/, 'sdk/src/local-memory/index.ts'],
  [/^@plinth\/sdk\/vault$/, 'sdk/src/vault/index.ts'],
  [/^#test\/services$/, 'test/services/index.ts'],
  [/^#test\/answers$/, 'test/answers.ts'],
  [/^#test\/app$/, 'test/services/app.ts'],
  [/^#test\/closing$/, 'test/closing.ts'],
  [/^#test\/collector$/, 'test/services/collector.ts'],
  [/^#test\/error-tracker$/, 'test/services/error-tracker.ts'],
  [/^#test\/factories$/, 'test/factories.ts'],
  [/^#test\/fixtures\/([\w/-]+)$/, 'test/fixtures/$1.ts'],
  [/^#test\/limits$/, 'test/fixtures/limits.ts'],
  [/^#test\/openapi$/, 'test/openapi.ts'],
  [/^#test\/property$/, 'test/property.ts'],
  [/^#test\/people$/, 'test/people/index.ts'],
  [/^#test\/redis$/, 'test/services/redis.ts'],
  [/^#test\/shop$/, 'test/shop/index.ts'],
  [/^#test\/payment-provider$/, 'test/fixtures/payment-provider.ts'],
  [/^#test\/jobs$/, 'test/fixtures/jobs.ts'],
];

/** The project's file that an import names, or undefined where it names a package or a part of Node. */
export function targetOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(from), specifier));
  for (const [pattern, path] of rooms) {
    if (pattern.test(specifier)) return specifier.replace(pattern, path);
  }
  return undefined;
}
