import type { CallExpression, Node } from 'typescript/unstable/ast';
import * as is from 'typescript/unstable/ast/is';
import type { TypeReference } from 'typescript/unstable/sync';
import { elementsOf, evaluate } from './evaluate.ts';
import { lineAt, type Program } from './program.ts';
import { fieldsOf, type Shape, shapeOf } from './shapes.ts';
import { everyWay } from './values.ts';

/** A place where the program makes a statement, and all that the compiler knows of it. */
export interface FoundStatement {
  /** The file and what in it makes the statement. */
  readonly name: string;
  readonly line: number;
  /** Each text that it may have, with the values that go along. */
  readonly ways: readonly Way[];
  /** What its row type claims; undefined where it claims nothing. */
  readonly row: ReadonlyMap<string, Shape> | undefined;
  /** Its row type as the compiler writes it. */
  readonly written: string;
}

export interface Way {
  /** Undefined where only a run knows it. */
  readonly text: string | undefined;
  /** The part that only a run knows. */
  readonly because: string;
  /** Undefined where only a run knows how many there are. */
  readonly values: readonly Shape[] | undefined;
}

/** Every statement that the program makes. */
export function findStatements(program: Program): FoundStatement[] {
  return (program.calls.get('statement') ?? []).map((call) => toStatement(call, program));
}

function toStatement(call: CallExpression, program: Program): FoundStatement {
  const { checker } = program;
  const source = call.getSourceFile();
  const path = program.pathOf(source);
  const type = program.typeOf(call);
  const [row] = type === undefined ? [] : checker.getTypeArguments(type as TypeReference);
  return {
    name: `${path} ${makerOf(call)}`,
    line: lineAt(source.text, call.getStart()),
    ways: waysOf(call, program),
    row: row === undefined ? undefined : fieldsOf(row, checker),
    written: row === undefined ? '' : checker.typeToString(row),
  };
}

function waysOf(call: CallExpression, program: Program): Way[] {
  const { checker } = program;
  const [text, list] = call.arguments;
  if (text === undefined) throw new Error('a statement has a text');
  const ways = everyWay((choices): Way => {
    const value = evaluate(text, { program, choices });
    const elements = list === undefined ? [] : elementsOf(list, { program, choices });
    const known = value.kind === 'plain' && typeof value.value === 'string' ? value.value : undefined;
    const because = value.kind === 'open' ? value.because : text.getText();
    const values = elements?.map((element) => shapeOf(element, checker));
    return { text: known, because, values };
  });
  if (ways === undefined) return [{ text: undefined, because: text.getText(), values: undefined }];
  return [...Map.groupBy(ways, (way) => `${way.text} ${way.values?.length}`).values()].flatMap(
    ([one]) => one ?? [],
  );
}

/** What makes a statement: the nearest function or constant with a name. */
function makerOf(node: Node): string {
  for (let at: Node = node; !is.isSourceFile(at); at = at.parent) {
    if (is.isFunctionDeclaration(at) || is.isMethodDeclaration(at) || is.isPropertyAssignment(at))
      return at.name?.getText() ?? 'a function';
    if (
      is.isVariableDeclaration(at) &&
      is.isIdentifier(at.name) &&
      (isFunction(at.initializer) || is.isSourceFile(at.parent.parent.parent))
    )
      return at.name.getText();
  }
  return 'the module';
}

function isFunction(node: Node | undefined): boolean {
  return node !== undefined && is.isArrowFunction(node);
}
