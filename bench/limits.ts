import type { Figures } from './figures.ts';
import { costInTheDatabase } from './limits/cpu.ts';
import { checkComposed, composedInPostgres, checkOurs, readThenWrite } from './limits/correctness.ts';
import { openPeers, type Peers } from './limits/peers.ts';
import { contestsOfRates } from './limits/rates.ts';
import { measureAlone, contest } from './limits/rounds.ts';
import { ACCOUNTS, CONNECTIONS, openFixture, type Fixture } from './limits/fixture.ts';

const CALLERS = 200;
const ROUNDS = 25;
/** A round is short: permits that stay open are counted by each decision, and no account has thousands of them. */
const TIMES = 2_000;
const HOW = { callers: CALLERS, rounds: ROUNDS, times: TIMES } as const;

type Say = (line: string) => void;

/**
 * Decisions of five limits with key, permit and usage event, against bare statements on the same server, over as many
 * connections. Each figure is the median of rounds in which both take turns; `rounds` has their ranges.
 */
export async function benchLimits(say: Say): Promise<Figures> {
  const fixture = await openFixture();
  const peers = await openPeers();
  try {
    const setting = {
      callers: CALLERS,
      connections: CONNECTIONS,
      accounts: ACCOUNTS,
      postgres: fixture.version,
    };
    return {
      ...setting,
      ...(await correctness(fixture, peers, say)),
      ...(await cpu(fixture, say)),
      ...(await speeds(fixture, say)),
      ...(peers && (await speedsOfRates(peers, say))),
    };
  } finally {
    await peers?.close();
    await fixture.close();
  }
}

async function correctness({ url }: Fixture, peers: Peers | undefined, say: Say): Promise<Figures> {
  const own = await checkOurs(url);
  const others = {
    rate_limiter_flexible: await composedInPostgres(url),
    ...(peers && {
      rate_limiter_flexible_redis: await checkComposed(peers.rateLimiterFlexible),
      upstash_ratelimit: await checkComposed(peers.upstash),
    }),
    read_then_write: await readThenWrite(url),
  };
  say(`correctness: ${JSON.stringify({ ours: own, ...others })}`);
  const { over_admissions, charged_on_denial } = own;
  return { over_admissions, charged_on_denial, correctness: { ours: own, ...others } };
}

async function cpu(fixture: Fixture, say: Say): Promise<Figures> {
  return sayer(say)('cpu', (await costInTheDatabase(fixture)) ?? {});
}

async function speeds({ admit, pair, bare, clear }: Fixture, say: Say): Promise<Figures> {
  const how = { ...HOW, between: clear };
  const said = sayer(say);
  const lone = said('alone', await measureAlone({ ...how, rounds: 9, ours: admit, theirs: bare.update }));
  const hot = said('hot', await contest({ ...how, ours: () => admit(0), theirs: () => bare.update(0) }));
  const spread = said('spread', await contest({ ...how, ours: admit, theirs: bare.update }));
  const pairs = said('pairs', await contest({ ...how, ours: pair, theirs: bare.insertAndUpdate }));
  const hotPairs = said(
    'pairs of one account',
    await contest({ ...how, ours: () => pair(0), theirs: bare.insertAndUpdate }),
  );
  return {
    postgres_hot_vs_update: hot.median,
    postgres_spread_vs_update: spread.median,
    alone_latency_vs_update: lone.median,
    pairs_vs_rows: pairs.median,
    pairs_hot_vs_rows: hotPairs.median,
    rounds: { hot, spread, alone: lone, pairs, pairs_hot: hotPairs },
  };
}

/** Five rates in one call, against the same five composed. */
async function speedsOfRates(peers: Peers, say: Say): Promise<Figures> {
  const rounds = sayer(say)('rates', await contestsOfRates(peers, HOW));
  return {
    rates_vs_rlf: rounds.rlf.median,
    rates_vs_upstash: rounds.upstash.median,
    rounds_of_rates: rounds,
  };
}

function sayer(say: Say) {
  return <T>(name: string, figures: T): T => {
    say(`${name}: ${JSON.stringify(figures)}`);
    return figures;
  };
}
