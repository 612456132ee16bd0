import { statement } from '#platform/db';
import { type Member } from '@plinth/testkit/factories';
import { openLimits, permitOf, request } from '@plinth/testkit/fixtures/limits';
import type { Figures } from './figures.ts';
import { openFixture } from './limits/fixture.ts';
import { contest, measureAlone } from './limits/rounds.ts';

const ACCOUNTS = 100;
const HOW = { callers: 50, rounds: 15, times: 1_000 } as const;
const PLENTY = 1_000_000_000;

const PACKS = `insert into limits.credits (account_id, id, product, name, source, amount, remaining, expires_at, cause)
  select $1, limits.new_id(app.now()), 'packed', 'coins', 'top_up', ${PLENTY}, ${PLENTY}, app.now() + months * interval '1 month', 'bench'
  from generate_series(3, 9, 3) as months`;

/**
 * Decisions of a call that spends credits, for accounts with three packs beside their plan against accounts with their plan alone, in
 * turns of one run: how many times as long they take.
 */
export async function benchPacks(say: (line: string) => void): Promise<Figures> {
  const fixture = await openFixture();
  const { db } = fixture;
  const packed = await openLimits(db, {
    product: 'packed',
    limits: { coins: { kind: 'credits', per: 'month', by: 'account' } },
    plans: { only: { coins: PLENTY } },
  });
  const renewing = setInterval(() => void packed.holder.renew(), 5_000);
  try {
    const accounts: Member[] = [];
    for (let n = 0; n < 2 * ACCOUNTS; n += 1) accounts.push(await packed.member());
    const [plain, rich] = [accounts.slice(ACCOUNTS), accounts.slice(0, ACCOUNTS)];
    for (const { accountId } of rich) await db.asMigrator(statement(PACKS, [accountId]));
    let calls = 0;
    const admitOf = (members: readonly Member[]) => async (n: number) => {
      const member = members[n % ACCOUNTS];
      if (member === undefined) throw new Error('there is no such account');
      calls += 1;
      permitOf(await packed.limits.admit(request(member, { key: `of packs ${calls}` }, 'packed')));
    };
    const [ours, theirs] = [admitOf(rich), admitOf(plain)];
    const between = async () => {
      await fixture.clear();
      await db.asMigrator(statement('vacuum analyze limits.credits'));
    };
    const alone = await measureAlone({ ours, theirs, rounds: 9, between });
    const hot = await contest({ ...HOW, ours: () => ours(0), theirs: () => theirs(0), between });
    const spread = await contest({ ...HOW, ours, theirs, between });
    say(JSON.stringify({ alone, hot, spread }));
    return {
      alone_latency_vs_plan: alone.median,
      hot_time_vs_plan: Number((1 / hot.median).toFixed(2)),
      spread_time_vs_plan: Number((1 / spread.median).toFixed(2)),
      rounds: { alone, hot, spread },
    };
  } finally {
    clearInterval(renewing);
    await packed.holder.end();
    await fixture.close();
  }
}
