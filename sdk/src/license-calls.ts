import type { BodyOf, Caller, CallOptions, QueryOf } from './calls.ts';

export type Licenses = ReturnType<typeof licenseCalls>;

/**
 * Licences, one call each. A program that runs under a licence takes `createLicenseClient` of `@plinth/sdk/licenses` instead,
 * which keeps a seat while it runs.
 */
export function licenseCalls(caller: Caller) {
  const { call } = caller;
  return {
    list: (query: QueryOf<'GET /v1/licenses'> = {}, options?: CallOptions) =>
      call('GET /v1/licenses', { query }, options),
    /** With its key, for owners and admins. */
    get: (id: string, options?: CallOptions) => call('GET /v1/licenses/{id}', { params: { id } }, options),
    /** Read the status of a licence by its key. */
    status: (key: string, options?: CallOptions) =>
      call('GET /v1/licenses/{key}/status', { params: { key } }, options),
    /** The signed licence file; as JSON it is what `verifyLicenseFile` takes. */
    download: (id: string, options?: CallOptions) =>
      call('GET /v1/licenses/{id}/download', { params: { id } }, options),
    /** Whether a key is good; one that is unknown is answered like one that is not. */
    validate: (body: BodyOf<'POST /v1/licenses/validate'>, options?: CallOptions) =>
      call('POST /v1/licenses/validate', { body }, options),
    /** Answers the store's page; the licence is there seconds after the payment. */
    checkout: (body: BodyOf<'POST /v1/checkout/session'>, options?: CallOptions) =>
      call('POST /v1/checkout/session', { body }, options),
    ...machineCalls(caller),
    ...seatCalls(caller),
  };
}

function machineCalls({ call }: Caller) {
  return {
    machines: (id: string, options?: CallOptions) =>
      call('GET /v1/licenses/{id}/machines', { params: { id } }, options),
    activate: (body: BodyOf<'POST /v1/licenses/activate'>, options?: CallOptions) =>
      call('POST /v1/licenses/activate', { body }, options),
    deactivate: (body: BodyOf<'POST /v1/licenses/deactivate'>, options?: CallOptions) =>
      call('POST /v1/licenses/deactivate', { body }, options),
  };
}

function seatCalls({ call }: Caller) {
  return {
    /** Takes a seat for a machine, with a new session each time: the one before is over. */
    acquire: (body: BodyOf<'POST /v1/licenses/acquire'>, options?: CallOptions) =>
      call('POST /v1/licenses/acquire', { body }, options),
    /** Keeps it. Go on with the token that is answered. */
    heartbeat: (id: string, token: string, options?: CallOptions) =>
      call(
        'PATCH /v1/licenses/sessions/{id}/heartbeat',
        { params: { id }, body: { signed_token: token } },
        options,
      ),
    /** Keeps it for longer work without the server. */
    borrow: (body: BodyOf<'POST /v1/licenses/borrow'>, options?: CallOptions) =>
      call('POST /v1/licenses/borrow', { body }, options),
    release: (body: BodyOf<'POST /v1/licenses/release'>, options?: CallOptions) =>
      call('POST /v1/licenses/release', { body }, options),
    /** The sessions of a licence, by its key or id, newest first. */
    sessions: (key: string, query: QueryOf<'GET /v1/licenses/{key}/sessions'> = {}, options?: CallOptions) =>
      call('GET /v1/licenses/{key}/sessions', { params: { key }, query }, options),
    /** Who holds the seats of a licence now. */
    seats: (id: string, options?: CallOptions) =>
      call('GET /v1/licenses/{id}/seats', { params: { id } }, options),
    /** Ends the seat of a machine; its program hears of it with its next heartbeat. */
    endSeat: (id: string, machine: string, options?: CallOptions) =>
      call('DELETE /v1/licenses/{id}/seats/{machine}', { params: { id, machine } }, options),
  };
}
