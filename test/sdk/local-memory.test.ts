import { spawn } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text as allOf } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { createClient } from '@plinth/sdk';
import { openLocalMemory, withLocalMemory } from '@plinth/sdk/local-memory';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, test } from 'vitest';
import { temporaryFolder } from '@plinth/testkit/closing';
import { ROOT } from '@plinth/testkit/house/source';

const SECRET = 'The wombat sleeps below the vault';
const role = 'user' as const;
const says = (client_id: string, text: string) => ({ client_id, role, text });

/** Local memory beside that of a server which keeps all that it is sent, and knows one turn. */
function openBoth(folder = join(temporaryFolder(), 'memory')) {
  const requests: string[] = [];
  const damaged: (readonly [string, number])[] = [];
  const turn = { text: 'The server knows of wombats.', tokens: 12, session_id: 'theirs' };
  const plinth = createClient({
    baseUrl: 'http://127.0.0.1:9',
    apiKey: 'pl_any',
    fetch: async (url, init) => {
      requests.push(JSON.stringify([url, init]));
      return Response.json({ id: 'theirs', turns: [turn], tokens: 12 });
    },
  });
  const local = openLocalMemory({ folder, onDamage: (...damage) => damaged.push(damage) });
  return { folder, requests, damaged, plinth, local, memory: withLocalMemory(plinth.memory, local) };
}

const contentOf = (folder: string) =>
  readdirSync(folder)
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('');

test('what is local_only is in no request, whatever is done with it, by mistake too', async () => {
  const { memory, plinth, requests, folder } = openBoth();
  const session = await memory.sessions.create({ client_id: SECRET, title: SECRET, local_only: true });
  const texts = { title: SECRET, context: SECRET, rationale: SECRET };
  const decision = await memory.decisions.create({ client_id: '1', ...texts, local_only: true });
  await memory.sessions.append(session.id, { messages: [says('1', SECRET)] });
  expect(await memory.sessions.get(session.id)).toMatchObject({ title: SECRET, local: true });
  expect(await memory.local.sessions.list()).toEqual([session]);
  expect(await memory.local.decisions.list()).toEqual([decision]);
  expect((await memory.local.search('wombat')).map((hit) => 'session_id' in hit)).toEqual([true, false]);
  await memory.sessions.delete(session.id);
  await memory.decisions.delete(decision.id);
  expect(contentOf(folder)).not.toContain('wombat');
  expect(requests).toEqual([]);

  const flagged = { client_id: '1', ...texts, local_only: true };
  const messages = [says('1', SECRET)];
  const mistakes = [
    () => plinth.memory.sessions.create(flagged),
    () => plinth.memory.decisions.create(flagged),
    () => plinth.memory.sessions.append(session.id, { messages }),
    () => plinth.memory.sessions.append('theirs', { messages: [{ ...says('1', SECRET), ...flagged }] }),
    () => memory.sessions.update(session.id, { title: SECRET }),
    () => memory.decisions.write(decision.id, texts),
  ];
  for (const mistake of mistakes) await expect(mistake()).rejects.toMatchObject({ code: 'local_only' });
  expect(requests).toEqual([]);

  await memory.sessions.create({ client_id: '2', title: 'for all', local_only: false });
  expect(requests).toEqual([expect.stringContaining('for all')]);
  expect(requests[0]).not.toContain('local_only');
});

test('local turns are among the server’s in the budget, marked, and not in the question that it is sent', async () => {
  const { memory, requests } = openBoth();
  const { id } = await memory.sessions.create({ client_id: '1', local_only: true });
  const long = `A wombat ${'digs on and on '.repeat(100)}`;
  await memory.sessions.append(id, { messages: [says('1', SECRET), says('2', long), says('3', 'A heron.')] });
  const { turns, tokens } = await memory.relevant({ query: 'Where is the wombat?', budget_tokens: 100 });
  const [own, theirs, ...more] = turns;
  expect(own).toMatchObject({ text: SECRET, session_id: id, local: true });
  expect([theirs?.session_id, more]).toEqual(['theirs', []]);
  expect(requests).toHaveLength(1);
  expect(requests[0]).toContain(`budget_tokens=${100 - (own?.tokens ?? 0)}`);
  expect(requests[0]).not.toContain('vault');
  expect(tokens).toBe((own?.tokens ?? 0) + 12);
});

const SAMPLES = [
  'The import of users is slow because the file is read once for every row of it.',
  'const { id, ...rest } = rows.map((row) => JSON.parse(row)) ?? []; // 12,000.50 $',
  Buffer.from(Array.from({ length: 300 }, (_, n) => (n * 197) % 251)).toString('base64'),
  '导入用户很慢，因为每一行都要读取整个文件。🦔🦫 Ωμέγα — ﷽',
  'xqzjvkw pfgtrbn wkzqxvj mlkjhgf zzxxccvv',
];

test.each(SAMPLES)('no budget is overrun by what tokens are estimated: %s', async (text) => {
  const { memory } = openBoth();
  const { id } = await memory.sessions.create({ client_id: '1', local_only: true });
  await memory.sessions.append(id, { messages: [{ ...says('1', text), speaker: 'wombat' }] });
  const { turns } = await memory.relevant({ query: text, budget_tokens: 100_000 });
  const [own] = turns;
  expect(own?.text).toBe(text);
  expect(own?.tokens).toBeGreaterThanOrEqual(countTokens(`[2026-11-20] wombat: ${text}\n`));
});

test('words find names, plurals and Chinese, the rarest first; short ones stand alone', async () => {
  const { local } = openBoth();
  const { id } = await local.sessions.create({ client_id: '1' });
  const texts = [
    'parseUserId reads files',
    'the file is an fs thing',
    '导入用户很慢',
    'a user left',
    'OFFSET',
  ];
  await local.sessions.append(
    id,
    texts.map((text, n) => says(`${n}`, text)),
  );
  const found = async (query: string) =>
    (await local.search(query)).map((hit) => ('text' in hit ? texts.indexOf(hit.text) : -1));
  expect(await found('users')).toEqual([3, 0]);
  expect((await found('what reads the file of users?'))[0]).toBe(0);
  expect(await found('fs')).toEqual([1]);
  expect(await found('用户')).toEqual([2]);
  expect(await found('(*')).toEqual([]);
});

test('the same again is the same; another text under a known id is refused, and nothing is stored', async () => {
  const { local } = openBoth();
  const session = await local.sessions.create({ client_id: '1', title: 'One' });
  expect(await local.sessions.create({ client_id: '1', title: 'Another' })).toEqual(session);
  const quote = { ...says('2', 'quoted'), recalled: true };
  expect(await local.sessions.append(session.id, [says('1', 'a'), quote])).toMatchObject({
    stored: 1,
    recalled: 1,
  });
  expect(await local.sessions.append(session.id, [says('1', 'a'), says('3', 'c')])).toMatchObject({
    stored: 1,
    known: 1,
  });
  const other = local.sessions.append(session.id, [says('4', 'd'), says('1', 'b')]);
  await expect(other).rejects.toMatchObject({ code: 'message_conflict' });
  const untimed = local.sessions.append(session.id, [{ ...says('4', 'd'), said_at: 'yesterday' }]);
  await expect(untimed).rejects.toMatchObject({ code: 'validation_failed' });
  expect((await local.sessions.messages(session.id)).map(({ text }) => text)).toEqual(['a', 'c']);
  await local.sessions.delete(session.id);
  for (const id of [session.id, '../../etc/passwd', 'local-session-../x'])
    await expect(local.sessions.append(id, [says('1', 'a')])).rejects.toMatchObject({ code: 'not_found' });
});

test('files are their user’s alone, and a line that is torn or edited is told and passed over', async () => {
  const { local, folder, damaged } = openBoth();
  const { id } = await local.sessions.create({ client_id: '1' });
  for (const n of ['1', '2', '3']) await local.sessions.append(id, [says(n, `Message ${n}`)]);
  const path = join(folder, `${id}.log`);
  truncateSync(path, statSync(path).size - 5);
  const textsOf = async () => (await local.sessions.messages(id)).map(({ text }) => text);
  expect(await textsOf()).toEqual(['Message 1', 'Message 2']);
  expect(damaged.splice(0)).toEqual([[path, 1]]);
  // The next one is whole, and so is what was torn once it is said again.
  await local.sessions.append(id, [says('4', 'Message 4'), says('3', 'Message 3')]);
  expect(await textsOf()).toEqual(['Message 1', 'Message 2', 'Message 3', 'Message 4']);
  writeFileSync(path, readFileSync(path, 'utf8').replace('Message 2', 'Message 5'));
  appendFileSync(path, 'null\n{}\n');
  damaged.splice(0);
  expect(await textsOf()).toEqual(['Message 1', 'Message 3', 'Message 4']);
  expect(damaged).toEqual([[path, 4]]);
  const modes = [folder, path].map((one) => (statSync(one).mode & 0o777).toString(8));
  expect(modes).toEqual(['700', '600']);
});

test('three programs at once lose nothing and overwrite nothing', async () => {
  const { folder, local, damaged } = openBoth();
  const programs = [0, 1, 2].map((n) => {
    const source = `
      import { openLocalMemory } from ${JSON.stringify(pathToFileURL(join(ROOT, 'sdk/src/local-memory/index.ts')).href)};
      const local = openLocalMemory({ folder: ${JSON.stringify(folder)} });
      const { id } = await local.sessions.create({ client_id: 'shared', title: 'of ${n}' });
      for (let at = 0; at < 40; at += 1) {
        const text = '${n} says ' + at + ' ' + 'and so on '.repeat(at * 50);
        await local.sessions.append(id, [{ client_id: '${n}-' + at, role: 'user', text }]);
      }`;
    return spawn(process.execPath, ['--input-type=module', '--eval', source]);
  });
  const said = await Promise.all(programs.map(({ stderr }) => allOf(stderr)));
  expect(said.join('')).toBe('');
  const [session, ...more] = await local.sessions.list();
  expect([session?.title, more]).toEqual([expect.stringMatching(/^of \d$/), []]);
  const messages = await local.sessions.messages(session?.id ?? '');
  expect(new Set(messages.map(({ client_id: id }) => id)).size).toBe(120);
  expect(damaged).toEqual([]);
});
