import { dirname } from 'node:path';
import { SyntaxKind } from 'typescript/unstable/ast';
import type { CallExpression, Node, SourceFile } from 'typescript/unstable/ast';
import {
  isCallExpression,
  isExportSpecifier,
  isIdentifier,
  isImportSpecifier,
  isShorthandPropertyAssignment,
} from 'typescript/unstable/ast/is';
import { API, type Checker, type Symbol as TypeScriptSymbol, type Type } from 'typescript/unstable/sync';

/** Which files of a project make the statements that are looked at. */
export interface ProgramOptions {
  /** The file `tsconfig.json` of the project; paths are told from its folder. */
  readonly project: string;
  /** By its path from there. */
  readonly isLookedAt: (path: string) => boolean;
  /** Whether `statement` is declared in this file, by its whole path. */
  readonly isDeclaredIn: (file: string) => boolean;
}

/** A program as the TypeScript compiler knows it. */
export interface Program {
  readonly checker: Checker;
  readonly files: readonly ProgramFile[];
  /** Where a value comes from: the declaration behind an import. */
  declarationOf(name: Node): Node | undefined;
  /** Whether that is the declaration of `statement`. */
  isStatement(declaration: Node): boolean;
  /** From the project's folder. */
  pathOf(source: SourceFile): string;
  typeOf(node: Node): Type | undefined;
  /** The values that the type of a name allows, where it is one of literals. */
  literalsOf(name: Node): readonly (string | number | boolean)[] | undefined;
  /** Every call by the name of what is called. */
  readonly calls: ReadonlyMap<string, readonly CallExpression[]>;
  close(): void;
}

export interface ProgramFile {
  /** From the project's folder. */
  readonly path: string;
  readonly source: SourceFile;
}

/** Has the compiler read a project, about 2 s; close it, or its process stays. */
export function readProgram({ project: file, isLookedAt, isDeclaredIn }: ProgramOptions): Program {
  const root = dirname(file);
  const api = new API({ cwd: root });
  const [project] = api.updateSnapshot({ openProject: file }).getProjects();
  if (project === undefined) throw new Error('the compiler found no project');
  const { program, checker } = project;
  const pathOf = (name: string) => name.slice(root.length + 1);
  const files = program.getSourceFileNames().flatMap((name): ProgramFile[] => {
    const path = pathOf(name);
    const source = name.startsWith(`${root}/`) && isLookedAt(path) ? program.getSourceFile(name) : undefined;
    return source === undefined ? [] : [{ path, source }];
  });
  return {
    checker,
    files,
    declarationOf: memoize((name) => declarationOf(checker, name)),
    isStatement: (declaration) => isDeclaredIn(declaration.getSourceFile().fileName),
    pathOf: ({ fileName }) => pathOf(fileName),
    typeOf: memoize((node) => checker.getTypeAtLocation(node)),
    literalsOf: memoize((name) => literalsOf(checker, name)),
    calls: Map.groupBy(callsIn(files), ({ expression }) => expression.getText()),
    close: () => api.close(),
  };
}

/** Each question goes to the compiler's process: what was asked once is kept. */
function memoize<T>(ask: (node: Node) => T): (node: Node) => T {
  const answers = new Map<Node, T>();
  return (node) => {
    const known = answers.get(node);
    if (known !== undefined || answers.has(node)) return known as T;
    const answer = ask(node);
    answers.set(node, answer);
    return answer;
  };
}

/** For `{ name }` the value, and not the property. */
function declarationOf(checker: Checker, name: Node): Node | undefined {
  if (isShorthandPropertyAssignment(name.parent))
    return checker.getShorthandAssignmentValueSymbol(name.parent)?.valueDeclaration?.resolve();
  const symbol = checker.getSymbolAtLocation(name);
  return symbol === undefined ? undefined : resolveAlias(checker, symbol)?.valueDeclaration?.resolve();
}

function resolveAlias(checker: Checker, symbol: TypeScriptSymbol): TypeScriptSymbol | undefined {
  const [declaration] = symbol.declarations;
  const isImport =
    declaration?.kind === SyntaxKind.ImportSpecifier || declaration?.kind === SyntaxKind.ExportSpecifier;
  return isImport ? checker.getAliasedSymbol(symbol) : symbol;
}

function literalsOf(checker: Checker, name: Node): readonly (string | number | boolean)[] | undefined {
  const type = checker.getTypeAtLocation(name);
  const parts = type?.isUnionType() === true ? type.getTypes() : type === undefined ? [] : [type];
  const values = parts.map((part) => (part.isLiteralType() ? (part.value as string) : undefined));
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 || known.length < values.length ? undefined : known;
}

function callsIn(files: readonly ProgramFile[]): CallExpression[] {
  const found: CallExpression[] = [];
  for (const { source } of files) visit(source, (node) => void (isCallExpression(node) && found.push(node)));
  return found;
}

/** The line, counted from 1, of a place in a text. */
export const lineAt = (text: string, place: number): number => text.slice(0, place).split('\n').length;

/** Visits a node and all below it. */
export function visit(node: Node, see: (node: Node) => void): void {
  see(node);
  node.forEachChild((child) => visit(child, see));
}

/** Lines where `statement` is used for anything but a call: what becomes of it can't be followed. */
export function otherUses({ source }: ProgramFile, program: Program): number[] {
  const found: number[] = [];
  visit(source, (node) => {
    if (!isIdentifier(node) || node.text !== 'statement' || isPlain(node)) return;
    const declaration = program.declarationOf(node);
    if (declaration !== undefined && program.isStatement(declaration) && !program.isStatement(node))
      found.push(lineAt(source.text, node.getStart()));
  });
  return found;
}

function isPlain({ parent }: Node): boolean {
  if (isImportSpecifier(parent) || isExportSpecifier(parent)) return parent.propertyName === undefined;
  return (
    isCallExpression(parent) && isIdentifier(parent.expression) && parent.expression.text === 'statement'
  );
}
