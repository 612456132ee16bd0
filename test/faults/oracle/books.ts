import type { Change, CreditsRow, EventRow, MeterRow, PermitRow } from './facts.ts';
import { PRODUCTS, type Rule, windowStart } from './products.ts';

/** All that is known of one account in one product while the trace is read. */
export interface Book {
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
interface Entered {
  readonly book: Book;
  readonly admitted?: PermitRow;
  /** Open, and its reserve grew. */
  readonly extended?: PermitRow;
}

/** The books of all accounts, kept from the trace alone. */
export interface Books {
  enter(change: Change): Entered | undefined;
  of(account: string, product: string): Book;
  all(): Iterable<Book>;
}

export function openBooks(): Books {
  const books = new Map<string, Book>();
  const events = new Map<string, EventRow>();
  const costs = new Map<string, number>();

  function of(account: string, product: string): Book {
    const name = `${account} ${product}`;
    const known = books.get(name);
    if (known !== undefined) return known;
    const book: Book = {
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
    books.set(name, book);
    return book;
  }

  /** What a permit takes of each window of its feature's limits. */
  function count(book: Book, permit: PermitRow, sign: 1 | -1): void {
    const known = { cost: costs.get(permit.id) ?? 0, asked: book.asked.get(permit.id) ?? permit.units };
    for (const [key, amount] of sharesOf(permit, known)) {
      book.used.set(key, (book.used.get(key) ?? 0) + sign * amount);
    }
  }

  function enterPermit(permit: PermitRow): Entered {
    const book = of(permit.account_id, permit.product);
    const before = book.permits.get(permit.id);
    if (before === undefined) {
      book.asked.set(permit.id, permit.units);
      book.admissions.push({ at: Date.parse(permit.created_at), permit });
    } else count(book, before, -1);
    book.permits.set(permit.id, permit);
    if (isOpen(permit)) book.open.set(permit.id, permit);
    else book.open.delete(permit.id);
    count(book, permit, 1);
    // Usage that was metered elsewhere has happened, and comes closed: no limit was asked.
    if (before === undefined) return isOpen(permit) ? { book, admitted: permit } : { book };
    return permit.reserve > before.reserve && isOpen(permit) ? { book, extended: permit } : { book };
  }

  function enterEvent(event: EventRow): Entered {
    const book = of(event.account_id, event.product);
    const before = postedCost(events.get(event.id));
    events.set(event.id, event);
    const permit = book.permits.get(event.permit_id);
    if (permit !== undefined) count(book, permit, -1);
    costs.set(event.permit_id, (costs.get(event.permit_id) ?? 0) + postedCost(event) - before);
    if (permit !== undefined) count(book, permit, 1);
    return { book };
  }

  return {
    of,
    all: () => books.values(),
    enter(change) {
      if (change.about === 'permits') return enterPermit(change.row);
      if (change.about === 'usage_events') return enterEvent(change.row);
      if (change.about === 'credits') {
        const book = of(change.row.account_id, change.row.product);
        book.credits.set(change.row.id, change.row);
        return { book };
      }
      if (!PRODUCTS.has(change.row.scope)) return undefined;
      const book = of(change.row.account_id, change.row.scope);
      book.meter = change.row;
      return { book };
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
