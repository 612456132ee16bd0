import { expect, test } from 'vitest';
import { z } from 'zod';
import { countTokens } from '#platform/texts';
import { openMemory } from '../fixture.ts';

const memory = await openMemory();
const ada = await memory.rememberer();
const QUESTION = 'what does the walrus import?';
const BUDGETS = [200, 500, 2_000, 8_000];
const LINES = [
  'The walrus import reads `src/import/users.ts` once for each row.',
  '',
  '> quoted before — “so said Ada”\r\n- [ ] check it\u2028- and again',
  '  const rows = await read(path); // 1,204,331 rows',
  '漢字とかな 🦭🦭 \t\t Zeilenumbrüche\u0085hier',
];

for (let s = 0; s < 40; s += 1) {
  const session = await ada.session(`walrus-${s}`, { title: `What the walrus said on day ${s}` });
  const linesOf = (n: number) =>
    Array.from({ length: 1 + ((s + n) % 6) }, (_, line) => LINES[(s + n + line) % LINES.length]).join('\n');
  const turns = Array.from({ length: 8 }, (_, n) => ({
    client_id: `${n}`,
    text: `walrus ${s}.${n}: ${linesOf(n)}`,
  }));
  await ada.say(session, ...turns);
  const texts = turns.slice(0, 1 + (s % 3)).map(({ text }) => text);
  await ada.document(`walrus-${s}.md`, texts.join('\n\n'));
}

interface Tool {
  readonly name: string;
  readonly inputSchema: { readonly properties: object };
  readonly outputSchema?: object;
}

/** The answer of a tool of MCP, or of the protocol itself, with each field that a client may hand a model. */
async function ask(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
  const { body } = await ada.call('POST /v1/mcp', { jsonrpc: '2.0', id: 1, method, params });
  return body['result'] as Readonly<Record<string, unknown>>;
}

const { tools } = (await ask('tools/list')) as { readonly tools?: readonly Tool[] };
const withBudget = (tools ?? []).filter(({ inputSchema }) => 'budget_tokens' in inputSchema.properties);
const routes = memory.app.server.routes.filter(
  ({ shape: { query } }) => query instanceof z.ZodObject && 'budget_tokens' in query.shape,
);

test('tools and calls with a budget of tokens are found', () => {
  expect(withBudget.map(({ name }) => name)).toEqual(['recall']);
  expect(routes.map(({ name }) => name)).toEqual(['GET /v1/context/load', 'GET /v1/context/relevant']);
  // A tool that promised a structure would have to send its answer twice.
  expect(tools?.flatMap(({ outputSchema }) => outputSchema ?? [])).toEqual([]);
});

test.each(withBudget.map(({ name }) => name))(
  '%s sends no more tokens than its budget, all that it sends counted, and uses most of it',
  async (name) => {
    for (const budget of BUDGETS) {
      const answered = await ask('tools/call', {
        name,
        arguments: { query: QUESTION, budget_tokens: budget },
      });
      const sent =
        countTokens(JSON.stringify(answered['structuredContent'] ?? '')) + countTokens(textOf(answered));
      expect([budget, sent]).toEqual([budget, expect.toSatisfy((tokens: number) => tokens <= budget)]);
      expect(sent).toBeGreaterThan(budget / 2);
    }
  },
);

const textOf = ({ content }: Readonly<Record<string, unknown>>): string =>
  (content as readonly { readonly text: string }[]).map(({ text }) => text).join('\n');

test.each(routes.map(({ name }) => name))(
  '%s answers Markdown of no more tokens than its budget, and says how many',
  async (name) => {
    for (const budget of [1, 20, ...BUDGETS]) {
      const query = new URLSearchParams({ budget_tokens: `${budget}`, format: 'markdown' });
      if (name.includes('relevant')) query.set('query', QUESTION);
      const { body } = await ada.call(`${name}?${query.toString()}`);
      expect(body['tokens']).toBe(countTokens(String(body['markdown'])));
      expect(body['tokens']).toBeLessThanOrEqual(budget);
    }
  },
);
