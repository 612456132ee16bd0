import { type Operation, type Operations, StripeFault } from '../operation.ts';

/** The operation that a request asks for, with what stands in the path for `:id`. */
export interface MatchedOperation {
  readonly operation: Operation;
  /** As `POST /v1/customers/:id`. */
  readonly call: string;
  readonly ids: readonly string[];
}

/** Finds operations by method and path. */
export class Calls {
  readonly #operations: Operations;
  /** By method and number of segments. */
  readonly #patterns = new Map<string, readonly string[][]>();

  constructor(operations: Operations) {
    this.#operations = operations;
    for (const call of Object.keys(operations)) {
      const parts = partsOf(call);
      const key = shape(parts);
      this.#patterns.set(key, [...(this.#patterns.get(key) ?? []), parts]);
    }
  }

  /** Throws StripeFault for what this sandbox does not know. */
  find(method: string, path: string): MatchedOperation {
    const asked = partsOf(`${method} ${path.replace(/(?<=.)\/$/, '')}`);
    const found = (this.#patterns.get(shape(asked)) ?? []).filter((parts) => fits(parts, asked));
    // A word before a place for an id: `/v1/invoices/create_preview` before `/v1/invoices/:id`.
    const parts = found.sort((one, other) => placesOf(one) - placesOf(other)).at(0);
    const operation = parts === undefined ? undefined : this.#operations[callOf(parts)];
    if (parts === undefined || operation === undefined) throw unknownUrl(method, path);
    return {
      operation,
      call: callOf(parts),
      ids: asked.filter((_part, index) => parts[index] === ':id').map((id) => decodeURIComponent(id)),
    };
  }
}

const partsOf = (call: string) => call.split(/[ /]/).filter((part) => part !== '');
const callOf = ([method, ...path]: readonly string[]) => `${method} /${path.join('/')}`;
const shape = (parts: readonly string[]) => `${parts[0]} ${parts.length}`;
const placesOf = (parts: readonly string[]) => parts.filter((part) => part === ':id').length;

function fits(parts: readonly string[], asked: readonly string[]): boolean {
  return parts.every((part, index) => part === ':id' || part === asked[index]);
}

function unknownUrl(method: string, path: string): StripeFault {
  return new StripeFault(
    404,
    'invalid_request_error',
    `Unrecognized request URL (${method}: ${path.slice(0, 200)}). Please see https://stripe.com/docs or we can help at https://support.stripe.com/.`,
  );
}
