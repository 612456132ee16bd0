import { precheck, SAID_SAFE, type SafetyFinding, type SafetyResult, supportFor } from '#platform/ai';
import { type Answer, answer, openEvents, type SafetySupport, wantsEvents, type Wire } from '#platform/http';
import { inTime, sha256 } from '#platform/kernel';
import type { Permit } from '#platform/limits';
import type { SpendingCall } from './admission.ts';
import { requestHash } from './input.ts';
import type { ServerParts } from './parts.ts';

/** Milliseconds that a product has to say where its user is. */
const LOCALE_TIME = 250;
/** How long a stream of stored text lasts at most, in milliseconds. */
const LONGEST_STREAM = 30_000;
const NOTHING_FOUND: SafetySupport = { safety: { status: 'ok', kinds: [] }, message: '', helplines: [] };

type PrecheckFinding = Pick<SafetyFinding, 'status' | 'kinds' | 'rules' | 'source'>;

/** The precheck's result for a call: nothing where its route has none. */
export interface PrecheckResult {
  readonly text: string;
  readonly result: SafetyResult;
  /** Why what was written earlier could not be looked at. */
  readonly failure?: unknown;
}

/**
 * Looks at what the user wrote, where the route asks for it. The request's own text is looked at without a remote call, so that nothing
 * that is away keeps it from an answer.
 */
export async function runPrecheck(call: SpendingCall, service: unknown): Promise<PrecheckResult | undefined> {
  const { route, input, context } = call;
  const { precheck: asked } = route.shape;
  if (asked === undefined) return undefined;
  const { accountId, caller } = context;
  const asking = { ...input, accountId, userId: caller?.userId };
  let failure: unknown;
  const readStored = async (): Promise<string> => {
    if (accountId === undefined) return '';
    try {
      return (await asked.stored?.(asking, service as never)) ?? '';
    } catch (error) {
      failure = error;
      return '';
    }
  };
  const text = [asked.text?.(input) ?? '', await readStored()].filter((part) => part !== '').join('\n');
  const result = precheck(text, { locale: acceptedLocale(call) });
  return { text, result: saysSafe(call) ? goingOn(result) : result, failure };
}

/** After a crisis users can say that they are safe, and go on: words and helplines then stand beside the answer. */
const SAFE_HEADER = 'x-i-am-safe';

function saysSafe({ inFlight }: SpendingCall): boolean {
  return inFlight.request.headers[SAFE_HEADER] === 'true';
}

/** Not where an attempt is under way, or a body is in danger: that is an emergency, even if the caller says that they are safe. */
function goingOn(result: SafetyResult): SafetyResult {
  const isEmergency = result.kinds.some((kind) => kind === 'attempt_now' || kind === 'medical_emergency');
  if (result.status !== 'crisis' || isEmergency) return result;
  return { ...result, status: 'caution', rules: [...result.rules, SAID_SAFE] };
}

/** Whether a crisis was found that is answered in place of the handler. */
export function isAnsweredInstead({ route }: SpendingCall, looked: PrecheckResult | undefined): boolean {
  return looked?.result.status === 'crisis' && route.shape.precheck?.crisis !== undefined;
}

/** Writes down what was found, when the database is there, and says the words for it. */
export async function supportOfCall(
  call: SpendingCall,
  looked: PrecheckResult | undefined,
  { service, parts }: { readonly service: unknown; readonly parts: ServerParts },
): Promise<SafetySupport> {
  if (looked === undefined || looked.result.status === 'ok') return NOTHING_FOUND;
  record(call, { ...looked.result, source: 'precheck' }, parts);
  return supportOf(call, looked.result, service);
}

/**
 * The second look, by a provider, at a text that the rules have passed. What it flags is answered in place of the handler: the
 * permit is given back, and a repeat gets the same answer. If the provider does not answer, the call goes on, and that is written down.
 */
export async function moderateText(
  call: SpendingCall,
  {
    looked,
    permit,
    service,
  }: { looked: PrecheckResult | undefined; permit: Permit | undefined; service: unknown },
  parts: ServerParts,
): Promise<SafetySupport | undefined> {
  const moderate = parts.safety?.moderate;
  const { text = '', result: passed } = looked ?? {};
  if (passed === undefined || moderate === undefined || text.trim() === '') return undefined;
  if (call.route.shape.precheck?.crisis === undefined) return undefined;
  const result = await moderate(text);
  if (result.outcome === 'passed') return undefined;
  if (result.outcome !== 'flagged') {
    const { status, kinds } = passed;
    record(
      call,
      { status, kinds, rules: [`moderation.${result.outcome}`], source: 'moderation_failed' },
      parts,
    );
    return undefined;
  }
  const isSafe = saysSafe(call);
  const rules = isSafe ? [...result.rules, SAID_SAFE] : result.rules;
  record(call, { ...result, rules, source: 'moderation' }, parts);
  if (isSafe) return undefined;
  const support = await supportOf(call, { ...result, language: passed.language }, service);
  if (permit !== undefined)
    await parts.safety?.findings?.refuse(permit, { status: 200, body: crisisBody(call, support) });
  return support;
}

/** Answers in place of the handler: as JSON, or as the events that the route makes of it, for who asked for a stream. */
export async function answerInstead(
  call: SpendingCall,
  support: SafetySupport,
  wire: Wire,
): Promise<Answer | undefined> {
  const { route, input, inFlight } = call;
  const toEvents = wantsEvents(wire) ? route.shape.precheck?.crisisEvents : undefined;
  const events = toEvents?.(support, input);
  if (events === undefined) return answer(200, crisisBody(call, support));
  const stream = openEvents(wire, { signal: inFlight.signal, longest: LONGEST_STREAM });
  try {
    for (const [at, event] of events.entries())
      if (!(await stream.send({ ...event, id: String(at + 1) }))) break;
  } finally {
    stream.end();
  }
  return undefined;
}

function crisisBody({ route, input }: SpendingCall, support: SafetySupport): unknown {
  return route.shape.precheck?.crisis?.(support, input);
}

/** Words and helplines for what was found, for where the caller is. */
async function supportOf(
  call: SpendingCall,
  { status, kinds, language }: Pick<SafetyResult, 'status' | 'kinds' | 'language'>,
  service: unknown,
): Promise<SafetySupport> {
  return supportFor({ status, kinds, language, locale: await localeOf(call, service) });
}

/** Without an account, because the database is away, it is counted and no more. */
function record(call: SpendingCall, found: PrecheckFinding, { safety, telemetry }: ServerParts): void {
  const { route, product, context, key, inFlight } = call;
  const { caller, accountId = caller?.accountId } = context;
  const { status, kinds, rules, source } = found;
  if (caller === undefined || accountId === undefined)
    return telemetry.metrics.safetyFinding(product, status, source);
  safety?.findings?.record({
    status,
    kinds,
    rules,
    source,
    product,
    route: route.name,
    requestId: inFlight.requestId,
    accountId,
    userId: caller.userId,
    repeatOf:
      key === undefined
        ? undefined
        : sha256(`${route.name} ${caller.keyId ?? ''} ${key} ${requestHash(inFlight.request)}`),
  });
}

const late = () => new Error('the locale is not known in time');

/** The user's place as the product knows it; the client's word, where it does not know or does not say it in time. */
async function localeOf(call: SpendingCall, service: unknown): Promise<string | undefined> {
  const { route, input, context } = call;
  const ask = route.shape.precheck?.locale;
  if (ask === undefined) return acceptedLocale(call);
  const asking = { ...input, userId: context.caller?.userId, accountId: context.accountId };
  const known = await inTime(LOCALE_TIME, async () => ask(asking, service as never), late).catch(
    () => undefined,
  );
  return known ?? acceptedLocale(call);
}

/** The first of Accept-Language that names a country: `en, de-AT` is a reader in Austria. Else the first. */
function acceptedLocale({ inFlight }: SpendingCall): string | undefined {
  const given = inFlight.request.headers['accept-language']?.slice(0, 200) ?? '';
  const tags = given.split(',').map((part) => part.split(';')[0]?.trim() ?? '');
  return tags.find((tag) => tag.includes('-')) ?? tags.find((tag) => tag !== '' && tag !== '*');
}
