import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { allMigrations, openApp, openDrivenStripe } from '#app';
import type { Config } from '#platform/config';
import { type Database, migrateUp, openStore } from '#platform/db';
import { type Clock, systemClock } from '#platform/kernel';
import { localOwner } from '#platform/owner';
import { preparedFile } from '../prepared-file.ts';
import { playMonth, type SampleShop } from './month.ts';
import { DAYS } from './people.ts';

const DAY = 86_400_000;

/**
 * Fills a new embedded database with a month of a shop: a server of its own, whose clocks begin in the past and are moved on between
 * calls, until now. It ends before the database is served. `config`: of a data folder that is empty.
 */
export async function fillSample(
  config: Config,
  { version, say }: { readonly version: string; readonly say: (day: number) => void },
): Promise<void> {
  await using opened = new AsyncDisposableStack();
  let ahead = -DAYS * DAY;
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead };
  const store = await openStore(config, undefined, preparedFile(config));
  const { db } = store;
  await migrateUp(db, allMigrations());
  await setClock(db, ahead);
  const stripe = await openDrivenStripe(config.dataDir, new Date(clock.now()));
  opened.defer(() => stripe.close());
  const app = await openApp({
    config,
    version,
    serve: true,
    work: false,
    migrate: true,
    owner: true,
    store: Promise.resolve(store),
    clock,
    stripeSandbox: stripe,
    onLost() {},
  });
  opened.defer(() => app.stop());
  const { jobs, dispatcher } = app.modules;
  // Schedules have nothing to do for these days: the server that the sample is looked at on keeps them.
  const worker = jobs.work({ keepsSchedules: false });
  opened.defer(() => worker.stop(0));
  opened.defer(dispatcher.start());
  const { url } = await app.server.listen();
  const { inbox } = app.modules;
  const travel = async (to: number) => {
    ahead = Math.min(to - systemClock.now(), 0);
    await setClock(db, ahead);
    await app.modules.holder.renew();
    stripe.advanceTo(new Date(clock.now()));
    await settle();
  };
  const settle = async () => {
    await stripe.idle();
    await inbox.drain();
  };
  const gone = await listenGone();
  opened.defer(gone.close);
  const owner = localOwner(config.dataDir);
  const shop: SampleShop = {
    goneUrl: gone.url,
    url,
    ownerKey: owner.api_key ?? '',
    personalKey: owner.personal_api_key ?? '',
    products: new Set(app.choice.running),
    travel,
    async pay(checkout, card) {
      await stripe.pay(checkout, card === undefined ? {} : { card });
      await settle();
    },
    async refund(amount) {
      const [charge] = await askStripe<{ readonly data: readonly { readonly id: string }[] }>(
        stripe,
        '/v1/charges?limit=1',
      ).then(({ data }) => data);
      if (charge === undefined) throw new Error('the sample has no charge to refund');
      await askStripe(stripe, '/v1/refunds', { charge: charge.id, amount: String(amount) });
      await settle();
    },
  };
  await playMonth(shop, systemClock.now(), say);
  await travel(systemClock.now());
}

/** An endpoint that has gone: what is delivered there is dead at once. */
async function listenGone() {
  const server = createServer((_request, response) => void response.writeHead(410).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/events`,
    close: () => {
      server.close();
    },
  };
}

/** The database's time is that of all decisions; leases of this process move with it. Milliseconds, not above 0. */
async function setClock(db: Database, ahead: number): Promise<void> {
  await db.script(`
    begin;
    update limits.holders set expires_at = expires_at + (interval '${ahead} milliseconds' - (select ahead from app.clock));
    update app.clock set ahead = interval '${ahead} milliseconds';
    commit;`);
}

async function askStripe<Reply>(
  { url, secretKey }: { readonly url: string; readonly secretKey: string },
  path: string,
  form?: Readonly<Record<string, string>>,
): Promise<Reply> {
  const response = await fetch(url + path, {
    headers: { authorization: `Bearer ${secretKey}` },
    ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
  });
  if (!response.ok) throw new Error(`${path} was answered ${response.status}`);
  return (await response.json()) as Reply;
}
