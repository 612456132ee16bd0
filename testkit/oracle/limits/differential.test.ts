import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Database, statement } from '#platform/db';
import type { HolderId, KeyId } from '#platform/kernel';
import {
  advance,
  ids,
  makeAccount,
  makeGrant,
  makeKey,
  makeMember,
  type Member,
  setTimeZone,
  stopTime,
} from '@plinth/testkit/factories';
import { limitsCatalogue } from '@plinth/testkit/fixtures/limits';
import { assertWithin } from '@plinth/testkit/property';
import { testDatabase } from '@plinth/testkit/services';
import { decide, type DecisionResult } from './decide.ts';
import { featureRules } from './feature.ts';
import type { Request } from './state.ts';
import {
  admitBatch,
  type BatchOwner,
  type DecisionRow,
  readFresh,
  toAdmissionItem,
} from '@plinth/testkit/fixtures/limits/admission-items';
import {
  lineOf,
  type Names,
  namesOf,
  renameCharges,
  toComparableState,
  toComparableAnswer,
  toComparableRow,
} from '@plinth/testkit/fixtures/limits/comparing';
import {
  EVENTS,
  FAILURES,
  PRODUCT,
  type Step,
  step,
  type RequestInput,
} from '@plinth/testkit/fixtures/limits/rules';
import { compileFeatures } from '../../../server/src/platform/limits/features.ts';
import { toNotGranted } from '../../../server/src/platform/limits/admission/admission.ts';
import { createPreview, type Preview } from '../../../server/src/platform/limits/admission/preview.ts';
import { APART } from './check-window.ts';

const { db } = await testDatabase();
await stopTime(db);
const catalogue = limitsCatalogue(PRODUCT);
const features = compileFeatures([catalogue], FAILURES);

/** An account with two members, a key with a budget, and one that came from it. */
class History {
  readonly #of: BatchOwner;
  readonly #members: readonly Member[];
  readonly #keys: readonly (KeyId | undefined)[];
  readonly #sessions: readonly string[];

  constructor(parts: {
    of: BatchOwner;
    members: readonly Member[];
    keys: readonly (KeyId | undefined)[];
    sessions: readonly string[];
  }) {
    this.#of = parts.of;
    this.#members = parts.members;
    this.#keys = parts.keys;
    this.#sessions = parts.sessions;
  }

  static async begin(plan: string): Promise<History> {
    const holder = await leaseHolder();
    const owner = await makeAccount(db);
    const other = await makeMember(db, owner.accountId);
    await setTimeZone(db, owner.accountId, 'America/Havana');
    await makeGrant(db, owner.accountId, { catalogue, plan });
    const [maker, made] = [await makeKey(db, owner), await makeKey(db, owner)];
    await db.asMigrator(
      statement('update identity.api_keys set monthly_budget_micros = $2 where id = $1', [maker, 400]),
    );
    await db.asMigrator(
      statement(
        'update identity.api_keys set monthly_budget_micros = 250, makers = array[$2::uuid] where id = $1',
        [made, maker],
      ),
    );
    const sessions = await Promise.all([owner, other].map((member) => openSession(db, member)));
    return new History({
      of: { accountId: owner.accountId, product: 'demo', holder },
      members: [owner, other],
      keys: [undefined, maker, made],
      sessions,
    });
  }

  async play(one: Step): Promise<void> {
    if (one.do === 'ask') return this.#ask(one.wishes.map((wanted) => this.#request(wanted)));
    if (one.do === 'pass') return advance(db, one.interval);
    if (one.what === 'bigger')
      return void (await makeGrant(db, this.#of.accountId, { catalogue, plan: 'big' }));
    if (one.what === 'smaller')
      return void (await db.asMigrator(
        statement('delete from entitlements.snapshots where account_id = $1 and version > 1', [
          this.#of.accountId,
        ]),
      ));
    if (one.what === 'nothing') return;
    await db.asMigrator(statement(EVENTS[one.what], [this.#of.accountId]));
  }

  #request(wanted: RequestInput): Request {
    const { feature, units, reserve, subject, state, provider, needs } = wanted;
    const member = this.#members[wanted.key > 0 ? 0 : wanted.member];
    const key =
      wanted.again === 0
        ? undefined
        : { route: 'POST /use', keyHash: `${this.#of.accountId} ${wanted.again}`, bodyHash: wanted.body };
    return {
      permitId: ids.next(),
      eventId: ids.next(),
      userId: member?.userId ?? '',
      keyId: this.#keys[wanted.key],
      sessionId: wanted.key === 3 ? this.#sessions[0] : undefined,
      feature,
      rules: featureRules(catalogue, feature, FAILURES),
      units,
      reserve,
      least: Math.min(wanted.least, reserve),
      state,
      subject,
      provider,
      requestId: 'request',
      needs,
      key,
    };
  }

  async #ask(requests: readonly Request[]): Promise<void> {
    const { state, bounds } = await readFresh(db, this.#of, requests);
    const decided = decide(state, requests, bounds);
    const previewed = await this.#previewOf(requests);
    const rows = await admitBatch(db, { ...this.#of, features }, requests);
    if (previewed !== undefined) expect(previewed).toEqual(toPreview(rows[0]));
    const after = await readFresh(db, this.#of, requests);
    const names = namesOf(after.state.credits);
    const told = decided.decisions.map(({ answer }, index) => toComparableAnswer(answer, index === 0));
    expect(rows.map((row, index) => toComparableRow(row, index === 0))).toEqual(told);
    const isSetBack = (state.meters.get('demo')?.seen ?? 0) > bounds.now + APART;
    expect(toComparableState(after.state, bounds, isSetBack)).toEqual(
      toComparableState(decided.state, bounds, isSetBack),
    );
    await this.#compareRows(decided, names);
  }

  /** The preview of a request that has no key. */
  async #previewOf([first]: readonly Request[]): Promise<Preview | undefined> {
    if (first === undefined || first.key !== undefined) return;
    return createPreview({ db, ids, features, holder: this.#of.holder })(
      toAdmissionItem(this.#of, first).request,
    );
  }

  /** The rows of permits and alerts, which a state has only a part of. */
  async #compareRows({ decisions }: DecisionResult, names: Names): Promise<void> {
    const changes = decisions.flatMap((decision) => decision.changes);
    const made = changes.flatMap((change) => (change.do === 'permit' ? [change.permit] : []));
    const rows = await db.asMigrator(
      statement<Record<string, unknown>>(
        `select p.id, state, holder, fence, units, p.reserve, charges, slots, limits.micros(due_at) as due, plan, operator_budgets, limits.micros(created_at) as created,
         (select count(*) from limits.usage_events e where e.permit_id = p.id and e.reserve = p.reserve and e.state = case p.state when 'queued' then 'pending' else 'sent' end) as events
       from limits.permits p where id = any($1::uuid[]) order by id`,
        [made.map(({ id }) => id)],
      ),
    );
    const expected = made
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map((permit) => ({
        id: permit.id,
        state: permit.state,
        holder: permit.holder,
        fence: 1,
        units: permit.units,
        reserve: permit.reserve,
        charges: renameCharges(permit.charges, names),
        slots: permit.slots,
        due: permit.dueAt,
        plan: permit.plan,
        operator_budgets: permit.operatorBudgets,
        created: permit.createdAt,
        events: 1,
      }));
    expect(rows.map((row) => ({ ...row, charges: renameCharges(row['charges'] as never, names) }))).toEqual(
      expected,
    );
    const alerts = await db.asMigrator(
      statement<{ line: string }>(
        `select scope || ' ' || name || ' ' || starts || ' ' || size || ' ' || threshold as line from limits.alerts where account_id = $1`,
        [this.#of.accountId],
      ),
    );
    const lines = new Set(alerts.map(({ line }) => line));
    const missing = changes.flatMap((change) =>
      change.do === 'alert' && !lines.has(lineOf(change)) ? [lineOf(change)] : [],
    );
    expect(missing).toEqual([]);
    const known = new Set([
      ...this.#alerts,
      ...changes.flatMap((change) => (change.do === 'alert' ? [lineOf(change)] : [])),
    ]);
    expect([...lines].filter((line) => !known.has(line))).toEqual([]);
    this.#alerts = known;
  }
  #alerts: ReadonlySet<string> = new Set();
}

function toPreview(row: DecisionRow | undefined): unknown {
  const reserve = row?.granted ?? undefined;
  return reserve === undefined
    ? toNotGranted({ kind: 'none', ...row?.answer })
    : { kind: 'granted', reserve };
}

/** A lease that is not renewed: a live process renews each ten seconds, which would come between what is compared. */
async function leaseHolder(): Promise<HolderId> {
  const id = ids.next<HolderId>();
  await db.asMigrator(statement(`select limits.start_holder($1, 'test', interval '30 seconds')`, [id]));
  return id;
}

async function openSession(to: Database, { userId }: Member): Promise<string> {
  const id = ids.next();
  await to.asMigrator(
    statement(
      `insert into identity.sessions (user_id, id, method, ip, ip_block, user_agent, device, expires_at) values ($1, $2, 'password', '', '', '', '', app.now() + interval '400 days')`,
      [userId, id],
    ),
  );
  return id;
}

test('decides as the living PL/pgSQL does, whatever happened to the account before', async () => {
  await assertWithin(
    fc.asyncProperty(
      fc.constantFrom('small', 'small', 'big', 'none'),
      fc.array(step, { minLength: 10, maxLength: 40 }),
      async (plan, steps) => {
        const history = await History.begin(plan);
        for (const one of steps) await history.play(one);
      },
    ),
    { numRuns: 60, within: 30_000 },
  );
}, 600_000);
