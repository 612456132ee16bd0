import { isObject, type JsonObject, ownProperty } from './content/json.ts';
import { ApiError, invalidParameter } from './errors.ts';

/** The body of a request that knows these parameters alone. */
export function knownBody(body: unknown, parameters: ReadonlySet<string>): JsonObject {
  if (!isObject(body))
    throw new ApiError(400, { message: 'The body of your request must be a JSON object.' });
  const unknown = Object.keys(body)
    .find((name) => !parameters.has(name))
    ?.slice(0, 100);
  if (unknown === undefined) return body;
  const message = `Unknown parameter: '${unknown}'.`;
  throw new ApiError(400, { message, param: unknown, code: 'unknown_parameter' });
}

/** A text that is not empty. */
export function textOf(body: JsonObject, name: string, longest: number): string {
  const value = ownProperty(body, name);
  if (typeof value === 'string' && value !== '' && value.length <= longest) return value;
  throw invalid(name, `a text of 1 to ${longest} characters`);
}

/** A word of a list, whose first is meant where none is named. */
export function choiceOf<const Words extends readonly [string, ...string[]]>(
  body: JsonObject,
  name: string,
  words: Words,
): Words[number] {
  const value = ownProperty(body, name) ?? 'auto';
  const found = value === 'auto' ? words[0] : words.find((word) => word === value);
  if (found === undefined) throw invalid(name, `one of ${words.join(', ')}`);
  return found;
}

/** A whole number from 1 on; 1 where none is named. */
export function countOf(body: JsonObject, name: string, most: number): number {
  const value = ownProperty(body, name) ?? 1;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw invalid(name, `an integer from 1 to ${most}`);
}

const invalid = (name: string, expected: string): ApiError =>
  invalidParameter(name, `Invalid '${name}': expected ${expected}.`, 'invalid_value');
