import { invalid, type Param, type Params } from '../operation.ts';

/**
 * Reads a request's parameters. What is never read is refused at `done`, as Stripe refuses parameters that it doesn't
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

  has(name: string): boolean {
    return this.#params[name] !== undefined;
  }

  /** undefined: not there; null: to be unset (an empty string). */
  optional(name: string): string | null | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string')
      throw invalid(`Invalid string: ${this.#at(name)}`, { param: this.#at(name) });
    return value === '' ? null : value;
  }

  text(name: string): string | undefined {
    return this.optional(name) ?? undefined;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value !== undefined) return value;
    const param = this.#at(name);
    throw invalid(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
  }

  integer(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^-?\d+$/.test(value)) return Number(value);
    throw invalid(`Invalid integer: ${value}`, { code: 'parameter_invalid_integer', param: this.#at(name) });
  }

  decimal(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (/^-?\d+(\.\d+)?$/.test(value)) return Number(value);
    throw invalid(`Invalid decimal: ${value}`, { param: this.#at(name) });
  }

  flag(name: string): boolean | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (value === 'true' || value === 'false') return value === 'true';
    throw invalid(`Invalid boolean: ${value}`, { param: this.#at(name) });
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name);
    const chosen = choices.find((choice) => choice === value);
    if (value === undefined || chosen !== undefined) return chosen;
    const listed = `${choices.slice(0, -1).join(', ')}, or ${choices.at(-1)}`;
    throw invalid(`Invalid ${this.#at(name)}: must be one of ${listed}`, { param: this.#at(name) });
  }

  /** A hash within. undefined: not there, or unset. */
  part(name: string): Form | undefined {
    const value = this.#take(name);
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string' || isList(value)) {
      throw invalid(`Invalid object`, { param: this.#at(name) });
    }
    return this.#within(value, this.#at(name));
  }

  /** Hashes in a list. undefined: not there; none: unset. */
  parts(name: string): Form[] | undefined {
    const values = this.#list(name);
    return values?.map((value, index) => {
      if (typeof value === 'string' || isList(value))
        throw invalid('Invalid object', { param: this.#at(name) });
      return this.#within(value, `${this.#at(name)}[${index}]`);
    });
  }

  texts(name: string): string[] | undefined {
    return this.#list(name)?.map((value) => {
      if (typeof value !== 'string') throw invalid('Invalid array', { param: this.#at(name) });
      return value;
    });
  }

  /** Names and texts; an empty text unsets its name. */
  hash(name: string): Record<string, string> | undefined {
    const value = this.#take(name);
    if (value === undefined) return undefined;
    if (value === '') return {};
    if (typeof value === 'string' || isList(value))
      throw invalid('Invalid object', { param: this.#at(name) });
    const texts = Object.entries(value).map(
      ([key, text]) => [key, typeof text === 'string' ? text : ''] as const,
    );
    if (name === 'metadata') for (const [key, text] of texts) this.#assertShort(this.#at(name), key, text);
    return Object.fromEntries(texts);
  }

  #assertShort(at: string, key: string, text: string): void {
    if (key.length > 40)
      throw invalid(
        `Metadata keys can have up to 40 characters, but you passed in a key of length ${key.length}.`,
        { param: at },
      );
    if (text.length > 500)
      throw invalid(
        `Metadata values can have up to 500 characters, but you passed in a value of length ${text.length}.`,
        { param: `${at}[${key}]` },
      );
  }

  /** Takes without a look what changes nothing here. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.#read.add(name);
  }

  /** Throws StripeFault `parameter_unknown` for whatever was not read. */
  done(): void {
    const unknown = Object.keys(this.#params).filter((name) => !this.#read.has(name));
    const [first] = unknown;
    if (first !== undefined) {
      const message = `Received unknown parameter${unknown.length > 1 ? 's' : ''}: ${unknown.join(', ')}`;
      throw invalid(message, { code: 'parameter_unknown', param: this.#at(first) });
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
    if (typeof value === 'string') throw invalid('Invalid array', { param: this.#at(name) });
    return Object.values(value);
  }

  #within(params: Params, path: string): Form {
    const part = new Form(params, path);
    this.#parts.push(part);
    return part;
  }

  #at(name: string): string {
    return this.#path === '' ? name : `${this.#path}[${name}]`;
  }
}

function isList(value: Param): value is readonly Param[] {
  return Array.isArray(value);
}
