import { docsOf, errorDeclaration } from '#platform/kernel';

type Json = Readonly<Record<string, unknown>>;

const REQUEST_ID = '0193a6f0-5b1c-7d2e-8f3a-4b5c6d7e8f90';

/** Schemas of every error answer, by the names of its two objects. */
export const ERROR_SCHEMAS = {
  Error: {
    type: 'object',
    required: ['error'],
    additionalProperties: false,
    properties: { error: { $ref: '#/components/schemas/ErrorBody' } },
  },
  ErrorBody: {
    type: 'object',
    required: ['code', 'message', 'request_id', 'docs_url'],
    additionalProperties: false,
    properties: {
      code: { type: 'string', description: 'A stable word to branch on.' },
      message: { type: 'string', description: 'A sentence for people. It may change.' },
      details: { type: 'object', description: 'What the code is about: a limit, a field, a time.' },
      request_id: { type: 'string', description: 'Quote it when you ask about the call.' },
      docs_url: {
        type: 'string',
        description: 'The line of the code in the docs, from the server’s address.',
      },
    },
  },
};

/** The error answers of a document: what several calls answer is written once, and so is the example of each code. */
export interface FailureWriter {
  /** One response for each status, with the codes that it may have. */
  write(codes: readonly string[]): Json;
  readonly responses: Json;
  readonly examples: Json;
}

export function createFailureWriter(codesOfRoutes: readonly (readonly string[])[]): FailureWriter {
  const uses = new Map<string, number>();
  const sets = codesOfRoutes.flatMap((codes) => [...byStatus(codes).values()]);
  for (const codes of sets) uses.set(nameOf(codes), (uses.get(nameOf(codes)) ?? 0) + 1);
  const isShared = (codes: readonly string[]) => (uses.get(nameOf(codes)) ?? 0) > 1;
  return {
    write: (codes) =>
      Object.fromEntries(
        [...byStatus(codes)].map(([status, named]) => [
          status,
          isShared(named) ? { $ref: `#/components/responses/${nameOf(named)}` } : response(named),
        ]),
      ),
    responses: sortByName(sets.filter(isShared).map((codes) => [nameOf(codes), response(codes)])),
    examples: sortByName([...new Set(codesOfRoutes.flat())].map((code) => [code, exampleOf(code)])),
  };
}

function byStatus(codes: readonly string[]): ReadonlyMap<number, readonly string[]> {
  return Map.groupBy(codes, (code) => errorDeclaration(code)?.status ?? 500);
}

/** `email_not_verified`, `forbidden`: EmailNotVerifiedOrForbidden. */
function nameOf(codes: readonly string[]): string {
  return codes
    .map((code) => code.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase()))
    .join('Or');
}

function response(codes: readonly string[]): Json {
  const schema = { $ref: '#/components/schemas/Error' };
  const examples = codes.map((code) => [code, { $ref: `#/components/examples/${code}` }]);
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    content: { 'application/json': { schema, examples: Object.fromEntries(examples) } },
  };
}

function exampleOf(code: string): Json {
  const message = errorDeclaration(code)?.message ?? '';
  return { value: { error: { code, message, request_id: REQUEST_ID, docs_url: docsOf(code) } } };
}

function sortByName(entries: readonly (readonly [string, Json])[]): Json {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
