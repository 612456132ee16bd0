import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createBackend } from '@plinth/sdk/backend';
import { beforeEach, describe, expect, it } from 'vitest';
import { programsOnPath } from '@plinth/testkit/services/programs';
import { ROOT } from '../../server/src/main/build-files.ts';
import { sdkFixture } from './fixture.ts';

const { proxy, url, admin } = await sdkFixture();
const { key: apiKey } = await admin();
const [TAKE, SETTLE, EVENTS] = [
  'POST /v1/permits',
  'POST /v1/permits/:id/settle',
  'POST /v1/usage-events',
] as const;
const FOLDER = join(ROOT, 'clients/python');
/** Another process has asked for the same permit, and its call is not answered yet. */
const IN_PROGRESS = {
  kind: 'answered',
  status: 409,
  body: JSON.stringify({ error: { code: 'idempotency_in_progress', message: 'It is under way.' } }),
} as const;
const TOO_OFTEN = {
  kind: 'answered',
  status: 429,
  body: JSON.stringify({
    error: {
      code: 'limit_exceeded',
      message: 'Too often.',
      details: { limit: 'requests_per_minute_by_account' },
    },
  }),
} as const;
/** No server is there: a connection is refused at once. */
const NOWHERE = 'http://127.0.0.1:1';
const run = promisify(execFile);
let made = 0;

/** A customer, and a program in Python that serves it: `plinth` and `customer` are there, and `print` is what it answers. */
async function program() {
  const id = `python-${(made += 1)}`;
  const journal = mkdtempSync(join(tmpdir(), 'journal-'));
  const direct = createBackend({ apiKey, baseUrl: url, product: 'gateway' });
  await direct.customer(id).put();
  return {
    journal: () => readdirSync(journal),
    async python(lines: string, { at = proxy.url, most = 0 } = {}): Promise<string> {
      const away = most === 0 ? 'None' : `plinth.LetThrough(${most}, journal=${JSON.stringify(journal)})`;
      const head = [
        'import asyncio, os, uuid, plinth, plinth.away',
        `server = plinth.Plinth(${JSON.stringify(at)}, ${JSON.stringify(apiKey)}, product="gateway", away=${away}, retries=0)`,
        `customer = server.customer(${JSON.stringify(id)})`,
      ];
      const text = [...head, ...lines.split('\n').map((line) => line.replace(/^ {8}/, ''))].join('\n');
      return (await run('python3', ['-W', 'error', '-c', text], { cwd: FOLDER })).stdout.trim();
    },
    /** How many calls are counted, and what they cost. */
    async spent() {
      const { data, events } = await direct.call('GET /v1/usage', {}, { customer: id });
      const cost = events.reduce((sum, { cost_micros: micros }) => sum + (micros ?? 0), 0);
      return { calls: data.find(({ limit }) => limit === 'calls')?.used, cost };
    },
  };
}

// Both come with .ci/run.
const lacking = ['python3', 'mypy'].filter((name) => programsOnPath(name).length === 0);
beforeEach(({ skip }) => {
  if (lacking.length > 0)
    skip(`there is no ${lacking.join(', no ')} on PATH (Debian: apt-get install ${lacking.join(' ')})`);
});

it('is typed throughout', async () => {
  const { stdout } = await run('mypy', ['--cache-dir=/dev/null', 'plinth'], { cwd: FOLDER });
  expect(stdout).toContain('Success');
}, 120_000);

describe('a customer in Python', () => {
  it('is put and read, takes permits, tracks, checks and sees what is left', async () => {
    const { python, spent } = await program();
    const said = await python(`
        customer.put(name="Acme", metadata={"crm": "17"})
        print(customer.get()["name"])
        with customer.permit("external", cost_micros=500) as permit:
            permit.spent(cost_micros=70)
        print(customer.with_permit("external", lambda permit: permit.id is not None))
        async def work():
            async with customer.permit("external") as permit:
                permit.spent(model="sandbox-small", prompt_tokens=100, completion_tokens=0)
        asyncio.run(work())
        own = str(uuid.uuid4())
        customer.track("external", id=own, cost_micros=30)
        customer.track("external", id=own, cost_micros=30)
        print(customer.check("external"))
        [plan] = [one["plan"] for one in customer.entitlements()["data"] if one["product"] == "gateway"]
        print(plan, len(server.call("GET", "/v1/usage", customer=customer.id)["events"]))`);
    expect(said.split('\n')).toEqual([
      'Acme',
      'True',
      'Check(admitted=True, refusal=None)',
      'gateway.developer 4',
    ]);
    expect(await spent()).toMatchObject({ calls: 4 });
  });

  it('has a failed piece of work given back, and what it had cost posted', async () => {
    const { python, spent } = await program();
    await python(`
        for cost in (None, 25):
            try:
                with customer.permit("external") as permit:
                    if cost: permit.spent(cost_micros=cost)
                    raise KeyError("the model is away")
            except KeyError: pass
        for wrong in (-5, float("nan"), "1845", 2e9):
            try:
                with customer.permit("external") as permit: permit.spent(cost_micros=wrong)
            except ValueError: pass`);
    // A wrong figure is no word that the work was free: its reserve is posted.
    expect(await spent()).toEqual({ calls: 0, cost: 25 + 4 * 20_000 });
  });

  it('is denied with the limit, when it opens and the plan that helps', async () => {
    const { python } = await program();
    const said = await python(`
        customer.track("external", units=1000)
        try:
            with customer.permit("external"): print("begun")
        except plinth.LimitExceeded as denied:
            print(denied.status, denied.details["limit"], denied.resets_at.tzname(), denied.upgrade, denied.body["error"]["code"])
        print(type(customer.check("external").refusal).__name__)`);
    expect(said.split('\n')).toEqual(['429 calls UTC gateway.scale limit_exceeded', 'LimitExceeded']);
  });
});

describe('a server that is away', () => {
  it('refuses where nothing else was said', async () => {
    const { python } = await program();
    const said = await python(
      `
        try:
            with customer.permit("external"): print("begun")
        except plinth.NoAnswer as error: print(error.was_sent, "http" in str(error), "http" in str(error.body))`,
      { at: NOWHERE },
    );
    // A client of the backend is handed no address.
    expect(said).toBe('False True False');
  });

  it('lets through what was allowed, and is told of it exactly by the next process', async () => {
    const { python, journal, spent } = await program();
    const work = `
        from concurrent.futures import ThreadPoolExecutor
        def one(cost):
            try: return customer.with_permit("external", lambda permit: permit.spent(cost_micros=cost)) or cost
            except plinth.NoAnswer: return 0
        print(sum(ThreadPoolExecutor(5).map(one, [1, 1, 1, 1, 1])))`;
    expect(await python(work, { at: NOWHERE, most: 3 })).toBe('3');
    expect(journal()).toHaveLength(3);
    await Promise.all([1, 2].map(() => python('server.report()', { most: 3 })));
    expect(await spent()).toEqual({ calls: 3, cost: 3 });
    expect(journal()).toEqual([]);
  });

  it.each([
    ['the take', TAKE, { calls: 1, cost: 40 }],
    ['the settlement', SETTLE, { calls: 1, cost: 40 }],
  ])('counts work once where the answer to %s was lost', async (_, call, expected) => {
    const { python, spent } = await program();
    proxy.next(call, { kind: 'answer_lost' });
    await python(
      `
        customer.with_permit("external", lambda permit: permit.spent(cost_micros=40))
        server.report()
        server.report()`,
      { most: 3 },
    );
    expect(await spent()).toEqual(expected);
  });

  it('leaves work that another process closes just now to the next turn', async () => {
    const { python, journal, spent } = await program();
    proxy.next(TAKE, { kind: 'answer_lost' }, IN_PROGRESS, IN_PROGRESS, TOO_OFTEN);
    await python(
      `
        with customer.permit("external") as permit: permit.spent(cost_micros=40)
        server.report()`,
      { most: 3 },
    );
    expect(journal()).toHaveLength(1);
    await python('try: server.report()\nexcept plinth.LimitExceeded: pass', { most: 3 });
    await python('server.report()', { most: 3 });
    expect(await spent()).toEqual({ calls: 1, cost: 40 });
    expect(journal()).toEqual([]);
  });

  it.each([
    ['a proxy that finds no server', { status: 502 }, 'NoAnswer'],
    ['another server', { status: 201, body: '{}' }, 'PlinthError unreadable_answer'],
    ['another server', { status: 201, body: 'null' }, 'PlinthError unreadable_answer'],
  ])('does no work for the answer of %s', async (_, answered, said) => {
    const { python } = await program();
    proxy.next(TAKE, { kind: 'answered', ...answered });
    const took = await python(`
        try:
            with customer.permit("external"): print("begun")
        except plinth.NoAnswer: print("NoAnswer")
        except plinth.PlinthError as error: print("PlinthError", error.code)`);
    expect(took).toBe(said);
  });

  it('counts an event once whose answer was lost', async () => {
    const { python, spent } = await program();
    proxy.next(EVENTS, { kind: 'answer_lost' });
    await python('customer.track("external", cost_micros=5)\nserver.report()', { most: 3 });
    expect(await spent()).toEqual({ calls: 1, cost: 5 });
  });

  it('counts what a killed process had let through, without its cost', async () => {
    const { python, journal, spent } = await program();
    const killed = python('with customer.permit("external"): os.kill(os.getpid(), 9)', {
      at: NOWHERE,
      most: 3,
    });
    await expect(killed).rejects.toThrow();
    expect(journal()).toHaveLength(1);
    await python('server.report()', { most: 3 });
    expect(await spent()).toMatchObject({ calls: 0 });
    await python('plinth.away.ORPHANED = 0\nserver.report()', { most: 3 });
    expect(await spent()).toMatchObject({ calls: 1 });
    expect(journal()).toEqual([]);
  });
});
