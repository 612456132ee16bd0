import type { Catalogue, Grants } from './catalogue.ts';

/** Where a grant comes from. Stores join this list with their first subscription. */
export const GRANT_SOURCES = ['admin', 'owner', 'import'] as const;
export type GrantSource = (typeof GRANT_SOURCES)[number];

/** The part of a grant that decides what is in effect when. Exactly one of `plan` and `addOn` is there. */
export interface TimedGrant {
  readonly id: string;
  readonly plan: string | null;
  readonly addOn: string | null;
  readonly source: GrantSource;
  readonly startsAt: Date;
  /** An exact end; null: it has none, or `days` say how long it lasts. */
  readonly endsAt: Date | null;
  /** An add-on bought for some days, which begin when those bought before are over. */
  readonly days: number | null;
  readonly revokedAt: Date | null;
}

/** What an account may do in a product from one instant until another. In the names and form that SQL and JSON have. */
export interface Segment {
  readonly from: string;
  /** The first instant that it is not in effect; null: for ever. */
  readonly until: string | null;
  /** `reel.pro`; null: the account has no plan, and `grants` is empty. */
  readonly plan: string | null;
  readonly add_ons: readonly string[];
  /** Of the grant that decides the plan. */
  readonly source: GrantSource | 'default' | null;
  readonly grants: Grants;
}

/** Where every timeline begins, so that any instant lies in exactly one segment. */
const ORIGIN = 0;
const DAY = 86_400_000;

/**
 * What an account's grants amount to, from the first instant to the last, without gaps. The same for any order of the
 * grants, so that a store's events may come in any.
 *
 * The plan of the highest rank is in effect. An add-on lifts it to at least its own plan while it lasts, also where
 * nothing lies beneath: a customer whose plan lapses keeps the boost that they paid for. (Whether one may be bought
 * without a plan is the shop's question.) Grants of plans and add-ons that the catalogue no longer has give nothing.
 */
export function timelineOf(catalogue: Catalogue, grants: readonly TimedGrant[]): Segment[] {
  const ordered = [...grants].sort(
    (a, b) => a.startsAt.getTime() - b.startsAt.getTime() || (a.id < b.id ? -1 : 1),
  );
  const spans = [...planSpans(ordered), ...addOnSpans(ordered)].filter(({ from, until }) => from < until);
  const bounds = new Set([ORIGIN]);
  for (const { from, until } of spans) {
    if (from > ORIGIN) bounds.add(from);
    if (until > ORIGIN && Number.isFinite(until)) bounds.add(until);
  }
  const timeline: Segment[] = [];
  for (const at of [...bounds].sort((a, b) => a - b)) {
    const effective = effectiveOf(
      catalogue,
      spans.filter(({ from, until }) => from <= at && at < until),
    );
    const last = timeline.pop();
    const from = new Date(at).toISOString();
    if (last !== undefined && isSame(last, effective)) timeline.push(last);
    else
      timeline.push(...(last === undefined ? [] : [{ ...last, until: from }]), {
        from,
        until: null,
        ...effective,
      });
  }
  return timeline;
}

/** The segment that an instant lies in. */
export function segmentAt(timeline: readonly Segment[], at: Date): Segment {
  const segment = timeline.findLast(({ from }) => Date.parse(from) <= at.getTime()) ?? timeline[0];
  if (segment === undefined) throw new Error('a timeline without a segment');
  return segment;
}

/** Until when something that holds at an instant goes on holding without a break; null: for ever. */
export function lastsUntil(
  timeline: readonly Segment[],
  at: Date,
  holds: (segment: Segment) => boolean,
): string | null {
  const now = timeline.indexOf(segmentAt(timeline, at));
  const end = timeline.slice(now).find((segment) => !holds(segment));
  return end?.from ?? null;
}

interface Span {
  readonly grant: TimedGrant;
  readonly from: number;
  readonly until: number;
}

function planSpans(ordered: readonly TimedGrant[]): Span[] {
  return ordered
    .filter(({ plan }) => plan !== null)
    .map((grant) => ({
      grant,
      from: grant.startsAt.getTime(),
      until: Math.min(timeOf(grant.endsAt), timeOf(grant.revokedAt)),
    }));
}

/**
 * Bought days begin when everything of the same add-on that began before is over. What was revoked before its days
 * began takes no time, so that a refund of the first purchase brings the second one forward.
 */
function addOnSpans(ordered: readonly TimedGrant[]): Span[] {
  const over = new Map<string, number>();
  const spans: Span[] = [];
  for (const grant of ordered) {
    if (grant.addOn === null) continue;
    const before = over.get(grant.addOn) ?? Number.NEGATIVE_INFINITY;
    const starts = grant.startsAt.getTime();
    const from = grant.days === null ? starts : Math.max(starts, before);
    const end = grant.days === null ? timeOf(grant.endsAt) : from + grant.days * DAY;
    const until = Math.min(end, timeOf(grant.revokedAt));
    over.set(grant.addOn, Math.max(before, until));
    spans.push({ grant, from, until });
  }
  return spans;
}

function timeOf(end: Date | null): number {
  return end?.getTime() ?? Number.POSITIVE_INFINITY;
}

type Effective = Omit<Segment, 'from' | 'until'>;

function effectiveOf(catalogue: Catalogue, active: readonly Span[]): Effective {
  let name = catalogue.defaultPlan;
  let source: Segment['source'] = name === undefined ? null : 'default';
  const addOns = new Set<string>();
  let rank = (name === undefined ? undefined : catalogue.plans[name]?.rank) ?? Number.NEGATIVE_INFINITY;
  for (const { grant } of active) {
    if (grant.addOn !== null && !(grant.addOn in catalogue.addOns)) continue;
    if (grant.addOn !== null) addOns.add(`${catalogue.product}.${grant.addOn}`);
    const plan = grant.addOn === null ? grant.plan : catalogue.addOns[grant.addOn]?.lifts;
    const granted = plan === null || plan === undefined ? undefined : catalogue.plans[plan];
    if (plan === null || plan === undefined || granted === undefined) continue;
    // Of equal plans the first is named as the source, but a default never stands in front of a grant.
    if (granted.rank < rank || (granted.rank === rank && source !== 'default')) continue;
    ({ rank } = granted);
    name = plan;
    ({ source } = grant);
  }
  const grants = name === undefined ? {} : (catalogue.plans[name]?.grants ?? {});
  const plan = name === undefined ? null : `${catalogue.product}.${name}`;
  return { plan, add_ons: [...addOns].sort(), source, grants };
}

function isSame(a: Effective, b: Effective): boolean {
  return a.plan === b.plan && a.source === b.source && a.add_ons.join() === b.add_ons.join();
}
