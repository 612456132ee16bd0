import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A route whose statement asks for a tale by its id alone, another account's too, and says of its row what it does not have; and a commit
 * of which nothing is said.
 */
const ROUTE = `
export const BOUND = kit.commitPoint('tales.bound', 'a book of tales');
const read = kit.productRoutes<kit.ProductContext>()(
  'GET /v1/tales/:id',
  {
    ...kit.memberCalls('Tales', 'tales:write'),
    summary: 'Read a tale',
    reply: { 200: namedObject('OldTale', { text: z.string() }) },
    errors: ['not_found'],
    example: { params: { id: '0193a5c8-7d1e-7b5c-9f5e-3c1c5a5b0a01' }, reply: { text: 'Once' } },
  },
  async ({ accountId, params }, { db }) => {
    const reading = statement<{ text: string; mood: string }>('select text from tales.tales where id = $1', [params.id]);
    const [[tale]] = await db.tenant(accountId, [reading]);
    if (tale === undefined) throw new kit.AppError('not_found');
    return tale;
  },
);
`;

/** The faults that the walk over its product names. */
export const OBJECTIONS =
  /GET \/v1\/tales\/:id: another’s id: 200, not 404 not_found \(where row security is off\)[^]*products\/tales\/index\.ts read:\d+: mood: the row type has it, the statement does not[^]*tales\.bound: `crashPoints` of tales names no walk for it/;

/** Runs the tests of a team's product while it has one more route, which forgets whose row it reads, and of what. */
export async function withForgetfulRoute(
  repository: string,
  runTests: (folder: string) => Promise<unknown>,
): Promise<void> {
  const file = join(repository, 'products/tales/index.ts');
  const text = readFileSync(file, 'utf8');
  const more = text.replace('async function sum', (found) => `${ROUTE}\n${found}`);
  writeFileSync(file, more.replace('routes: [tell]', 'routes: [tell, read]'));
  try {
    await runTests('products/tales');
  } finally {
    writeFileSync(file, text);
  }
}
