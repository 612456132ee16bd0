import type { BodyOf, Caller, CallOptions, QueryOf, ReplyOf } from './calls.ts';
import {
  type PermitParts,
  runWithPermit,
  type PermitWork,
  type WithPermit,
  type WorkOptions,
} from './with-permit.ts';

export type { PermitParts, PermitWork, Spent, WithPermit } from './with-permit.ts';

/** Something that was metered elsewhere. Without an id it gets one here: give it yours, and it counts once for ever. */
export type UsageEvent = Omit<BodyOf<'POST /v1/usage-events'>['events'][number], 'id'> & {
  readonly id?: string;
};
export type UsageOutcome = ReplyOf<'POST /v1/usage-events'>['data'][number];

/** The most that one call takes. */
const BATCH = 1_000;

export type Permits = ReturnType<typeof permitCalls>;

/** Limits and the ledger for work that is done elsewhere. */
export function permitCalls(caller: Caller, parts: PermitParts) {
  const { call } = caller;
  return {
    permits: {
      /** Asks for a permit. A denial throws LimitExceeded or PlanRequired, and charges nothing. */
      take: (body: BodyOf<'POST /v1/permits'>, options?: CallOptions) =>
        call('POST /v1/permits', { body }, options),
      /** Whether one would be given now, and why not. Nothing is charged. */
      preview: (query: QueryOf<'GET /v1/permits/preview'>, options?: CallOptions) =>
        call('GET /v1/permits/preview', { query }, options),
      get: (id: string, options?: CallOptions) => call('GET /v1/permits/{id}', { params: { id } }, options),
      /** Says what was really used. The rest of what was reserved is free again. */
      settle: (id: string, body: BodyOf<'POST /v1/permits/{id}/settle'> = {}, options?: CallOptions) =>
        call('POST /v1/permits/{id}/settle', { params: { id }, body }, options),
      /** Gives a permit back: nothing was done under it. */
      release: (id: string, body: BodyOf<'POST /v1/permits/{id}/release'> = {}, options?: CallOptions) =>
        call('POST /v1/permits/{id}/release', { params: { id }, body }, options),
      /** Lets a permit live longer, or reserves more money under it. */
      extend: (id: string, body: BodyOf<'POST /v1/permits/{id}/extend'> = {}, options?: CallOptions) =>
        call('POST /v1/permits/{id}/extend', { params: { id }, body }, options),
    },

    /**
     * Does work under a permit: takes it, keeps it alive while the work runs, settles it when that is done and releases it
     * when that fails. A denial throws LimitExceeded or PlanRequired, and the work is not begun.
     */
    withPermit: <T>(request: WithPermit, work: (permit: PermitWork) => Promise<T>, options?: WorkOptions) =>
      runWithPermit(caller, parts, { request, work, options }),

    /** Records what has happened already, past limits too, and closes those that it passes. */
    async usageEvents(
      events: readonly UsageEvent[],
      options?: CallOptions,
    ): Promise<readonly UsageOutcome[]> {
      const named = events.map((event) => ({ ...event, id: event.id ?? crypto.randomUUID() }));
      const outcomes: UsageOutcome[] = [];
      for (let at = 0; at < named.length; at += BATCH) {
        const body = { events: named.slice(at, at + BATCH) };
        outcomes.push(...(await call('POST /v1/usage-events', { body }, options)).data);
      }
      return outcomes;
    },
  };
}
