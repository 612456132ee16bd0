/** A process that takes decisions as fast as it can: the program's own limits, on a connection that may be bad. */
import { openDatabase } from '#platform/db';
import { systemClock } from '#platform/kernel';
import { createLimits, type Permit, startHolder } from '#platform/limits';
import { answers } from '@plinth/testkit/answers';
import { ids, type Member } from '@plinth/testkit/factories';
import { figures, plannedCall, request } from '@plinth/testkit/fixtures/limits';
import { type Chance, chanceOf } from '../chance.ts';
import { catalogue, type Feature } from './catalogue.ts';
import { type Orders, requestId, type Verdict } from './messages.ts';

const SWEEP = 2_000;
/** So many permits a caller holds at most while it asks for more. */
const HELD = 2;

const orders = JSON.parse(process.argv[2] ?? '{}') as Orders;
const db = await openDatabase({ engine: 'postgres', url: orders.url, poolSize: 6 });
const exitWith = (reason: string) => {
  process.stderr.write(`${reason}: this process ends.\n`);
  process.exit(1);
};
const holder = await startHolder({
  db,
  ids,
  clock: systemClock,
  kind: 'faults',
  alone: false,
  onLost: exitWith,
});
const limits = createLimits({ db, ids, answers, holder, catalogues: [catalogue] });
setInterval(() => void limits.sweep().catch(() => {}), SWEEP);
// The parent process is gone.
process.once('disconnect', () => process.exit(0));

let asked = 0;
const verdicts: { first: number; letters: string } = { first: 0, letters: '' };
const waiting = new Map<number, Verdict>();
for (let n = 0; n < orders.callers; n += 1)
  void decideForEver(chanceOf(`${orders.seed}/${orders.name}/${n}`));

async function decideForEver(chance: Chance): Promise<never> {
  const held: Permit[] = [];
  const keys: string[] = [];
  for (;;) {
    const n = asked;
    asked += 1;
    tell(n, await decide(chance, n, { held, keys }));
    if (held.length > chance.between(0, HELD)) await close(chance, held.shift());
  }
}

async function decide(
  chance: Chance,
  n: number,
  { held, keys }: { held: Permit[]; keys: string[] },
): Promise<Verdict> {
  try {
    const member = memberBy(chance);
    const admission = await limits.admit({
      ...request(member, {}, catalogue.product),
      ...wishBy(chance),
      requestId: requestId(orders.name, n),
      ...keyBy(chance, n, { keys, member }),
    });
    if (admission.kind === 'permit') {
      held.push(admission.permit);
      return 'p';
    }
    if (admission.kind === 'refused') return 'f';
    return admission.kind === 'denied' || admission.kind === 'plan_required' ? 'd' : 'r';
  } catch {
    return 'x';
  }
}

/** Half of all ask for the first few, so that crowds meet. */
function memberBy(chance: Chance): Member {
  const { members } = orders;
  const most = chance.happens(0.5) ? 3 : members.length - 1;
  const member = members[chance.between(0, most)];
  if (member === undefined) throw new Error('there are too few accounts');
  return member;
}

function wishBy(chance: Chance) {
  const feature: Feature = chance.weighted({ use: 6, slide: 2, pay: 1, draft: 1 });
  const reserve = chance.between(100, 5_000);
  return {
    feature,
    units: feature === 'draft' ? 1 : chance.between(1, 3),
    call: { ...plannedCall(reserve), provider: 'demo' },
    ...(feature === 'draft' ? { subject: `draft ${chance.between(1, 20)}` } : {}),
  };
}

/** One in ten has a key; of those one in three had it before. */
function keyBy(chance: Chance, n: number, { keys, member }: { keys: string[]; member: Member }) {
  if (!chance.happens(0.1)) return {};
  const old = chance.happens(0.33) ? keys[chance.between(0, Math.max(0, keys.length - 1))] : undefined;
  const key = old ?? `${orders.name} ${n}`;
  if (old === undefined) keys.push(key);
  return { idempotency: { route: 'POST /use', by: member, key, bodyHash: 'body', sealed: false } };
}

/** Settles at a cost, releases, or never comes back: then the sweeper closes it. */
async function close(chance: Chance, permit: Permit | undefined): Promise<void> {
  const how = chance.weighted({ settle: 80, release: 15, forget: 5 });
  if (permit === undefined || how === 'forget') return;
  try {
    if (how === 'release') {
      permit.notServed();
      await permit.release('it failed');
      return;
    }
    permit.served(figures(chance.between(0, permit.reserve), { provider: 'demo' }));
    await permit.settle();
  } catch {
    // Another closed it, or the connection broke: the sweeper sees to it.
  }
}

/** Numbers are told in their order, a few hundred at a time. */
function tell(n: number, verdict: Verdict): void {
  waiting.set(n, verdict);
  for (;;) {
    const next = waiting.get(verdicts.first + verdicts.letters.length);
    if (next === undefined) break;
    waiting.delete(verdicts.first + verdicts.letters.length);
    verdicts.letters += next;
  }
  if (verdicts.letters.length < 200) return;
  process.stdout.write(`${verdicts.first} ${verdicts.letters}\n`);
  verdicts.first += verdicts.letters.length;
  verdicts.letters = '';
}
