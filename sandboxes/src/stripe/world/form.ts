import { invalidRequest, type Param, type Params } from '../operation.ts';

/** The bound of a text that has none of its own. */
const LONGEST = 5_000;
/** Bounds of metadata. */
const MOST_NOTES = { names: 50, name: 40, text: 500 };

/**
 * Reads a request's parameters. `done` refuses those that were never read, as Stripe refuses parameters that it doesn't
 * know: so that a sandbox never takes in silence what it would not act upon.
 */
export class Form {
  readonly #params: Params;
  readonly #path: string;
  readonly #read = new Set(['expand']);
  readonly #parts: Form[] = [];

  constructor(params: Params, path = '') {
    this.#params = params;
    this.#path = path;
  }

  /** The whole name of a parameter. */
  at(name: string): string {
    return this.#path === '' ? name : `${this.#path}[${name}]`;
  }

  has(name: string): boolean {
    return this.#params[name] !== undefined;
  }

  /** undefined: not there; null: to be unset (an empty string). */
  optional(name: string, most = LONGEST): string | null | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    const param = this.at(name);
    if (typeof value !== 'string') throw invalidRequest(`Invalid string: ${param}`, { param });
    if (value.length > most)
      throw invalidRequest(`Invalid string: ${value.slice(0, 8)}…; must be at most ${most} characters`, {
        param,
      });
    return value === '' ? null : value;
  }

  text(name: string, most?: number): string | undefined {
    const value = this.optional(name, most);
    if (value !== null) return value;
    const message = `You passed an empty string for '${this.at(name)}'. We assume empty values are an attempt to unset a parameter; however '${this.at(name)}' cannot be unset. You should remove '${this.at(name)}' from your request or supply a non-empty value.`;
    throw invalidRequest(message, { code: 'parameter_invalid_empty', param: this.at(name) });
  }

  required(name: string, most?: number): string {
    const value = this.text(name, most);
    if (value !== undefined) return value;
    const param = this.at(name);
    throw invalidRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
  }

  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^-?\d+$/.test(value)) return Number(value);
    throw invalidRequest(`Invalid integer: ${value}`, {
      code: 'parameter_invalid_integer',
      param: this.at(name),
    });
  }

  decimal(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value);
    throw invalidRequest(`Invalid decimal: ${value}`, { param: this.at(name) });
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (value === 'true' || value === 'false') return value === 'true';
    throw invalidRequest(`Invalid boolean: ${value}`, { param: this.at(name) });
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name);
    const chosen = choices.find((choice) => choice === value);
    if (value === undefined || chosen !== undefined) return chosen;
    const listed = `${choices.slice(0, -1).join(', ')}, or ${choices.at(-1)}`;
    throw invalidRequest(`Invalid ${this.at(name)}: must be one of ${listed}`, { param: this.at(name) });
  }

  /** A hash within. undefined: not there, or unset. */
  part(name: string): Form | undefined {
    const value = this.#take(name);
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string' || isList(value)) {
      throw invalidRequest(`Invalid object`, { param: this.at(name) });
    }
    return this.#within(value, this.at(name));
  }

  /** Hashes in a list. undefined: not there; none: unset. */
  parts(name: string): Form[] | undefined {
    const values = this.#list(name);
    return values?.map((value, index) => {
      if (typeof value === 'string' || isList(value))
        throw invalidRequest('Invalid object', { param: this.at(name) });
      return this.#within(value, `${this.at(name)}[${index}]`);
    });
  }

  texts(name: string): string[] | undefined {
    return this.#list(name)?.map((value) => {
      if (typeof value !== 'string') throw invalidRequest('Invalid array', { param: this.at(name) });
      return value;
    });
  }

  /** Names and texts; an empty text unsets its name. Metadata are as many and as long as Stripe keeps. */
  hash(name: string): Record<string, string> | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (value === '') return {};
    if (typeof value === 'string' || isList(value))
      throw invalidRequest('Invalid object', { param: this.at(name) });
    const texts = Object.entries(value).map(([key, text]) => [key, typeof text === 'string' ? text : '']);
    const wrong = name === 'metadata' ? wrongNotes(texts) : undefined;
    if (wrong !== undefined) throw invalidRequest(wrong, { param: this.at(name) });
    return Object.fromEntries(texts);
  }

  /** Takes without a look what changes nothing here. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  /** Throws StripeFault `parameter_unknown` for a parameter that was not read. */
  done(): void {
    const unknown = Object.keys(this.#params).filter((name) => !this.#read.has(name));
    const [first] = unknown;
    if (first !== undefined) {
      const message = `Received unknown parameter${unknown.length > 1 ? 's' : ''}: ${unknown.join(', ')}`;
      throw invalidRequest(message, { code: 'parameter_unknown', param: this.at(first) });
    }
    for (const part of this.#parts) part.done();
  }

  #take(name: string): Param | undefined {
    this.#read.add(name);
    return this.#params[name];
  }

  #list(name: string): readonly Param[] | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (value === '') return [];
    if (isList(value)) return value;
    if (typeof value === 'string') throw invalidRequest('Invalid array', { param: this.at(name) });
    return Object.values(value);
  }

  #within(params: Params, path: string): Form {
    const part = new Form(params, path);
    this.#parts.push(part);
    return part;
  }
}

/** What is wrong with metadata; undefined: nothing. */
function wrongNotes(notes: readonly (readonly string[])[]): string | undefined {
  if (notes.length > MOST_NOTES.names) return `Metadata can have up to ${MOST_NOTES.names} keys`;
  if (notes.some(([key = '']) => key.length > MOST_NOTES.name))
    return `Metadata keys can have up to ${MOST_NOTES.name} characters`;
  return notes.some(([, text = '']) => text.length > MOST_NOTES.text)
    ? `Metadata values can have up to ${MOST_NOTES.text} characters`
    : undefined;
}

function isList(value: Param): value is readonly Param[] {
  return Array.isArray(value);
}
