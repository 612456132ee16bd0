import {
  type ArrowFunction,
  type CallExpression,
  type FunctionDeclaration,
  type FunctionExpression,
  type Node,
  type ParameterDeclaration,
  SyntaxKind,
} from 'typescript/unstable/ast';
import * as is from 'typescript/unstable/ast/is';
import type { Type, TypeReference } from 'typescript/unstable/sync';
import {
  type Choices,
  boundIn,
  open,
  plainValue,
  type Scope,
  textOf,
  truthOf,
  type Value,
} from './values.ts';
import { methodOf } from './methods.ts';
import type { Program } from './program.ts';

/** Calls within calls past this end nowhere. */
const DEEPEST = 40;

export interface EvaluationContext {
  readonly program: Program;
  readonly choices: Choices;
}

type At = EvaluationContext & { readonly scope: Scope | undefined; readonly depth: number };

/** What an expression comes to on one way through it: the program's own constants and functions, read and not run. */
export function evaluate(node: Node, evaluating: EvaluationContext): Value {
  return valueOf(node, { ...evaluating, scope: undefined, depth: 0 });
}

/** The types of a list of values on one way through it; undefined where only a run knows how many there are. */
export function elementsOf(node: Node, evaluating: EvaluationContext): readonly Type[] | undefined {
  return typesOf(node, { ...evaluating, scope: undefined, depth: 0 });
}

function typesOf(node: Node, at: At): readonly Type[] | undefined {
  if (is.isArrayLiteralExpression(node)) {
    const all = node.elements.map((one) =>
      is.isSpreadElement(one) ? typesOf(one.expression, at) : typesAt(one, at),
    );
    return all.every((one) => one !== undefined) ? all.flat() : undefined;
  }
  if (is.isParenthesizedExpression(node) || is.isAsExpression(node)) return typesOf(node.expression, at);
  if (is.isConditionalExpression(node))
    return typesOf(holds(node.condition, at) ? node.whenTrue : node.whenFalse, at);
  const made = madeBy(node, at);
  return made === undefined ? partsOfTuple(node, at) : typesOf(made, at);
}

function typesAt(node: Node, { program }: At): Type[] | undefined {
  const type = program.typeOf(node);
  return type === undefined ? undefined : [type];
}

function partsOfTuple(node: Node, { program }: At): readonly Type[] | undefined {
  const type = program.typeOf(node);
  const isTuple = type !== undefined && program.checker.isTupleType(type);
  return isTuple ? program.checker.getTypeArguments(type as TypeReference) : undefined;
}

/** The expression behind a constant, or of what a function of the program answers in one way. */
function madeBy(node: Node, at: At): Node | undefined {
  const called = is.isCallExpression(node);
  const name = called ? node.expression : node;
  const declaration = is.isIdentifier(name) ? at.program.declarationOf(name) : undefined;
  if (declaration === undefined) return undefined;
  if (is.isFunctionDeclaration(declaration)) {
    const last = declaration.body?.statements.at(-1);
    return called && last !== undefined && is.isReturnStatement(last) ? last.expression : undefined;
  }
  if (!is.isVariableDeclaration(declaration) || isAddedTo(name, declaration)) return undefined;
  const { initializer } = declaration;
  if (!called || initializer === undefined) return initializer;
  return is.isArrowFunction(initializer) && !is.isBlock(initializer.body) ? initializer.body : undefined;
}

/** Whether something is pushed to a list after it was made. */
function isAddedTo(name: Node, declaration: Node): boolean {
  return declaration.parent.parent.parent.getText().includes(`${name.getText()}.push(`);
}

function valueOf(node: Node, at: At): Value {
  if (at.depth > DEEPEST) return open('calls itself');
  const literal = literalOf(node);
  if (literal !== undefined) return literal;
  if (is.isTemplateExpression(node)) return templateOf(node, at);
  if (is.isParenthesizedExpression(node) || is.isAsExpression(node) || is.isSatisfiesExpression(node))
    return valueOf(node.expression, at);
  if (is.isIdentifier(node)) return nameOf(node, at);
  if (is.isConditionalExpression(node))
    return valueOf(holds(node.condition, at) ? node.whenTrue : node.whenFalse, at);
  if (is.isBinaryExpression(node)) return binaryOf(node, at);
  if (is.isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken)
    return plainValue(!holds(node.operand, at));
  if (is.isArrayLiteralExpression(node)) return listOf(node.elements, at);
  if (is.isObjectLiteralExpression(node)) return recordOf(node, at);
  if (is.isPropertyAccessExpression(node)) return fieldOf(valueOf(node.expression, at), node.name.text, node);
  if (is.isElementAccessExpression(node)) return elementOf(node, at);
  if (is.isArrowFunction(node) || is.isFunctionExpression(node))
    return { kind: 'function', node, scope: at.scope ?? { names: new Map(), outer: undefined } };
  if (is.isCallExpression(node)) return callOf(node, at);
  return open(node.getText());
}

function literalOf(node: Node): Value | undefined {
  if (is.isStringLiteral(node) || is.isNoSubstitutionTemplateLiteral(node)) return plainValue(node.text);
  if (is.isNumericLiteral(node)) return plainValue(Number(node.text));
  if (node.kind === SyntaxKind.TrueKeyword) return plainValue(true);
  if (node.kind === SyntaxKind.FalseKeyword) return plainValue(false);
  if (node.kind === SyntaxKind.NullKeyword) return plainValue(null);
  return undefined;
}

function templateOf(node: Parameters<typeof valueOf>[0], at: At): Value {
  if (!is.isTemplateExpression(node)) return open(node.getText());
  let text = node.head.text;
  for (const span of node.templateSpans) {
    const value = valueOf(span.expression, at);
    const part = textOf(value);
    if (part === undefined) return open(value.kind === 'open' ? value.because : span.expression.getText());
    text += part + span.literal.text;
  }
  return plainValue(text);
}

/** Whether a condition holds on this way; one that a run decides is asked once in a way, by its words. */
function holds(condition: Node, at: At): boolean {
  const known = truthOf(valueOf(condition, at));
  if (known !== undefined) return known;
  const { text, negated } = conditionOf(condition);
  return (at.choices.choose(text, 2) === 0) !== negated;
}

function conditionOf(condition: Node): { text: string; negated: boolean } {
  const words = condition.getText();
  if (words.includes(' !== ')) return { text: words.replace(' !== ', ' === '), negated: true };
  return { text: words, negated: false };
}

function binaryOf(node: Node, at: At): Value {
  if (!is.isBinaryExpression(node)) return open(node.getText());
  const operator = node.operatorToken.kind;
  if (operator === SyntaxKind.AmpersandAmpersandToken)
    return holds(node.left, at) ? valueOf(node.right, at) : plainValue(false);
  if (operator === SyntaxKind.BarBarToken)
    return holds(node.left, at) ? plainValue(true) : valueOf(node.right, at);
  const [left, right] = [valueOf(node.left, at), valueOf(node.right, at)];
  if (operator === SyntaxKind.QuestionQuestionToken) {
    if (left.kind === 'open') return left;
    return left.kind === 'plain' && (left.value === undefined || left.value === null) ? right : left;
  }
  if (left.kind !== 'plain' || right.kind !== 'plain')
    return left.kind === 'open' ? left : open(node.getText());
  const [a, b] = [left.value, right.value];
  if (operator === SyntaxKind.EqualsEqualsEqualsToken) return plainValue(a === b);
  if (operator === SyntaxKind.ExclamationEqualsEqualsToken) return plainValue(a !== b);
  if (typeof a === 'number' && typeof b === 'number') return numberOf(operator, a, b);
  return operator === SyntaxKind.PlusToken ? plainValue(`${a}${b}`) : open(node.getText());
}

function numberOf(operator: SyntaxKind, a: number, b: number): Value {
  if (operator === SyntaxKind.PlusToken) return plainValue(a + b);
  if (operator === SyntaxKind.MinusToken) return plainValue(a - b);
  if (operator === SyntaxKind.AsteriskToken) return plainValue(a * b);
  return operator === SyntaxKind.SlashToken ? plainValue(a / b) : open('arithmetic');
}

function listOf(elements: readonly Node[], at: At): Value {
  const items: Value[] = [];
  for (const element of elements) {
    if (!is.isSpreadElement(element)) items.push(valueOf(element, at));
    else {
      const spread = valueOf(element.expression, at);
      if (spread.kind !== 'list') return open(element.getText());
      items.push(...spread.items);
    }
  }
  return { kind: 'list', items };
}

function recordOf(node: Node, at: At): Value {
  if (!is.isObjectLiteralExpression(node)) return open(node.getText());
  const fields = new Map<string, Value>();
  for (const property of node.properties) {
    if (is.isSpreadAssignment(property)) {
      const spread = valueOf(property.expression, at);
      if (spread.kind !== 'record') return open(property.getText());
      for (const [name, value] of spread.fields) fields.set(name, value);
    } else if (is.isPropertyAssignment(property)) {
      fields.set(keyOf(property.name), valueOf(property.initializer, at));
    } else if (is.isShorthandPropertyAssignment(property))
      fields.set(keyOf(property.name), nameOf(property.name, at));
  }
  return { kind: 'record', fields };
}

function keyOf(name: Node): string {
  return is.isIdentifier(name) || is.isStringLiteral(name) ? name.text : name.getText();
}

function fieldOf(value: Value, name: string, node: Node): Value {
  if (value.kind === 'record') return value.fields.get(name) ?? plainValue(undefined);
  if (value.kind === 'list' && name === 'length') return plainValue(value.items.length);
  return open(node.getText());
}

/** One of a table of texts; where a run says which, each of them on a way of its own. */
function elementOf(node: Node, at: At): Value {
  if (!is.isElementAccessExpression(node)) return open(node.getText());
  const from = valueOf(node.expression, at);
  const key = valueOf(node.argumentExpression, at);
  const all =
    from.kind === 'record'
      ? from.fields
      : from.kind === 'list'
        ? new Map(from.items.map((item, place) => [String(place), item]))
        : undefined;
  if (all === undefined) return open(node.getText());
  if (key.kind === 'plain') return all.get(String(key.value)) ?? plainValue(undefined);
  return (
    [...all.values()][at.choices.choose(node.argumentExpression.getText(), all.size)] ?? open(node.getText())
  );
}

/** What a name stands for: what a call gave, a constant, a function, or each that its type allows. */
function nameOf(node: Node, at: At): Value {
  if (node.getText() === 'undefined') return plainValue(undefined);
  const declaration = at.program.declarationOf(node);
  if (declaration === undefined) return open(node.getText());
  const bound = boundIn(at.scope, declaration);
  if (bound !== undefined) return bound;
  if (is.isFunctionDeclaration(declaration))
    return { kind: 'function', node: declaration, scope: { names: new Map(), outer: undefined } };
  if (is.isVariableDeclaration(declaration)) {
    const { initializer, parent } = declaration;
    const isConstant = (parent.flags & 2) !== 0;
    return initializer === undefined || !isConstant
      ? open(node.getText())
      : valueOf(initializer, { ...at, depth: at.depth + 1 });
  }
  if (is.isBindingElement(declaration)) return partOf(declaration, at);
  return is.isParameterDeclaration(declaration)
    ? orLiterals(calledWith(declaration, node, at), node, at)
    : open(node.getText());
}

/** `const { name } = value` and `({ name }: …) =>`. */
function partOf(element: Node, at: At): Value {
  if (!is.isBindingElement(element) || element.name === undefined) return open(element.getText());
  const owner = element.parent.parent;
  const name = keyOf(element.propertyName ?? element.name);
  if (is.isVariableDeclaration(owner) && owner.initializer !== undefined) {
    const whole = valueOf(owner.initializer, at);
    if (is.isArrayBindingPattern(element.parent) && whole.kind === 'list')
      return whole.items[element.parent.elements.indexOf(element)] ?? plainValue(undefined);
    return orLiterals(fieldOf(whole, name, element.name), element.name, at);
  }
  if (!is.isParameterDeclaration(owner)) return open(name);
  const whole = boundIn(at.scope, owner) ?? calledWith(owner, element.name, at);
  const value = orLiterals(fieldOf(whole, name, element.name), element.name, at);
  const isLeftOut = value.kind === 'plain' && value.value === undefined;
  return isLeftOut && element.initializer !== undefined ? valueOf(element.initializer, at) : value;
}

/** Where only a run knows a value: those that its type allows, if it is one of literals. */
function orLiterals(value: Value, name: Node, at: At): Value {
  return value.kind === 'open' ? (literalsOf(name, at) ?? value) : value;
}

/** What the callers of a function give it, each on a way of its own. On one way a parameter is looked at once. */
function calledWith(parameter: Node, name: Node, at: At): Value {
  const callee = parameter.parent;
  if (!is.isParameterDeclaration(parameter) || !isFunction(callee)) return open(name.getText());
  const item = itemFor(callee, parameter, at);
  if (item !== undefined) return item;
  const { given } = at.choices;
  const value = given.get(parameter) ?? givenTo({ parameter, callee }, name, at);
  given.set(parameter, value);
  return value;
}

function givenTo(
  { parameter, callee }: { readonly parameter: ParameterDeclaration; readonly callee: FunctionNode },
  name: Node,
  at: At,
): Value {
  const called = nameOfFunction(callee);
  const place = callee.parameters.indexOf(parameter);
  const calls = (called === undefined ? [] : (at.program.calls.get(called.getText()) ?? [])).filter(
    (call) => functionAt(call, at) === callee,
  );
  if (calls.length === 0) return open(name.getText());
  const call = calls[at.choices.choose(`calls of ${called?.getText()}`, calls.length)];
  const given = call?.arguments[place];
  if (given !== undefined) return valueOf(given, { ...at, scope: undefined, depth: at.depth + 1 });
  return parameter.initializer === undefined ? plainValue(undefined) : valueOf(parameter.initializer, at);
}

/** `[…].map((name) => …)`: each item on a way of its own. */
function itemFor(callback: Node, parameter: Node, at: At): Value | undefined {
  const call = callback.parent;
  if (!is.isCallExpression(call) || !is.isPropertyAccessExpression(call.expression)) return undefined;
  const isFirst = is.isArrowFunction(callback) && callback.parameters.indexOf(parameter as never) === 0;
  if (!isFirst || !['map', 'flatMap'].includes(call.expression.name.text)) return undefined;
  const list = valueOf(call.expression.expression, { ...at, depth: at.depth + 1 });
  if (list.kind !== 'list') return undefined;
  return list.items[at.choices.choose(`items of ${call.expression.getText()}`, list.items.length)];
}

function functionAt(call: CallExpression, { program }: At): Node | undefined {
  const declaration = program.declarationOf(call.expression);
  return declaration !== undefined && is.isVariableDeclaration(declaration)
    ? declaration.initializer
    : declaration;
}

type FunctionNode = ArrowFunction | FunctionDeclaration | FunctionExpression;

function isFunction(node: Node): node is FunctionNode {
  return is.isArrowFunction(node) || is.isFunctionDeclaration(node) || is.isFunctionExpression(node);
}

function nameOfFunction(node: Node): Node | undefined {
  if (is.isFunctionDeclaration(node)) return node.name;
  return is.isVariableDeclaration(node.parent) ? node.parent.name : undefined;
}

/** The values that a type of literals allows, each on a way of its own. */
function literalsOf(name: Node, { program, choices }: At): Value | undefined {
  const values = program.literalsOf(name);
  const value = values?.[choices.choose(name.getText(), values.length)];
  return value === undefined ? undefined : plainValue(value);
}

function callOf(node: CallExpression, at: At): Value {
  const argumentValues = () => node.arguments.map((argument) => valueOf(argument, at));
  if (is.isPropertyAccessExpression(node.expression)) {
    const method = methodOf(node.expression.name.text);
    const on = method === undefined ? open('') : valueOf(node.expression.expression, at);
    const done = method?.(on, argumentValues(), (callback, items) => applyFunction(callback, items, at));
    if (done !== undefined) return done;
  }
  const callee = is.isIdentifier(node.expression) ? nameOf(node.expression, at) : open(node.getText());
  return applyFunction(callee, argumentValues(), at);
}

/** A function of the program, called: one expression, or constants and returns. */
function applyFunction(callee: Value, given: readonly Value[], at: At): Value {
  if (callee.kind !== 'function') return callee.kind === 'open' ? callee : open('a call');
  const { node, scope } = callee;
  if (!isFunction(node)) return open('a call');
  const names = new Map<Node, Value>();
  const inside: At = { ...at, scope: { names, outer: scope }, depth: at.depth + 1 };
  node.parameters.forEach((parameter, place) => {
    const value =
      given[place] ??
      (parameter.initializer === undefined ? plainValue(undefined) : valueOf(parameter.initializer, inside));
    names.set(parameter, value);
  });
  const { body } = node;
  if (body === undefined) return open('a call');
  if (!is.isBlock(body)) return valueOf(body, inside);
  return returnValue(body.statements, inside) ?? plainValue(undefined);
}

function returnValue(statements: readonly Node[], at: At): Value | undefined {
  for (const one of statements) {
    if (is.isReturnStatement(one))
      return one.expression === undefined ? plainValue(undefined) : valueOf(one.expression, at);
    if (is.isIfStatement(one)) {
      const taken = holds(one.expression, at) ? one.thenStatement : one.elseStatement;
      const done =
        taken === undefined ? undefined : returnValue(is.isBlock(taken) ? taken.statements : [taken], at);
      if (done !== undefined) return done;
    } else if (!is.isVariableStatement(one)) return open(one.getText());
  }
  return undefined;
}
