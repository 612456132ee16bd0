import { randomBytes } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { statement } from '#platform/db';
import { engine } from '@plinth/testkit/services';
import { walkedApp } from '../walkers/household.ts';
import { forgetRates } from '@plinth/testkit/services/forget-rates';
import { chanceFrom } from '@plinth/testkit/walkers/hostile/chance';
import { operationsOf } from '@plinth/testkit/walkers/hostile/operations';
import { faultOf, closeConnections, sendHostile } from '@plinth/testkit/walkers/hostile/send-hostile';
import type { OpenApi } from '@plinth/testkit/walkers/rules/rule';
import { forgedTokens, type Corpus, corpusOf } from './corpus.ts';
import { fuzzRequest, isOfAuth } from './requests.ts';
import { makeAttacker, makeTargets, type Targets } from './targets.ts';

/** `npm run fuzz -- auth --minutes 5 --seed 7` sets these; the suite takes a few seconds of one. */
const settings = z
  .object({
    FUZZ_SEED: z.coerce.number().int().default(2026),
    FUZZ_SECONDS: z.coerce.number().positive().default(4),
  })
  .parse(process.env);
const { FUZZ_SEED: seed, FUZZ_SECONDS: seconds } = settings;
const AT_ONCE = 12;
/** Requests of one attacker; the next one has not changed their password yet, nor deleted themselves. */
const EACH = 240;

afterAll(closeConnections);

test.runIf(engine === 'postgres')(
  `who means ill and knows others by name gets nothing of theirs and changes nothing, and no request fails (FUZZ_SEED=${seed})`,
  async () => {
    const app = await walkedApp({ work: true });
    const word = `zq${randomBytes(6).toString('hex')}`;
    const targets = await makeTargets(app, word);
    const document = (await (await fetch(`${app.url}/openapi.json`)).json()) as OpenApi;
    const operations = operationsOf(document).filter(isOfAuth);
    const [chance, faults, until] = [chanceFrom(seed), [] as string[], performance.now() + seconds * 1_000];
    const before = await targets.state();
    const statuses = new Map<number, number>();

    while (performance.now() < until && faults.length === 0) {
      await forgetRates(app);
      await app.db.asMigrator(statement('delete from identity.guesses'));
      const corpus = await corpusFor(targets);
      let left = EACH;
      const worker = async () => {
        while (left > 0 && performance.now() < until) {
          left -= 1;
          const request = fuzzRequest(operations, chance, corpus);
          const heard = await sendHostile(app.url, request, corpus.bearer(chance));
          statuses.set(heard.status, (statuses.get(heard.status) ?? 0) + 1);
          const fault = faultOf(heard, request.method);
          if (fault !== undefined) faults.push(`${describeRequest(request)} → ${fault}`);
          const shownSecret = targets.secrets.find((secret) => heard.text.includes(secret));
          if (shownSecret !== undefined)
            faults.push(`${describeRequest(request)} → shows what is not theirs`);
          corpus.gather(heard.text);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      for (const [table, rows] of Object.entries(await targets.state()))
        if (rows !== before[table]) faults.push(`${table}: was ${before[table]}, is ${rows}`);
      if ((await fetch(`${app.url}/healthz`)).status !== 200) faults.push('the server is not well');
    }

    const counts = [...statuses]
      .toSorted(([a], [b]) => a - b)
      .map(([status, count]) => `${status}: ${count}`);
    process.stdout.write(`auth fuzz, seed ${seed}, ${seconds} s: ${counts.join(', ')}\n`);
    expect(faults).toEqual([]);
    expect(await targets.state()).toEqual(before);
    await forgetRates(app);
    await app.db.asMigrator(statement('delete from identity.guesses'));
    expect(await targets.areWell()).toBe(true);

    async function corpusFor({ owner, known }: Targets): Promise<Corpus> {
      const attacker = await makeAttacker(app);
      const jwks = await (await fetch(`${app.url}/.well-known/jwks.json`)).text();
      return corpusOf({
        bearers: [
          ...Array.from({ length: 8 }, () => attacker.token),
          ...Array.from({ length: 3 }, () => attacker.key),
          attacker.refreshToken,
          ...forgedTokens(attacker.token, owner, jwks),
        ],
        others: [attacker.userId, attacker.accountId, attacker.email, attacker.refreshToken, ...known],
      });
    }
  },
  (seconds + 60) * 1_000,
);

function describeRequest({ label, method, path, headers, body }: ReturnType<typeof fuzzRequest>): string {
  const text = body === undefined ? '' : ` ${body.toString('utf8').slice(0, 300)}`;
  return `${label}: ${method} ${path.slice(0, 200)} ${JSON.stringify(headers).slice(0, 300)}${text}`;
}
