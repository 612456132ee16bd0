import { readFileSync } from 'node:fs';
import { openDatabase, statement } from '#platform/db';
import { createStripeSandbox, type StripeSandbox } from '#sandbox/stripe';
import { packageAt } from '../../sandboxes/src/stripe/testing/package.ts';
import { makeCustomers } from '../customers.ts';
import { type Figures, quantile, round } from '../figures.ts';
import { startProgram } from '../process.ts';
import { onDatabase } from '../server.ts';

const PERIOD = '2026-01';
/** Minor units, of each sale. */
const SHARE = 699;

/**
 * Pays payees for sales by a server of its own, which asks a sandbox at 0 ms for one transfer for each payee: how long it takes from the
 * call until no run is under way, and how much memory the server takes more meanwhile than after a warm-up run of a tenth of them.
 */
export async function benchPayouts(
  say: (line: string) => void,
  { payees, sales }: { readonly payees: number; readonly sales: number },
): Promise<Figures> {
  const sandbox = await createStripeSandbox();
  try {
    return await onDatabase(async (settings) => {
      const [key = ''] = await makeCustomers(settings, 1);
      const server = await startProgram('start', { ...settings, ...settingsOf(sandbox) });
      const db = await openDatabase({ engine: 'postgres', url: settings['DATABASE_URL'] ?? '' });
      try {
        await db.script(`update identity.users set role = 'admin'`);
        sandbox.connect.fund(1_000_000_000_000, 'usd');
        const run = async (most: number) => {
          const ids = await makePayees(sandbox, most);
          for (const sql of SEED) await db.asMigrator(statement(sql, [ids, Math.ceil(sales / payees)]));
          await db.script('analyze billing.shares, billing.payees, billing.item_sales');
          const asked = transfersAsked(sandbox);
          const memory = rssMb(server.pid);
          const cpu = server.cpuSeconds();
          const began = performance.now();
          await ask(server.url, key, 'POST');
          const during: number[] = [];
          for (let isOver = false; !isOver; during.push(rssMb(server.pid))) {
            await new Promise((resolve) => {
              setTimeout(resolve, 100);
            });
            isOver = (await ask(server.url, key, 'GET'))['running'] === null;
          }
          const seconds = (performance.now() - began) / 1_000;
          const transfers = transfersAsked(sandbox) - asked;
          const each = new Set(
            sandbox.world
              .table('transfer')
              .list()
              .map(({ destination }) => destination),
          );
          if (transfers !== most || !ids.every((id) => each.has(id)))
            throw new Error(`${most} payees were paid by ${transfers} requests, ${each.size} of them`);
          return {
            payees: most,
            sales: most * Math.ceil(sales / payees),
            requests: transfers,
            seconds: round(seconds),
            cpu_seconds: round(server.cpuSeconds() - cpu),
            memory_mb: round(memory),
            most_memory_mb: round(quantile(during, 1)),
          };
        };
        const figures = [];
        for (const most of [Math.ceil(payees / 10), payees, payees]) {
          figures.push(await run(most));
          say(JSON.stringify(figures.at(-1)));
        }
        return { payouts: figures };
      } finally {
        await db.close();
        await server.stop();
      }
    });
  } finally {
    await sandbox.close();
  }
}

const settingsOf = ({ url, secretKey }: StripeSandbox) => ({
  STRIPE_SECRET_KEY: secretKey,
  STRIPE_API_URL: url,
  PUBLIC_URL: 'https://plinth.example.com',
});

/** Connected accounts that can be paid. */
async function makePayees(sandbox: StripeSandbox, most: number): Promise<string[]> {
  const stripe = packageAt(sandbox);
  const ids: string[] = [];
  for (let n = 0; n < most; n += 1) {
    const { id } = await stripe.accounts.create({
      type: 'express',
      capabilities: { transfers: { requested: true } },
    });
    sandbox.connect.onboard(id);
    ids.push(id);
  }
  return ids;
}

/** Makes these accounts at Stripe payees, and so many paid sales of each. */
const SEED = [
  `insert into billing.payees (account_id, mode, store_id, state)
   select gen_random_uuid(), 'test', id, 'payable' from unnest($1::text[]) id where $2::int > 0`,
  `insert into billing.item_sales (account_id, id, mode, product, item, name, payee, currency, amount, share_points, state, closes_at, paid, total, share)
   select gen_random_uuid(), gen_random_uuid(), 'test', 'adiuva', 'item', 'Item', p.account_id, 'usd', 999, 7000, 'paid', app.now(), 999, 999, ${SHARE}
   from billing.payees p, generate_series(1, $2::int) where p.store_id = any($1)`,
  `insert into billing.shares (account_id, id, mode, sale_id, product, item, currency, amount, total, why, payable_at, created_at)
   select s.payee, gen_random_uuid(), 'test', s.id, s.product, s.item, s.currency, s.share, s.total, 'paid', app.now() - interval '1 day', '2026-01-15'
   from billing.item_sales s join billing.payees p on p.account_id = s.payee where p.store_id = any($1) and $2::int > 0`,
];

const transfersAsked = (sandbox: StripeSandbox) =>
  sandbox.calls().filter(({ method, path }) => method === 'POST' && path === '/v1/transfers').length;

async function ask(url: string, key: string, method: 'GET' | 'POST'): Promise<Record<string, unknown>> {
  const body = method === 'GET' ? {} : { body: JSON.stringify({ period: PERIOD }) };
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const response = await fetch(`${url}/v1/admin/payouts`, { method, headers, ...body });
  if (!response.ok) throw new Error(await response.text());
  return Object(await response.json());
}

const rssMb = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
