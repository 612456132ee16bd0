import { afterAll, expect, test } from 'vitest';
import type { Route } from '#platform/http';
import { requestOf } from '@plinth/testkit/walkers/calls';
import { closeConnections, sendHostile } from '@plinth/testkit/walkers/hostile/send-hostile';
import { type WorstRequest, worstRequests } from '@plinth/testkit/walkers/hostile/worst-requests';
import { makePerson, type Person } from '@plinth/testkit/walkers/people';
import { walkedApp } from './household.ts';
import { makeRoom } from '@plinth/testkit/walkers/rates';

/** How much more of the processor a request may take than a plain one. */
const MOST = 3;
/** The least cost of a plain one, in plain calls of the median route: a collection of garbage is no fault. */
const LEAST = 4;
/** The least of so many tries counts: other things of this process take their time too. */
const TRIES = 40;
/** Routes that share a fault are not all measured. */
const MOST_FOUND = 20;

/** Good calls that cost as much as they ask for, each with its reason. */
const WORTH_IT: Readonly<Record<string, string>> = {
  'POST /v1/ai/embeddings, input: words':
    'the provider, in this process here, embeds 2,000 texts, and bills them',
};

const app = await walkedApp({ work: false });
const { routes } = app.app.server;
afterAll(closeConnections);

let people: Record<'owner' | 'admin', Person> | undefined;

/** Some calls sign their caller out, or delete them. */
async function callerOf({ shape: { auth, keysOnly } }: Route): Promise<string | undefined> {
  const known = people === undefined ? [] : Object.values(people);
  const answers = await Promise.all(known.map(({ token }) => app.call(token, 'GET /v1/me')));
  if (people === undefined || answers.some(({ status }) => status !== 200))
    people = {
      owner: await makePerson(app, { company: true }),
      admin: await makePerson(app, { role: 'admin' }),
    };
  if (auth === 'none' || auth === 'product_key') return undefined;
  if (auth === 'admin') return keysOnly === true ? people.admin.key : people.admin.token;
  return people.owner.token;
}

/** Milliseconds of the processor that a request takes in this process, which sends it as well. */
async function cost(
  route: Route,
  as: string | undefined,
  worst: Omit<WorstRequest, 'label'> = {},
): Promise<number> {
  await makeRoom(app, route);
  const plain = requestOf(route, { as });
  const body = worst.body ?? plain.body;
  const request = {
    label: '',
    method: route.method,
    path: worst.path ?? plain.path,
    headers: { ...plain.headers, ...worst.headers },
    ...(body === undefined ? {} : { body: Buffer.from(body as string) }),
    as: 'owner',
  } as const;
  const before = process.cpuUsage();
  await sendHostile(app.url, request, as ?? 'nobody');
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

async function least(tries: number, measure: () => Promise<number>, enough = 0): Promise<number> {
  let found = Infinity;
  for (let n = 0; n < tries && found > enough; n += 1) found = Math.min(found, await measure());
  return found;
}

test('the worst requests of 16 kB of each route cost no more than three plain ones', {
  timeout: 600_000,
}, async () => {
  const plain = new Map<Route, number>();
  for (const route of routes) {
    const as = await callerOf(route);
    plain.set(route, await least(3, () => cost(route, as)));
  }
  const middle =
    [...plain.values()].toSorted((one, other) => one - other)[Math.floor(routes.length / 2)] ?? 0;
  const found: string[] = [];
  let sent = 0;
  for (const route of routes) {
    if (found.length >= MOST_FOUND) break;
    const as = await callerOf(route);
    const bound = MOST * Math.max(plain.get(route) ?? 0, LEAST * middle);
    for (const { label, ...worst } of worstRequests(route, requestOf(route, { as }).path)) {
      if (`${route.name}, ${label}` in WORTH_IT) continue;
      sent += 1;
      const taken = await least(TRIES, () => cost(route, as, worst), bound);
      if (taken > bound)
        found.push(`${route.name}, ${label}: ${taken.toFixed(1)} ms, not ${bound.toFixed(1)}`);
    }
  }
  process.stdout.write(
    `${sent} worst requests of ${routes.length} routes; a plain one takes ${middle.toFixed(1)} ms\n`,
  );
  expect(found).toEqual([]);
});
