import type { Patch } from './patch.ts';

const SQL = 'src/platform/limits/functions/seats.sql';
const SESSIONS = 'src/products/coditect/sessions/sessions.ts';
const STORE = 'src/products/coditect/sessions/store.ts';
const OFFLINE = 'src/platform/limits/seats.test.ts :: work without the server >' as const;
const HTTP = 'test/coditect/sessions/seats.test.ts :: a machine >' as const;

/** Seats that hand out work without the server, and the sessions of Coditect's licences. */
export const SEATS: readonly Patch[] = [
  {
    name: 'forced-seat-is-free-at-once',
    file: SQL,
    find: 'update limits.seats s set ended = p_why, ended_at = v_now, expires_at = greatest(v_now, s.offline_until), updated_at = v_now',
    replace:
      'update limits.seats s set ended = p_why, ended_at = v_now, expires_at = v_now, updated_at = v_now',
    expects: `${OFFLINE} is still owed when others end the seat, or the same machine takes it over and stops`,
  },
  {
    name: 'seat-kept-by-a-suspended-account',
    file: SQL,
    find: "a.account_id = r.account_id and a.status = 'active' and a.deleted_at is null)",
    replace: 'a.account_id = r.account_id)',
    expects:
      'test/coditect/sessions/seats.test.ts :: a seat > is no longer kept when the account is suspended, and taken anew when it is reinstated',
  },
  {
    name: 'take-over-forgets-what-is-owed',
    file: SQL,
    find: '(values (v_former.offline_until, v_former.fence),',
    replace: '(values (null::timestamptz, v_former.fence),',
    expects: `${OFFLINE} is still owed when others end the seat, or the same machine takes it over and stops`,
  },
  {
    name: 'offline-from-the-first-minute',
    file: SQL,
    find: "select greatest(p_seat.taken_at + interval '5 minutes', p_seat.owed_until)",
    replace: 'select greatest(p_seat.taken_at, p_seat.owed_until)',
    expects: `${OFFLINE} is handed out after five minutes with it, and not at all by a seat that hands out none`,
  },
  {
    name: 'two-leases-of-one-seat',
    file: SQL,
    find: "select greatest(p_seat.taken_at + interval '5 minutes', p_seat.owed_until)",
    replace: "select p_seat.taken_at + interval '5 minutes'",
    expects: `${OFFLINE} is handed out to one holder of a seat at a time: machines with one name that take it over from each other share one`,
  },
  {
    name: 'lease-of-a-former-holder-kept',
    file: SQL,
    find: 'p_fence in (s.fence, s.owed_fence)',
    replace: 'p_fence = s.fence',
    expects: `${OFFLINE} is still owed when others end the seat, or the same machine takes it over and stops`,
  },
  {
    name: 'session-lasts-as-long-as-what-is-owed',
    file: SQL,
    find: 'taken_at = v_now, expires_at = excluded.expires_at, updated_at',
    replace: 'taken_at = v_now, expires_at = greatest(excluded.expires_at, v_owed.until), updated_at',
    expects: `${OFFLINE} that is owed ends when it does, and the seat of whoever took it over when that one does`,
  },
  {
    name: 'smaller-plan-admits-more',
    file: SQL,
    find: 'if v_used >= v_max then',
    replace: 'if v_used = v_max then',
    expects:
      'test/coditect/sessions/seats.test.ts :: a seat > of a smaller plan: whoever works goes on, and nobody comes in until it fits',
  },
  {
    name: 'heartbeats-one-by-one',
    file: 'src/platform/limits/seat-renewals.ts',
    find: 'maxBatch: 200,',
    replace: 'maxBatch: 1,',
    expects:
      'src/platform/limits/seats.test.ts :: renewals that come together are committed together, of whichever accounts they are',
  },
  {
    name: 'token-answers-no-call',
    file: 'src/products/coditect/sessions/tokens.ts',
    find: '...(nonce === undefined ? {} : { nonce }),',
    replace: '',
    expects:
      'test/coditect/sessions/attacks.test.ts :: a token > says what it was asked for with, and so tells a new answer from an old one',
  },
  {
    name: 'machines-of-the-plan-for-more-seats',
    file: 'src/products/coditect/functions/heads.sql',
    find: 'if seats > 0 then machines := ceil(machines::numeric * seats / v_seats); end if;',
    replace: '',
    expects:
      'test/coditect/sessions/seats.test.ts :: a seat > is refused to a machine beyond those that the licence may be activated on',
  },
  {
    name: 'history-without-heartbeats',
    file: STORE,
    find: 'coalesce(t.renewed_at, s.last_heartbeat_at)',
    replace: 's.last_heartbeat_at',
    expects:
      'test/coditect/sessions/history.test.ts :: the history of a licence is what a checker computes that saw nothing but requests and answers',
  },
  {
    name: 'offline-lease-does-not-occupy',
    file: SQL,
    find: 'greatest(v_seat.expires_at, renew_seats.expires_at, v_lease), offline_until',
    replace: 'greatest(v_seat.expires_at, renew_seats.expires_at), offline_until',
    expects: `${OFFLINE} occupies the seat until it ends, and its holder may come back as long`,
  },
  {
    name: 'seat-renewed-without-a-plan',
    file: SQL,
    find: "if v_segment->>'plan' is null or coalesce((v_segment->'grants'->>r.name)::bigint, 0) < 1 then",
    replace: 'if false then',
    expects: `${OFFLINE} ends with the plan for whoever asks: the seat is suspended, and what was handed out is owed`,
  },
  {
    name: 'size-in-the-plans-place-ignored',
    file: SQL,
    find: 'v_max := coalesce(p_size, v_max);',
    replace: '',
    expects:
      'src/platform/limits/seats.test.ts :: a size in the plan’s place counts while the plan has seats',
  },
  {
    name: 'session-of-another-token',
    file: SESSIONS,
    find: "if (session.id !== id) throw new AppError('session_not_found');",
    replace: '',
    expects:
      'test/coditect/sessions/seats.test.ts :: a seat > says nothing to a token that is not ours, is of another session, or of another licence',
  },
  {
    name: 'borrowed-for-longer-than-the-licence-has',
    file: SESSIONS,
    find: 'if (asked.minutes > head.offlineMinutes)',
    replace: 'if (asked.minutes < 0)',
    expects: `${HTTP} borrows a seat for longer, as long as the licence has it and after five minutes`,
  },
  {
    name: 'session-runs-out-when-somebody-looks',
    file: STORE,
    find: 'when t.expires_at <= app.now() then t.expires_at end as ended_at',
    replace: 'when t.expires_at <= app.now() then app.now() end as ended_at',
    expects: `${HTTP} that slept for two hours has no seat, and whoever came meanwhile keeps theirs`,
  },
];
