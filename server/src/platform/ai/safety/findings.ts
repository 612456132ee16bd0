import { commitPoint, type Database, statement } from '#platform/db';
import type { SafetyKind, SafetyStatus } from '#platform/http';
import type { AccountId, Ids, UserId } from '#platform/kernel';
import { createRetryQueue, type Permit, type StoredAnswer } from '#platform/limits';
import type { AiLogger } from '../ports.ts';
import { readSafetyFigures, type SafetyFigures, type SafetyQuestion } from './figures.ts';

const RECORDED = commitPoint(
  'ai.safety-recorded',
  'that something was found in what a person wrote, or a model replied: status, kinds and rules',
);
const PRUNED = commitPoint('ai.safety-pruned', 'old safety events, deleted');
const REFUSED = commitPoint(
  'ai.safety-refused',
  'a permit given back because the moderation flagged a text, and the answer kept under its Idempotency-Key',
);

/** Milliseconds that a process which ends waits for a database that is away. */
const LAST_WORDS = 5_000;

/** A finding as it is stored: without the text. */
export interface SafetyFinding {
  readonly source: 'precheck' | 'moderation' | 'reply' | 'moderation_failed';
  readonly status: SafetyStatus;
  readonly kinds: readonly SafetyKind[];
  readonly rules: readonly string[];
  readonly product: string;
  /** The route of the call: `POST /v1/turns`. */
  readonly route: string;
  readonly requestId?: string | undefined;
  readonly accountId: AccountId;
  readonly userId: UserId;
  /** Tells a call from its repeats under the same Idempotency-Key. */
  readonly repeatOf?: string | undefined;
}

/** The metrics of the safety part. */
export interface SafetyMetrics {
  safetyFinding(product: string, status: SafetyStatus, source: SafetyFinding['source']): void;
  moderation(outcome: 'passed' | 'flagged' | 'failed' | 'skipped'): void;
}

/** Where findings are kept. */
export interface Findings {
  /** Returns at once. It is written when the database is there; what a process that is killed had not written is lost. */
  record(finding: SafetyFinding): void;
  /** Gives a permit back that nothing was called under, and keeps what is answered for repeats. */
  refuse(permit: Permit, answer: StoredAnswer): Promise<void>;
  /** Counts of all people's events. */
  figures(question: SafetyQuestion): Promise<SafetyFigures>;
  /** Deletes what is older than a year. */
  prune(): Promise<number>;
  /** When all that was recorded is written. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface FindingsParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly logger: AiLogger;
  readonly metrics: SafetyMetrics;
}

export function createFindings({ db, ids, logger, metrics }: FindingsParts): Findings {
  const retries = createRetryQueue((facts, why) => logger.warn({ ...facts, why }, 'a safety event was lost'));
  const writing = new Set<Promise<void>>();

  async function write(id: string, finding: SafetyFinding): Promise<void> {
    const tell = () => db.user(finding.userId, RECORDED, [insertFinding(id, finding)]);
    try {
      await tell();
    } catch {
      retries.add({ safety_event_id: id }, tell);
    }
  }

  async function idle(): Promise<void> {
    await Promise.all(writing);
    await retries.finish(LAST_WORDS);
  }

  return {
    record(finding) {
      metrics.safetyFinding(finding.product, finding.status, finding.source);
      const written: Promise<void> = write(ids.next(), finding).finally(() => writing.delete(written));
      writing.add(written);
    },
    async refuse(permit, answer) {
      const steps = permit.releasingWith('flagged by moderation', answer);
      await db.tenant(permit.accountId, REFUSED, steps);
    },
    figures: (question) => readSafetyFigures(db, question),
    async prune() {
      const [rows] = await db.system('ai.safety', PRUNED, [deleteOld]);
      return rows.length;
    },
    idle,
    close: idle,
  };
}

const insertFinding = (id: string, finding: SafetyFinding) =>
  statement(
    `insert into ai.safety_events (id, account_id, user_id, product, route, source, status, kinds, rules, request_id, repeat_of)
     values ($1, $2, $3, $4, $5, $6, $7, $8::text[], $9::text[], $10, $11) on conflict do nothing`,
    [
      id,
      finding.accountId,
      finding.userId,
      finding.product,
      finding.route,
      finding.source,
      finding.status,
      finding.kinds,
      finding.rules,
      finding.requestId ?? null,
      finding.repeatOf ?? null,
    ],
  );

const deleteOld = statement(
  `delete from ai.safety_events where created_at < app.now() - interval '365 days' returning id`,
);
