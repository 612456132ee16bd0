import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { imagePart, jpeg, png } from '@plinth/testkit/fixtures/ai/pictures';
import { type Customer, type Reply, testApp } from '@plinth/testkit/services/app';

const MIB = 1_048_576;
const CHAT = 'POST /v1/ai/chat/completions';
const { url, call, customer, sandbox } = await testApp({
  settings: { BODY_MB_AT_ONCE: '12', BODY_MB_AT_ONCE_PER_ACCOUNT: '8' },
});

function ask({ key }: Customer, ...parts: object[]): Promise<Reply> {
  const content = [{ type: 'text', text: 'What is on these?' }, ...parts];
  const body = { model: 'sandbox-large', messages: [{ role: 'user', content }], max_tokens: 20 };
  return call(key, CHAT, { body });
}

const errorOf = ({ status, body }: Reply): object => ({ status, ...(body['error'] as object) });

/** Sends the head of a call and not one byte of its body; answers what comes back until the server hangs up. */
function headOnly(key: string, length: number): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write(
        `POST /v1/ai/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n\r\n`,
      ),
    );
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('utf8')));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

test('two pictures of two megabytes are answered on the free plan', async () => {
  const who = await customer();
  const pictures = [
    png(1_600, 1_200, 2_000_000),
    Buffer.concat([jpeg(3_024, 4_032), Buffer.alloc(2_000_000)]),
  ];
  expect(errorOf(await ask(who, ...pictures.map((one) => imagePart(one))))).toMatchObject({ status: 200 });
  expect(sandbox.bill().at(-1)?.prompt_tokens).toBeLessThan(2_500);
});

test('a body above what the plan grants is refused before a byte of it is read, with the plan that takes it', async () => {
  const who = await customer();
  const answer = await headOnly(who.key, 9 * MIB);
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toContain(`"max_bytes":${8 * MIB},"upgrade":"gateway.scale"`);
});

test('above the largest plan no plan is named, and an unknown caller sends nothing large', async () => {
  const who = await customer('gateway.scale');
  expect(await headOnly(who.key, 33 * MIB)).toContain(`"max_bytes":${32 * MIB},"upgrade":null`);
  expect(await headOnly('plk_nobody', 2 * MIB)).toMatch(/^HTTP\/1\.1 401 /);
});

test('a body that does not say how long it is has the size that needs no plan', async () => {
  const who = await customer();
  const lines = [`{"model":"small","padding":"`, 'x'.repeat(600_000), 'x'.repeat(600_000)];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = lines.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(Buffer.from(next));
    },
  });
  const headers = { authorization: `Bearer ${who.key}`, 'content-type': 'application/json' };
  const status = await fetch(`${url}/v1/ai/chat/completions`, {
    method: 'POST',
    headers,
    body,
    duplex: 'half',
  }).then(
    (response) => response.status,
    // The server may hang up while the rest is on its way.
    () => 413,
  );
  expect(status).toBe(413);
});

test('bytes in flight are bounded by account, then by process, and room is free again when a call ends', async () => {
  const [ada, bob] = [await customer(), await customer()];
  const picture = imagePart(png(800, 600, 4_000_000));
  sandbox.faults.next({ kind: 'hang', billed: true });
  const billed = sandbox.bill().length;
  const gone = new AbortController();
  const messages = [{ role: 'user', content: [picture] }];
  const underWay = fetch(`${url}/v1/ai/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ada.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sandbox-large', messages, max_tokens: 20 }),
    signal: gone.signal,
  }).catch(() => 'gone');
  await expect.poll(() => sandbox.bill().length).toBe(billed + 1);
  expect(errorOf(await ask(ada, picture))).toMatchObject({
    status: 429,
    code: 'limit_exceeded',
    details: { limit: 'body_bytes_in_flight', max: 8 * MIB },
  });
  const full = await ask(bob, imagePart(png(800, 600, 5_500_000)));
  expect(errorOf(full)).toMatchObject({ status: 503, code: 'unavailable' });
  expect(full.headers.get('retry-after')).toBe('1');
  gone.abort();
  expect(await underWay).toBe('gone');
  await expect.poll(async () => (await ask(ada, picture)).status).toBe(200);
});

test('bodies that are announced and do not come take no room from others', async () => {
  const [idle, ada] = [await customer(), await customer()];
  const { hostname, port } = new URL(url);
  const head = `POST /v1/ai/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${idle.key}\r\ncontent-type: application/json\r\ncontent-length: ${8 * MIB}\r\n\r\n{`;
  const sockets = Array.from({ length: 8 }, () => connect(Number(port), hostname).on('error', () => {}));
  for (const socket of sockets)
    await new Promise<void>((resolve) => void socket.write(head, () => resolve()));
  expect((await ask(ada, imagePart(png(800, 600, 4_000_000)))).status).toBe(200);
  for (const socket of sockets) socket.destroy();
});

test('a body of many small parts is refused while it comes, and costs nothing; the largest real ones pass', async () => {
  const who = await customer('gateway.scale');
  const billed = sandbox.bill().length;
  const statusOf = async (content: unknown) => {
    const body = { model: 'small', messages: [{ role: 'user', content }] };
    return (await call(who.key, CHAT, { body }).catch(() => ({ status: 413 }))).status;
  };
  expect(await statusOf(Array.from({ length: 400_000 }, () => []))).toBe(413);
  expect(await statusOf(Object.fromEntries(Array.from({ length: 250_000 }, (_, at) => [at, 0])))).toBe(413);
  expect(sandbox.bill()).toHaveLength(billed);
  const parameters = {
    type: 'object',
    properties: Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`field_${at}`, { type: 'string', description: 'What it is.' }]),
    ),
  };
  const tools = Array.from({ length: 128 }, (_, at) => ({
    type: 'function',
    function: { name: `tool_${at}`, description: 'What it does.', parameters },
  }));
  const body = {
    model: 'sandbox-large',
    messages: [{ role: 'user', content: 'Hello.' }],
    tools,
    max_tokens: 5,
  };
  expect((await call(who.key, CHAT, { body })).status).toBe(200);
});
