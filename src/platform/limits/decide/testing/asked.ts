import type { Database } from '#platform/db';
import { statement } from '#platform/db';
import type { AccountId, HolderId, KeyId, PermitId, UsageEventId, UserId } from '#platform/kernel';
import { micros } from '#platform/kernel';
import { type Asked, batchOf } from '../../batch.ts';
import type { CompiledFeature } from '../../features.ts';
import { stateOf, stateStatement } from '../read.ts';
import type { Request } from '../state.ts';

/** Of whom a batch of one account and product is asked. */
export interface Of {
  readonly accountId: AccountId;
  readonly product: string;
  readonly holder: HolderId;
}

export async function readFresh(db: Database, of: Of, requests: readonly Request[]) {
  const wanted = { ...of, requests };
  const [[row]] = await db.system('limits.admission', [stateStatement(wanted)]);
  if (row === undefined) throw new Error('there is no state');
  return stateOf(row, wanted);
}

/** A request as admission's own way to the database has it. */
export function askedOf({ accountId, product }: Of, request: Request): Asked {
  const { key } = request;
  const call = {
    provider: request.provider,
    model: 'small',
    priceVersion: '2026-11-20',
    reserve: micros(request.reserve),
  };
  return {
    permit: request.permitId as PermitId,
    event: request.eventId as UsageEventId,
    keyed: key && {
      name: { owner: { account: accountId }, route: key.route, keyHash: key.keyHash },
      request: key.bodyHash,
      key: 'as it was sent',
    },
    request: {
      accountId,
      product,
      userId: request.userId as UserId,
      keyId: request.keyId as KeyId | undefined,
      sessionId: request.sessionId,
      feature: request.feature,
      units: request.units,
      call,
      leastReserve: request.least,
      subject: request.subject,
      as: request.state === 'queued' ? 'job' : 'inline',
      needs: request.needs,
      requestId: request.requestId,
    },
  };
}

export interface Row {
  readonly granted: number | null;
  readonly answer: Readonly<Record<string, unknown>> | null;
}

const ADMIT = `select granted, answer from limits.admit($1::uuid[], $2::text[], $3::limits.feature[], $4::accounts.spender[],
  $5::limits.run[], $6::limits.request[], $7::uuid, $8::boolean, $9::boolean)`;

/** Asks the PL/pgSQL, as admission does: a known key undoes a batch, which comes again with the look-up. */
export async function admitBatch(
  db: Database,
  of: Of & { readonly features: ReadonlyMap<string, CompiledFeature> },
  requests: readonly Request[],
): Promise<Row[]> {
  const asked = requests.map((request) => askedOf(of, request));
  const { values } = batchOf(asked, of.features, { holder: of.holder, wait: true });
  try {
    return await db.asMigrator(statement<Row>(ADMIT, [...values, false]));
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('keys_pkey')) throw error;
    return db.asMigrator(statement<Row>(ADMIT, [...values, true]));
  }
}
