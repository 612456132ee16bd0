import type { Figures } from './figures.ts';
import { composed, ours, readThenWrite } from './limits/correctness.ts';
import { contestOfRates } from './limits/rates.ts';
import { alone, contest } from './limits/rounds.ts';
import { ACCOUNTS, CONNECTIONS, openStand, type Stand } from './limits/stand.ts';

const CALLERS = 200;
const ROUNDS = 9;
/** A round is short: permits that stay open are counted by each decision, and nobody has thousands of them. */
const TIMES = 2_000;

type Say = (line: string) => void;

/**
 * Decisions of five limits with key, permit and usage event, against bare statements on the same server, over as many
 * connections. Each figure is the median of rounds in which both take turns; `rounds` has their ranges.
 */
export async function benchLimits(say: Say): Promise<Figures> {
  const stand = await openStand();
  try {
    const setting = {
      callers: CALLERS,
      connections: CONNECTIONS,
      accounts: ACCOUNTS,
      postgres: stand.version,
    };
    return { ...setting, ...(await correctness(stand, say)), ...(await speeds(stand, say)) };
  } finally {
    await stand.close();
  }
}

async function correctness({ url }: Stand, say: Say): Promise<Figures> {
  const own = await ours(url);
  const peers = { rate_limiter_flexible: await composed(url), read_then_write: await readThenWrite(url) };
  say(`correctness: ${JSON.stringify({ ours: own, ...peers })}`);
  const { over_admissions, charged_on_denial } = own;
  return { over_admissions, charged_on_denial, correctness: { ours: own, ...peers } };
}

async function speeds({ admit, pair, bare, clear }: Stand, say: Say): Promise<Figures> {
  const how = { callers: CALLERS, rounds: ROUNDS, times: TIMES, between: clear };
  const said = <T>(name: string, figures: T): T => {
    say(`${name}: ${JSON.stringify(figures)}`);
    return figures;
  };
  const lone = said('alone', await alone({ ...how, rounds: 9, ours: admit, theirs: bare.update }));
  const hot = said('hot', await contest({ ...how, ours: () => admit(0), theirs: () => bare.update(0) }));
  const spread = said('spread', await contest({ ...how, ours: admit, theirs: bare.update }));
  const pairs = said('pairs', await contest({ ...how, ours: pair, theirs: bare.insertAndUpdate }));
  const hotPairs = said(
    'pairs of one account',
    await contest({ ...how, ours: () => pair(0), theirs: bare.insertAndUpdate }),
  );
  const rates = said('rates', await contestOfRates(how));
  return {
    postgres_hot_vs_update: hot.median,
    postgres_spread_vs_update: spread.median,
    alone_latency_vs_update: lone.median,
    pairs_vs_rows: pairs.median,
    pairs_hot_vs_rows: hotPairs.median,
    ...(rates === undefined ? {} : { rates_vs_rlf: rates.median }),
    rounds: {
      hot,
      spread,
      alone: lone,
      pairs,
      pairs_hot: hotPairs,
      ...(rates === undefined ? {} : { rates }),
    },
  };
}
