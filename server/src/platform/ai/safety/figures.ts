import { type Database, type Statement, statement } from '#platform/db';

export interface SafetyQuestion {
  readonly product?: string | undefined;
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
}

/** Safety events of a day, of a product or of a kind: how many, and never of whom. */
export interface SafetySum {
  /** The day in UTC, as `2026-11-20`; the product's key; or the kind. */
  readonly name: string;
  /** Findings in texts of people, by status. */
  readonly crisis: number;
  readonly concern: number;
  readonly caution: number;
  /** Checks that were answered with words and helplines, in place of the product's answer or beside it. */
  readonly helplines: number;
  /** Checks of callers who had said that they are safe. */
  readonly said_safe: number;
  /** Replies of models, or parts of them, that were not fit to be shown. */
  readonly replies: number;
  /** Texts that the provider's moderation did not look at, because it did not answer. */
  readonly unmoderated: number;
}

/** The newest day first, then products and kinds by their names. A finding of two kinds counts in both. */
export interface SafetyFigures {
  readonly days: readonly SafetySum[];
  readonly products: readonly SafetySum[];
  readonly kinds: readonly SafetySum[];
}

/** The mark among the rules of a finding that a caller had said `X-I-Am-Safe: true`. */
export const SAID_SAFE = 'user.said_safe';

export async function readSafetyFigures(db: Database, question: SafetyQuestion): Promise<SafetyFigures> {
  const [rows] = await db.system('admin.safety', [addUp(question)]);
  const of = (group: SumRow['group']) =>
    rows.flatMap(({ group: own, ...sum }) => (own === group ? [sum] : []));
  return { days: of('day').toReversed(), products: of('product'), kinds: of('kind') };
}

interface SumRow extends SafetySum {
  readonly group: 'day' | 'product' | 'kind';
}

const addUp = ({ product, from, until }: SafetyQuestion): Statement<SumRow> =>
  statement<SumRow>(
    `select g."group", g.name, count(*) filter (where e.is_found and e.status = 'crisis')::integer as crisis,
       count(*) filter (where e.is_found and e.status = 'concern')::integer as concern,
       count(*) filter (where e.is_found and e.status = 'caution')::integer as caution,
       count(*) filter (where e.is_found and not (e.source = 'moderation' and e.said_safe))::integer as helplines,
       count(*) filter (where e.is_found and e.said_safe)::integer as said_safe,
       count(*) filter (where e.source = 'reply')::integer as replies,
       count(*) filter (where e.source = 'moderation_failed')::integer as unmoderated
     from (select created_at, product, source, status, kinds, source in ('precheck', 'moderation') as is_found, $4::text = any(rules) as said_safe
       from ai.safety_events
       where ($1::timestamptz is null or created_at >= $1) and ($2::timestamptz is null or created_at < $2) and ($3::text is null or product = $3)) as e
     cross join lateral (select 'day' as "group", to_char(e.created_at at time zone 'UTC', 'YYYY-MM-DD') as name
       union all select 'product', e.product
       union all select 'kind', kind from unnest(e.kinds) as kind where e.is_found) as g
     group by 1, 2 order by 1, 2`,
    [from ?? null, until ?? null, product ?? null, SAID_SAFE],
  );
