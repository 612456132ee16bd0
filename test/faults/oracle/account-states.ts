import type { Change, CreditsRow, EventRow, MeterRow, PermitRow } from './facts.ts';
import { PRODUCTS, type Rule, windowStart } from './products.ts';

/** All that is known of one account in one product while the trace is read. */
export interface AccountState {
  readonly account: string;
  readonly product: string;
  readonly permits: Map<string, PermitRow>;
  /** Permits that are open, or were when they were last looked at. */
  readonly open: Map<string, PermitRow>;
  /** The units that each was admitted for; it may be settled with fewer. */
  readonly asked: Map<string, number>;
  /** What is used of a limit in a window, as permits and calls say: `monthly@1790812800000`. */
  readonly used: Map<string, number>;
  /** What the product's meter says. */
  meter: MeterRow | undefined;
  readonly credits: Map<string, CreditsRow>;
  /** Each permit's time and units, oldest first. */
  readonly admissions: { readonly at: number; readonly permit: PermitRow }[];
}

/** What one change did to an account in a product. */
interface ChangeEffect {
  readonly state: AccountState;
  readonly admitted?: PermitRow;
  /** Open, and its reserve grew. */
  readonly extended?: PermitRow;
}

/** The states of all accounts, kept from the trace alone. */
export interface AccountStates {
  enter(change: Change): ChangeEffect | undefined;
  stateOf(account: string, product: string): AccountState;
  all(): Iterable<AccountState>;
}

export function createAccountStates(): AccountStates {
  const states = new Map<string, AccountState>();
  const events = new Map<string, EventRow>();
  const costs = new Map<string, number>();

  function stateOf(account: string, product: string): AccountState {
    const name = `${account} ${product}`;
    const known = states.get(name);
    if (known !== undefined) return known;
    const state: AccountState = {
      account,
      product,
      permits: new Map(),
      open: new Map(),
      asked: new Map(),
      used: new Map(),
      meter: undefined,
      credits: new Map(),
      admissions: [],
    };
    states.set(name, state);
    return state;
  }

  /** What a permit takes of each window of its feature's limits. */
  function count(state: AccountState, permit: PermitRow, sign: 1 | -1): void {
    const known = { cost: costs.get(permit.id) ?? 0, asked: state.asked.get(permit.id) ?? permit.units };
    for (const [key, amount] of sharesOf(permit, known)) {
      state.used.set(key, (state.used.get(key) ?? 0) + sign * amount);
    }
  }

  function enterPermit(permit: PermitRow): ChangeEffect {
    const state = stateOf(permit.account_id, permit.product);
    const before = state.permits.get(permit.id);
    if (before === undefined) {
      state.asked.set(permit.id, permit.units);
      state.admissions.push({ at: Date.parse(permit.created_at), permit });
    } else count(state, before, -1);
    state.permits.set(permit.id, permit);
    if (isOpen(permit)) state.open.set(permit.id, permit);
    else state.open.delete(permit.id);
    count(state, permit, 1);
    // Usage that was metered elsewhere has happened, and comes closed: no limit was asked.
    if (before === undefined) return isOpen(permit) ? { state, admitted: permit } : { state };
    return permit.reserve > before.reserve && isOpen(permit) ? { state, extended: permit } : { state };
  }

  function enterEvent(event: EventRow): ChangeEffect {
    const state = stateOf(event.account_id, event.product);
    const before = postedCost(events.get(event.id));
    events.set(event.id, event);
    const permit = state.permits.get(event.permit_id);
    if (permit !== undefined) count(state, permit, -1);
    costs.set(event.permit_id, (costs.get(event.permit_id) ?? 0) + postedCost(event) - before);
    if (permit !== undefined) count(state, permit, 1);
    return { state };
  }

  return {
    stateOf,
    all: () => states.values(),
    enter(change) {
      if (change.about === 'permits') return enterPermit(change.row);
      if (change.about === 'usage_events') return enterEvent(change.row);
      if (change.about === 'credits') {
        const state = stateOf(change.row.account_id, change.row.product);
        state.credits.set(change.row.id, change.row);
        return { state };
      }
      if (!PRODUCTS.has(change.row.scope)) return undefined;
      const state = stateOf(change.row.account_id, change.row.scope);
      state.meter = change.row;
      return { state };
    },
  };
}

export function isOpen({ state }: PermitRow): boolean {
  return state === 'queued' || state === 'running';
}

/** What counts against the customer's budgets. */
function postedCost(event: EventRow | undefined): number {
  return event?.state === 'posted' ? (event.charged ?? event.cost) : 0;
}

/** The limits that a permit's feature takes. */
export function rulesOf(permit: Pick<PermitRow, 'product' | 'feature'>): [name: string, rule: Rule][] {
  const product = PRODUCTS.get(permit.product);
  const takes = product?.features[permit.feature];
  if (takes === undefined)
    throw new Error(`the oracle does not know what ${permit.product}.${permit.feature} takes`);
  return takes.flatMap((name): [string, Rule][] => {
    const rule = product?.limits[name];
    return rule === undefined ? [] : [[name, rule]];
  });
}

/** Where a limit's use is entered: by the window that an instant lies in. */
export function windowKey(name: string, rule: Rule, instant: number): string {
  return `${name}@${windowStart(rule.per, instant)}`;
}

/** The rules of the trade: failed work gives back quota and credits, never burst; money is reserved, then what calls cost. */
function sharesOf(
  permit: PermitRow,
  { cost, asked }: { readonly cost: number; readonly asked: number },
): [key: string, amount: number][] {
  const at = Date.parse(permit.created_at);
  return rulesOf(permit).flatMap(([name, rule]): [string, number][] => {
    const key = windowKey(name, rule, at);
    if (rule.kind === 'quota' || rule.kind === 'credits') {
      return permit.state === 'voided' ? [] : [[key, permit.units]];
    }
    if (rule.kind === 'burst') return [[key, asked]];
    if (rule.kind === 'budget') return [[key, isOpen(permit) ? permit.reserve : cost]];
    return [];
  });
}
