import type { Catalogue, Grants } from './catalogue.ts';
import { effectiveOf, isSame } from './effective.ts';
import type { PlanTerms } from './terms.ts';

/** Where customers pay. */
export const PROVIDER_SOURCES = ['stripe', 'app_store', 'google_play'] as const;
export type ProviderSource = (typeof PROVIDER_SOURCES)[number];

export function isProvider(source: GrantSource): source is ProviderSource {
  return (PROVIDER_SOURCES as readonly GrantSource[]).includes(source);
}

/** Where a grant comes from. */
export const GRANT_SOURCES = ['admin', 'owner', 'import', ...PROVIDER_SOURCES] as const;
export type GrantSource = (typeof GRANT_SOURCES)[number];

/** The part of a grant that decides what is in effect when. Exactly one of `plan` and `addOn` is there. */
export interface TimedGrant {
  readonly id: string;
  /** As its provider calls it. */
  readonly externalId: string | null;
  readonly plan: string | null;
  readonly addOn: string | null;
  readonly source: GrantSource;
  /** How many of a plan that is sold by the piece; else 1. */
  readonly quantity: number;
  readonly startsAt: Date;
  /** An exact end; null: it has none, or `days` say how long it lasts. */
  readonly endsAt: Date | null;
  /** An add-on bought for some days, which begin when those bought before are over. */
  readonly days: number | null;
  readonly revokedAt: Date | null;
  /** From when on its provider bills units past its limits; null: from its beginning. */
  readonly meteredFrom: Date | null;
  /** The terms at which its plan was sold, which it keeps; null: those that the plan has now. */
  readonly terms: PlanTerms | null;
  /** Sizes and options that the account has by agreement, in place of the plan's; null: none. */
  readonly overrides: Grants | null;
}

/** An account's rights in a product from one instant until another. In the names and form that SQL and JSON have. */
export interface Segment {
  readonly from: string;
  /** The first instant that it is not in effect; null: for ever. */
  readonly until: string | null;
  /** `reel.pro`; null: the account has no plan, and `grants` is empty. */
  readonly plan: string | null;
  readonly add_ons: readonly string[];
  /** Source of the grant that decides the plan. */
  readonly source: GrantSource | 'default' | null;
  /** Number of seats, where the plan is sold by seats. */
  readonly quantity?: number;
  /** Units past the plan's own size that are allowed, by limit that may be passed. They are in `grants`. */
  readonly overage?: Readonly<Record<string, number>>;
  readonly grants: Grants;
}

/** How many units past each limit an account allows. */
export type Allowances = Readonly<Record<string, number>>;

/** Where every timeline begins, so that any instant lies in exactly one segment. */
const ORIGIN = 0;
const DAY = 86_400_000;

/**
 * The sum of an account's grants, from the first instant to the last, without gaps. The same for any order of the
 * grants, so that a payment provider's events may come in any.
 *
 * The plan of the highest rank is in effect. An add-on lifts it to at least its own plan while it lasts, also where
 * nothing lies beneath: a customer whose plan lapses keeps the boost that they paid for. (Whether one may be bought
 * without a plan is the shop's question.) Grants of plans and add-ons that the catalogue no longer has give nothing.
 */
export function timelineOf(
  catalogue: Catalogue,
  grants: readonly TimedGrant[],
  allowances: Allowances = {},
): Segment[] {
  const spans = spansOf(grants);
  const bounds = new Set([ORIGIN]);
  for (const { from, until, meteredFrom } of spans) {
    for (const bound of [from, until, meteredFrom])
      if (bound > ORIGIN && Number.isFinite(bound)) bounds.add(bound);
  }
  const timeline: Segment[] = [];
  for (const at of [...bounds].sort((a, b) => a - b)) {
    const effective = effectiveOf(
      catalogue,
      spans.flatMap(({ from, until, meteredFrom, grant }) =>
        from <= at && at < until ? [{ ...grant, billsPast: meteredFrom <= at }] : [],
      ),
      allowances,
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

type Timed = Omit<Span, 'meteredFrom'>;

interface Span {
  readonly grant: TimedGrant;
  readonly from: number;
  readonly until: number;
  readonly meteredFrom: number;
}

function spansOf(grants: readonly TimedGrant[]): Span[] {
  const ordered = [...grants].sort(
    (a, b) => a.startsAt.getTime() - b.startsAt.getTime() || (nameOf(a) < nameOf(b) ? -1 : 1),
  );
  return [...planSpans(ordered), ...addOnSpans(ordered)]
    .filter(({ from, until }) => from < until)
    .map((span) => ({ ...span, meteredFrom: meteredSince(span) }));
}

/** Within the time that it is in effect. */
function meteredSince({ grant: { meteredFrom: at }, from, until }: Timed): number {
  return Math.min(Math.max(at?.getTime() ?? from, from), until);
}

/** The grants of a product that run at an instant, each with its end; null: it has none. */
export function runningAt<Of extends TimedGrant>(
  grants: readonly Of[],
  at: Date,
): { readonly grant: Of; readonly until: Date | null }[] {
  const time = at.getTime();
  const running = new Map(
    spansOf(grants).flatMap(({ grant, from, until }) =>
      from <= time && time < until ? [[grant.id, until]] : [],
    ),
  );
  return grants.flatMap((grant) => {
    const until = running.get(grant.id);
    return until === undefined ? [] : [{ grant, until: Number.isFinite(until) ? new Date(until) : null }];
  });
}

/** Each add-on with the time that it is had, the newest first; null: it never was, as where its money went back before its days began. */
export function addOnTimes<Of extends TimedGrant & { readonly product: string }>(
  grants: readonly Of[],
): { readonly grant: Of; readonly from: Date | null; readonly until: Date | null }[] {
  const spans = new Map(
    [...Map.groupBy(grants, ({ product }) => product).values()].flatMap((of) =>
      spansOf(of).map((span) => [span.grant.id, span] as const),
    ),
  );
  const begins = ({ id }: TimedGrant) => spans.get(id)?.from ?? 0;
  return grants
    .toSorted(
      (a, b) =>
        b.startsAt.getTime() - a.startsAt.getTime() ||
        begins(b) - begins(a) ||
        (nameOf(a) < nameOf(b) ? 1 : -1),
    )
    .map((grant) => ({
      grant,
      from: toDate(spans.get(grant.id)?.from),
      until: toDate(spans.get(grant.id)?.until),
    }));
}

/** The part of an add-on's days that is over at an instant, between 0 and 1; undefined: it has none. `grants`: all of its product. */
export function usedShareAt(grants: readonly TimedGrant[], id: string, at: Date): number | undefined {
  const span = spansOf(grants).find(({ grant }) => grant.id === id && grant.addOn !== null);
  if (span === undefined || !Number.isFinite(span.until)) return undefined;
  const { from, until } = span;
  return Math.min(1, Math.max(0, (at.getTime() - from) / (until - from)));
}

function planSpans(ordered: readonly TimedGrant[]): Timed[] {
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
function addOnSpans(ordered: readonly TimedGrant[]): Timed[] {
  const over = new Map<string, number>();
  const spans: Timed[] = [];
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

/** Tells grants of one instant apart, whichever of them we heard of first: our ids say when that was. */
function nameOf({ source, externalId, id }: TimedGrant): string {
  return `${source} ${externalId ?? id}`;
}

function timeOf(end: Date | null): number {
  return end?.getTime() ?? Number.POSITIVE_INFINITY;
}

function toDate(at: number | undefined): Date | null {
  return at === undefined || !Number.isFinite(at) ? null : new Date(at);
}
