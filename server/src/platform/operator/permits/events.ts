import { commitPoint } from '#platform/db';
import type { Backend } from '#platform/entitlements';
import { AppError } from '#platform/kernel';
import type { ReportedUse } from '#platform/limits';
import { backendOf, type By, openFeature, recordBehalf, type Use } from './open-feature.ts';
import { type ReportedCost, usageOf } from './pricing.ts';
import type { PermitsParts } from './service.ts';

const REPORTED = commitPoint('permits.reported', 'what was metered elsewhere, and the windows that it fills');

/** Something that was metered elsewhere, as a backend tells it. */
export interface ReportedEvent extends Use, ReportedCost {
  readonly id: string;
  readonly units?: number | undefined;
  readonly at?: string | undefined;
}

/** Result for one event of a report. */
export interface EventAnswer {
  readonly id: string;
  readonly status: 'posted' | 'duplicate' | 'refused';
  readonly error?: { readonly code: string; readonly message: string };
}

export type Report = (events: readonly ReportedEvent[], by: By) => Promise<EventAnswer[]>;

/** Writes events down, all that can be, in one commit: one that is refused holds up no other. */
export function createReport({ db, limits, entitlements, prices, audit }: PermitsParts): Report {
  function read(event: ReportedEvent, backend: Backend): ReportedUse | EventAnswer {
    try {
      openFeature(entitlements.catalogues, event, backend);
      const { id, product, feature, units = 1, at, subject } = event;
      const usage = usageOf(prices, event);
      return { id, product, feature, units, at: instant(at), subject, usage };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return refusedAnswer(event.id, error);
    }
  }

  return async (events, by) => {
    const backend = backendOf(by.caller);
    const uses = events.map((event) => read(event, backend));
    const good = uses.filter((use) => 'usage' in use);
    if (good.length === 0) return uses.filter((use) => 'status' in use);
    const reporter = { ...by.spender, backend, requestId: by.origin.requestId };
    const statuses = await db.tenant(by.accountId, REPORTED, async (tx) => {
      const changes = { events: good.length };
      await recordBehalf(audit, tx, { ...by, action: 'usage.reported', changes });
      return tx.run(limits.reporting(reporter, good));
    });
    const became = new Map(good.map((use, place) => [use, statuses[place]?.status]));
    return uses.map((use) => ('status' in use ? use : answerOf(use.id, became.get(use))));
  };
}

/** RFC 3339 has offsets and years that the database does not know; here they are instants in UTC, since 1970 and before 3000. */
function instant(at: string | undefined): string | undefined {
  if (at === undefined) return undefined;
  return new Date(Math.min(Math.max(Date.parse(at), 0), Date.UTC(3000, 0))).toISOString();
}

function answerOf(id: string, status: 'posted' | 'duplicate' | 'mismatch' | undefined): EventAnswer {
  if (status === 'posted' || status === 'duplicate') return { id, status };
  return refusedAnswer(
    id,
    new AppError('conflict', { message: 'This id was reported before, of something else.' }),
  );
}

function refusedAnswer(id: string, { code, message, details }: AppError): EventAnswer {
  // An item has no details: the field stands in the sentence, as where items are not read at all.
  const [issue] = (details?.['issues'] ?? []) as readonly {
    readonly path: string;
    readonly message: string;
  }[];
  const said = issue === undefined ? message : `${issue.path.replace('body.', '')}: ${issue.message}`;
  return { id, status: 'refused', error: { code, message: said } };
}
