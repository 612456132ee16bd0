import type { Patch } from './patch.ts';

const BATCHES = 'src/platform/limits/functions/batches.sql';
const ALERTS = 'src/platform/limits/migrations/0001_limits.up.sql';
const ALERTING = 'src/platform/limits/alerts.test.ts ::';
const COURIER = 'src/platform/webhooks/delivery.ts';
const DELIVERY = 'test/webhooks/delivery.test.ts ::';
const ENDPOINTS = 'test/webhooks/endpoints.test.ts ::';
const TELLING = 'test/webhooks/telling.test.ts ::';

/** Alerts of limits, and webhooks. */
export const WEBHOOKS: readonly Patch[] = [
  {
    name: 'alert-with-every-call-above-the-line',
    file: ALERTS,
    find: '  primary key (account_id, scope, name, starts, size, threshold)',
    replace: '  primary key (account_id, scope, name, starts, size, threshold, used)',
    expects: `${ALERTING} a quota that fills up > crossed, left by a release and crossed again, alerts once`,
  },
  {
    name: 'alert-of-a-jump-forgotten',
    file: BATCHES,
    find: 'v_max[v_rule] * 4 and (v_taken[v_rule] * 5 < v_max[v_rule] * 4 or v_taken[v_rule] < v_max[v_rule] and v_reserve >= v_max[v_rule]) then',
    replace: 'v_max[v_rule] * 4 and v_taken[v_rule] * 5 < v_max[v_rule] * 4 then',
    expects: `${ALERTING} a quota that fills up > alerts at 80 and at 100 percent, with the call that crosses it, and at no other`,
  },
  {
    name: 'budget-alerts-when-it-is-reserved',
    file: 'src/platform/limits/functions/alerts.sql',
    find: 'limits.spent(a) as spent',
    replace: 'null::bigint as spent',
    expects: `${ALERTING} a budget > alerts when the money is spent, and not while it is only reserved`,
  },
  {
    name: 'overrun-alerts-nobody',
    file: 'src/platform/limits/functions/settlement.sql',
    find: 'if v_give < 0 then\n',
    replace: 'if false then\n',
    expects: `${ALERTING} a budget > alerts where a provider charges more than was reserved`,
  },
  {
    name: 'alert-mailed-to-nobody',
    file: 'src/platform/limits/alerts.ts',
    find: '    ...mails,\n    markTold(alert),',
    replace: '    markTold(alert),',
    expects: `${TELLING} a limit that fills up > is told by an event at 80 and at 100 percent, and by mail to those who manage the account, each once`,
  },
  {
    name: 'denial-told-each-time',
    file: 'src/platform/limits/denials.ts',
    find: 'const id = `${request.product} ${denial.limit} ${windowOf(denial, clock.now())}`;',
    replace: 'const id = `${request.product} ${denial.limit} ${clock.monotonic()}`;',
    expects: `${TELLING} a limit that is closed > is told once in its window, however often and in however many processes it is hammered at`,
  },
  {
    name: 'event-in-anothers-name',
    file: 'src/platform/webhooks/functions/webhooks.sql',
    find: "if coalesce(current_setting('app.account', true), '') not in ('', p_account::text)",
    replace: 'if false',
    expects: `${DELIVERY} an event > is told by an account’s transaction about that account alone`,
  },
  {
    name: 'redirect-taken-for-an-answer',
    file: COURIER,
    find: 'sent.status >= 200 && sent.status < 300',
    replace: 'sent.status >= 200 && sent.status < 400',
    expects: `${DELIVERY} an endpoint that does not take a message > fails with {"status":302,"headers":{"location":"http://169.254.169.254/","retry-after":"60"}}, and follows nothing`,
  },
  {
    name: 'address-looked-up-and-not-checked',
    file: 'src/platform/webhooks/address.ts',
    find: '        for (const { address } of found) check(address);\n',
    replace: '',
    expects: 'src/platform/webhooks/send.test.ts :: a message > is not sent to 169.254.169.254 in production',
  },
  {
    name: 'first-address-checked-alone',
    file: 'src/platform/webhooks/address.ts',
    find: '        for (const { address } of found) check(address);\n',
    replace: '        check(first.address);\n',
    expects:
      'src/platform/webhooks/address.test.ts :: an endpoint in production > one forbidden address among its addresses refuses them all',
  },
  {
    name: 'former-secret-signs-for-ever',
    file: 'src/platform/webhooks/attempt-store.ts',
    find: 'case when p.former_until > app.now() then p.former_secret end',
    replace: 'p.former_secret',
    expects: `${ENDPOINTS} a secret that is rotated > signs beside the new one while they overlap, and not after`,
  },
  {
    name: 'attempt-without-a-fence',
    file: 'src/platform/webhooks/attempt-store.ts',
    find: "where id = $1 and fence = $2 and state = 'sending' for update",
    replace: 'where id = $1 and $2::integer > 0 for update',
    expects: `${TELLING} a process that dies between an answer and its note of it > writes nothing when it comes back late: another job has the delivery by then`,
  },
  {
    name: 'gone-is-tried-again',
    file: COURIER,
    find: "const isGone = sent.kind === 'answered' && sent.status === GONE;",
    replace: 'const isGone = false;',
    expects: `${ENDPOINTS} an endpoint that is no more > says so by 410, and is disabled at once; nothing is lost that a replay could not bring`,
  },
  {
    name: 'one-success-forgiven-never',
    file: 'src/platform/webhooks/attempt-store.ts',
    find: 'case when $2 then null else coalesce(failing_since, app.now()) end\n',
    replace: 'coalesce(failing_since, app.now())\n',
    expects: `${ENDPOINTS} an endpoint that is no more > is not disabled where one delivery in five days got through`,
  },
];
