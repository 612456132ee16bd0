import { statement } from '#platform/db';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { makeCustomers } from '../customers.ts';
import { type Figures, quantile, round } from '../figures.ts';
import { onDatabase, withApp } from '../server.ts';

const RECORDS = 100_000;
const CALLS = 1_000;
/** A plan has so many a minute. */
const AT_ONCE = 150;

/** Records of another owner, too, so that an index that does not lead with its owner would show. */
const FILL = `with owner as (
    select k.account_id, k.user_id from identity.api_keys k),
  head as (
    insert into adiuva.member_heads (account_id, user_id, seq) select account_id, user_id, $1::bigint from owner)
  insert into adiuva.records (account_id, user_id, id, table_name, seq, blob_id, bytes, checksum, deleted_at)
  select account_id, user_id, gen_random_uuid(), 'notes', n, case when n % 10 > 0 then gen_random_uuid() end, 1000, repeat('a', 64),
    case when n % 10 = 0 then app.now() end
  from owner, generate_series(1, $1::bigint) n`;

/** How long what has changed takes over HTTP, of a member with 100,000 records, from anywhere among them. */
export function benchChanges(say: (line: string) => void): Promise<Figures> {
  return onDatabase(async (settings) => {
    const [key = ''] = await makeCustomers(settings, 2, 'adiuva.team');
    return withApp(settings, { work: false, migrate: false }, async (app) => {
      const { db } = app.modules;
      await db.asMigrator(statement(FILL, [RECORDS]));
      await db.script('vacuum analyze adiuva.records');
      const { url } = await app.server.listen();
      const timed = async (path: string): Promise<number> => {
        const began = performance.now();
        const reply = await fetch(url + path, { headers: { authorization: `Bearer ${key}` } });
        await reply.text();
        if (reply.status !== 200) throw new Error(`${path} was answered ${reply.status}`);
        return performance.now() - began;
      };
      const measured = async (name: string, pathOf: (at: number) => string) => {
        const times: number[] = [];
        for (let at = 0; at < CALLS; at += 1) {
          if (at % AT_ONCE === 0) await forgetRates({ app, db });
          times.push(await timed(pathOf(at)));
        }
        const figures = { p50_ms: round(quantile(times, 0.5)), p99_ms: round(quantile(times, 0.99)) };
        say(`${name}: ${JSON.stringify(figures)}`);
        return figures;
      };
      const place = (at: number) => Math.floor((at * 7_919) % RECORDS);
      return {
        records: RECORDS,
        changes: await measured('changes', (at) => `/v1/storage/changes?since=${place(at)}`),
        nothing_new: await measured('nothing new', () => `/v1/storage/changes?since=${RECORDS}`),
        list: await measured('list', () => '/v1/storage/records?table=notes&limit=100'),
      };
    });
  });
}
