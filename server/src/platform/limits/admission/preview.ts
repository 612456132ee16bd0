import type { Database } from '#platform/db';
import type { HolderId, Ids, Micros } from '#platform/kernel';
import { assertFeature, toNotGranted, type NotGranted } from './admission.ts';
import { preview } from '../decide/decide.ts';
import { stateOf, stateStatement } from '../decide/read.ts';
import type { FeatureRules, Request } from '../decide/state.ts';
import type { CompiledFeature } from '../features.ts';
import type { AdmitRequest } from '../permit.ts';
import type { AdmissionItem } from '../batch.ts';

/** The answer that a request would get now; if granted, with its reserve. */
export type Preview = { readonly kind: 'granted'; readonly reserve: Micros } | NotGranted;

export interface PreviewParts {
  readonly db: Database;
  readonly ids: Ids;
  readonly holder: HolderId;
  readonly features: ReadonlyMap<string, CompiledFeature>;
  /** The same as `decide` reads them. */
  readonly rules: ReadonlyMap<string, FeatureRules>;
}

/** Decides as admission would, on the database's state at this instant, and writes nothing: the next request may take the room. */
export function createPreview({ db, ids, holder, features, rules }: PreviewParts) {
  return async (asked: Omit<AdmitRequest, 'idempotency'>): Promise<Preview> => {
    assertFeature(features, asked);
    const { accountId, product, feature, call, leastReserve = call.reserve } = asked;
    const of = rules.get(`${product}.${feature}`);
    if (of === undefined) throw new Error(`no such feature: ${product}.${feature}`);
    const made = requestOf({ request: asked, permit: ids.next(), event: ids.next() }, of);
    const request = { ...made, least: Math.min(leastReserve, call.reserve) };
    const wanted = { accountId, product, holder, requests: [request] };
    const [[row]] = await db.system('limits.admission', [stateStatement(wanted)]);
    if (row === undefined) throw new Error('an account has no state');
    const { state, bounds } = stateOf(row, wanted);
    const answer = preview(state, request, bounds);
    return answer.kind === 'granted'
      ? { kind: 'granted', reserve: answer.reserve as Micros }
      : toNotGranted({ ...answer });
  };
}

/** A request as `decide` takes it, without a key. */
function requestOf({ request, permit, event }: Omit<AdmissionItem, 'keyed'>, rules: FeatureRules): Request {
  const { userId, keyId, sessionId, feature, units = 1, subject, needs, requestId, call, as } = request;
  const { reserve, provider } = call;
  const state = as === 'job' ? 'queued' : 'running';
  const who = { permitId: permit, eventId: event, userId, keyId, sessionId };
  const what = { feature, rules, units, reserve, least: reserve, state, subject, provider, needs } as const;
  return { ...who, ...what, requestId };
}
