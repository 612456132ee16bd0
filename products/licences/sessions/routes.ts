import { answer, AppError, namedObject, pageOf, pageQuery, productRoutes, routeAlias } from 'plinth/product';
import { z } from 'zod';
import type { Licences } from '../service.ts';
import { sessionIdIn } from './tokens.ts';
import {
  acquiredReply,
  EXAMPLE,
  heldReply,
  seatsReply,
  sessionReply,
  shownAcquired,
  shownHeld,
  shownHolder,
  shownSession,
  TOKEN,
} from './replies.ts';

const route = productRoutes<Licences>();
const tag = 'Coditect seats';
/** From one address, before it is known whose call it is; what a licence may do grows with its seats. */
const flood = { perMinute: 6_000, by: 'ip' } as const;

const text = (longest: number) => z.string().min(1).max(longest);
const hardwareId = z.string().min(10).max(255);
const token = text(2_000);
const minutes = z.int().min(0).max(43_200);
const nonce = text(100)
  .optional()
  .describe('Is repeated in the token of the answer: by it a program knows the answer from an earlier one.');

const acquireBody = namedObject('LicenseAcquire', {
  license_key: text(100).optional().describe('Not needed by a user of the account.'),
  hardware_id: hardwareId.optional(),
  machine_id: hardwareId.optional().describe('The same as `hardware_id`.'),
  name: text(200).optional(),
  platform: text(100).optional(),
  user_agent: text(300).optional(),
  user_ip: text(45).optional(),
  app_version: text(100).optional(),
  offline_minutes: minutes
    .optional()
    .describe('How long the program should be able to work without the server.'),
  signed_token: token
    .optional()
    .describe('Of a session before on this machine: with it what that one handed out is given up.'),
  nonce,
}).refine(({ hardware_id: one, machine_id: other }) => (one === undefined) !== (other === undefined), {
  error: 'name either hardware_id or machine_id',
});

export const acquireSeat = route(
  'POST /v1/licenses/acquire',
  {
    tag,
    summary: 'Acquire a seat',
    description:
      'The same machine gets a new session each time, and the one before is over. A machine that was not activated is, where the licence has room. It takes no Idempotency-Key: on a repeated call the machine takes its own seat over.',
    auth: 'account_or_product_key',
    may: 'member',
    scope: 'coditect:use',
    productKey: ({ body }) => body.license_key,
    rate: flood,
    body: acquireBody,
    reply: { 201: acquiredReply },
    errors: [
      'license_key_malformed',
      'license_not_found',
      'license_suspended',
      'license_inactive',
      'machines_exhausted',
      'seats_exhausted',
      'limit_exceeded',
    ],
  },
  async ({ accountId, caller, origin, role, body }, { sessions, holders, licenses }) => {
    const { license_key: key, hardware_id: id = body.machine_id ?? '' } = body;
    // With a token and a key the key must be the account's.
    if (caller !== undefined && key !== undefined && (await licenses.byKey(key)).accountId !== accountId)
      throw new AppError('license_not_found');
    const acquired = await sessions.acquire(
      { accountId, caller, origin },
      {
        hardwareId: id,
        name: body.name,
        platform: body.platform,
        userAgent: body.user_agent,
        userIp: body.user_ip,
        appVersion: body.app_version,
        offlineMinutes: body.offline_minutes,
        former: body.signed_token,
        nonce: body.nonce,
      },
    );
    if (acquired.kind === 'acquired') return answer(201, shownAcquired(acquired));
    const isManager = role === 'owner' || role === 'admin';
    throw new AppError('seats_exhausted', {
      details: {
        current_seats_used: acquired.used,
        max_seats: acquired.max,
        resets_at: acquired.resetsAt,
        ...(isManager ? { held_by: (await holders.list(accountId)).map(shownHolder) } : {}),
      },
      ...(acquired.retryAfter === undefined ? {} : { retryAfter: acquired.retryAfter }),
    });
  },
);

const byToken = { tag, auth: 'none', rate: flood, idempotency: 'none' } as const;
const sessionId = z.string().optional().describe('Not needed: the token names it too.');
const named = namedObject('LicenseSessionToken', { session_id: sessionId, signed_token: token });
const beating = namedObject('LicenseSessionBeat', { session_id: sessionId, signed_token: token, nonce });
const over = [
  'token_invalid',
  'session_not_found',
  'session_expired',
  'seat_taken_over',
  'limit_exceeded',
] as const;
const suspended = ['license_suspended', 'license_inactive', 'license_not_found'] as const;

export const heartbeat = route(
  'PATCH /v1/licenses/sessions/:id/heartbeat',
  {
    ...byToken,
    operation: 'renewLicenseSession',
    summary: 'Renew a seat (heartbeat)',
    description:
      'Answered when it is written down: it survives a crash of the server. Told again it changes nothing.',
    body: namedObject('LicenseToken', { signed_token: token, nonce }),
    reply: { 200: heldReply },
    errors: [...over, ...suspended],
    aliases: [
      routeAlias('POST /v1/licenses/heartbeat', {
        body: beating,
        becomes: ({ body: { session_id: id, ...body } }) => ({
          params: { id: id ?? sessionIdIn(body.signed_token) },
          body,
        }),
        example: { body: { session_id: EXAMPLE.id, signed_token: TOKEN } },
      }),
    ],
  },
  async ({ params, body, origin }, { sessions }) =>
    shownHeld(await sessions.heartbeat(params.id, { token: body.signed_token, nonce: body.nonce }, origin)),
);

export const borrowSeat = route(
  'POST /v1/licenses/borrow',
  {
    ...byToken,
    summary: 'Borrow a seat for longer work without the server',
    description:
      'The seat stays occupied until then, unless it is released. At most as long as the licence allows. It takes no Idempotency-Key: a repeated call only extends it.',
    body: namedObject('LicenseBorrow', {
      session_id: z.uuid().optional().describe('Not needed: the token names it too.'),
      signed_token: token,
      minutes: minutes.min(1),
      nonce,
    }),
    reply: { 200: heldReply },
    errors: [...over, ...suspended, 'offline_too_early', 'offline_too_long'],
  },
  async ({ body, origin }, { sessions }) => {
    const asked = { token: body.signed_token, minutes: body.minutes, nonce: body.nonce };
    const id = body.session_id ?? sessionIdIn(body.signed_token);
    return shownHeld(await sessions.borrow(id, asked, origin));
  },
);

export const releaseSeat = route(
  'POST /v1/licenses/release',
  {
    ...byToken,
    summary: 'Release a seat',
    description:
      'With all that it handed out for work without the server. Of a session that was taken over since, what that one was handed out is given up. 204 whatever the token says. It takes no Idempotency-Key: a repeated call changes nothing.',
    body: named,
    reply: { 204: z.undefined() },
  },
  async ({ body, origin }, { sessions }) => {
    await sessions.release(body.session_id ?? sessionIdIn(body.signed_token), body.signed_token, origin);
    return answer(204, undefined);
  },
);

export const deleteSession = route(
  'DELETE /v1/licenses/sessions/:id',
  {
    tag,
    summary: 'Release a seat by its session',
    description:
      'By the session’s token in the body, or signed in as the user who acquired it (owners and admins: any seat). 204 whether it was held or not.',
    auth: 'account_or_product_key',
    may: 'member',
    scope: 'coditect:use',
    productKey: ({ body }) => body?.signed_token,
    rate: flood,
    params: { id: 'text' },
    body: namedObject('LicenseRelease', { signed_token: token.optional() }).optional(),
    reply: { 204: z.undefined() },
    errors: ['token_invalid'],
  },
  async ({ accountId, caller, role, params, body, origin }, { sessions }) => {
    if (body?.signed_token !== undefined) await sessions.release(params.id, body.signed_token, origin);
    else if (caller !== undefined) await sessions.releaseAs({ accountId, caller, origin }, role, params.id);
    return answer(204, undefined);
  },
);

const reads = {
  tag,
  auth: 'account',
  onBehalf: true,
  scope: 'coditect:read',
  rate: { perMinute: 120, by: 'account' },
} as const;

export const listSessions = route(
  'GET /v1/licenses/:key/sessions',
  {
    ...reads,
    may: 'viewer',
    summary: 'List the sessions of a licence by its key or id',
    description: 'Newest first, with when each really ended and why.',
    params: { key: 'text' },
    query: z.strictObject(pageQuery),
    reply: { 200: pageOf(sessionReply) },
    errors: ['license_not_found'],
  },
  async ({ accountId, params, query, role }, { holders }) => {
    const { data, next_cursor } = await holders.history(accountId, params.key, query);
    const isManager = role === 'owner' || role === 'admin';
    return { data: data.map((row) => shownSession(row, isManager)), next_cursor };
  },
);

export const listSeats = route(
  'GET /v1/licenses/:id/seats',
  {
    ...reads,
    may: 'admin',
    summary: 'List the seats of a licence and their holders',
    reply: { 200: seatsReply },
    errors: ['license_not_found'],
  },
  async ({ accountId, params }, { holders }) => {
    const { max, holders: held } = await holders.ofLicense(accountId, params.id);
    return { max_seats: max, current_seats_used: held.length, seats: held.map(shownHolder) };
  },
);

export const forceRelease = route(
  'DELETE /v1/licenses/:id/seats/:machine',
  {
    ...reads,
    may: 'admin',
    scope: 'coditect:write',
    summary: 'End the seat of a machine',
    description:
      'Its program hears of it with its next heartbeat. What it was handed out for work without the server can’t be taken back: until that ends the seat stays occupied.',
    reply: {
      200: namedObject('LicenseSeatEnded', {
        machine_id: z.uuid(),
        occupied_until: z.iso.datetime().nullable().describe('null: it is free.'),
      }),
    },
    errors: ['license_not_found', 'session_not_found'],
  },
  async ({ accountId, caller, origin, params }, { holders }) => {
    const until = await holders.force({ accountId, caller, origin }, params.id, params.machine);
    return { machine_id: params.machine, occupied_until: until?.toISOString() ?? null };
  },
);
