import {
  assertExternalId,
  atLeast,
  type Caller,
  isForMembers,
  type Mounted,
  type ProductKey,
  type Role,
  type Route,
  type Spender,
  takesApiKeyHeader,
} from '#platform/http';
import type { ServedName } from '#platform/accounts';
import { allowsScope } from '#platform/identity';
import { type AccountId, AppError, INVALID_CREDENTIAL, isUuid, NO_ACCOUNT } from '#platform/kernel';
import type { CallRequest, InFlightRequest } from './in-flight.ts';
import type { Input } from './input.ts';
import type { ServerParts } from './parts.ts';

/** The caller, and the account of the call. */
export interface CallerContext {
  readonly caller: Caller | undefined;
  readonly accountId: AccountId | undefined;
  readonly role: Role | undefined;
  /** In whose name what the call spends is charged. */
  readonly spender: Spender | undefined;
  /** The product's answer for the secret of the call. */
  readonly productKey: ProductKey | undefined;
}

/** Whether the operator's backend calls for an account that is not its own. */
export function isOnBehalf({ caller, spender }: Pick<CallerContext, 'caller' | 'spender'>): boolean {
  return spender !== undefined && spender !== caller;
}

/** Whether a caller sees what model calls cost: an operator, also by a key; all, where the operator shows it. */
export function seesModelCost(
  caller: Pick<Caller, 'platformRole'> | undefined,
  { showModelCost = false }: Pick<ServerParts['settings'], 'showModelCost'>,
): boolean {
  return showModelCost || caller?.platformRole === 'admin';
}

/** The context of a route for anyone, and of a caller who can't be told. */
export const NOBODY: CallerContext = {
  caller: undefined,
  accountId: undefined,
  role: undefined,
  spender: undefined,
  productKey: undefined,
};
const TWO_CREDENTIALS =
  'Authorization and X-Api-Key are two different credentials here. Send one of them, or the same in both.';
const ARCHIVED = 'This account is archived. The service that made it can open it again.';
const BEARER = /^bearer +([\x21-\x7e]{1,4096})$/i;

/** Says who is calling and whether they may: unknown is 401, too little is 403, another's account is 404. */
export async function callerContextOf(
  route: Route,
  request: CallRequest,
  parts: ServerParts,
): Promise<CallerContext> {
  const { shape } = route;
  if (shape.auth === 'none' || isByProductKey(route, request)) return NOBODY;
  const { inFlight } = request;
  const credential = credentialOf(route, request);
  const caller = credential === undefined ? undefined : await parts.identify(credential, inFlight.ip);
  if (caller === undefined)
    throw new AppError('unauthenticated', credential === undefined ? {} : { message: INVALID_CREDENTIAL });
  inFlight.userId = caller.userId;
  inFlight.keyId = caller.keyId;
  const { scope = 'session' } = shape;
  if (!allowsScope(caller, scope)) throw lacksScope(scope);
  if (shape.auth === 'admin' && caller.platformRole !== 'admin') throw new AppError('forbidden');
  if (shape.keysOnly === true && caller.keyId === undefined)
    throw new AppError('forbidden', { message: 'This call is made by a program: send an API key.' });
  if (!isForMembers(route)) {
    // A backend that names a customer here would take the rows of all for theirs.
    if (request.headers['x-customer-id'] !== undefined) assertServes(route, caller);
    return { ...NOBODY, caller };
  }

  const served = servedNameOf(route, caller, request);
  if (typeof served === 'object') return contextOnBehalf(route, { caller, served, inFlight }, parts);
  const accountId = served;
  const role = await parts.roleOf(caller.userId, accountId);
  if (role === undefined) throw new AppError('not_found', { message: NO_ACCOUNT });
  inFlight.accountId = accountId;
  if (shape.may !== undefined && !atLeast(role, shape.may)) throw new AppError('forbidden');
  if (shape.holds !== undefined && shape.holds !== (await parts.kindOf?.(caller.userId, accountId))) {
    throw new AppError('wrong_account_kind', { details: { needed: shape.holds } });
  }
  // People and keys of an archived customer read, and settle what was under way, as the operator's backend does.
  const isRefused = route.method !== 'GET' && shape.onBehalf !== 'archived';
  if (isRefused && (await parts.isArchived?.(caller.userId, accountId)) === true)
    throw new AppError('customer_archived', { message: ARCHIVED });
  return { ...NOBODY, caller, accountId, role, spender: caller };
}

/**
 * The token or key of a call. A route that speaks another's protocol takes X-Api-Key and X-Goog-Api-Key as well, as Anthropic's and
 * Google's clients send them; on all others such a header is a proxy's, and is not read.
 */
function credentialOf(route: Route, { headers }: Pick<CallRequest, 'headers'>): string | undefined {
  const bearer = BEARER.exec(headers.authorization ?? '')?.[1];
  const keys = takesApiKeyHeader(route) ? [headers['x-api-key'], headers['x-goog-api-key']] : [];
  const [key, other = key] = keys.filter((one) => typeof one === 'string' && one !== '');
  if (key === undefined) return bearer;
  if (other !== key || (headers.authorization !== undefined && bearer !== key))
    throw new AppError('unauthenticated', { message: TWO_CREDENTIALS });
  return String(key);
}

/** Whether a call is made by a secret of the product: an Authorization header says something else where the route takes one. */
export function isByProductKey({ shape }: Route, request: Pick<CallRequest, 'headers'>): boolean {
  if (shape.auth === 'product_key') return true;
  return shape.auth === 'account_or_product_key' && request.headers.authorization === undefined;
}

/** Has the product find the account of a call's secret. A secret without one is 401, like a token that is not good. */
export async function productKeyContext(
  { name, shape }: Route,
  { service, resolveKey }: Mounted,
  { input, inFlight }: { readonly input: Input; readonly inFlight: InFlightRequest },
): Promise<CallerContext> {
  if (resolveKey === undefined) throw new Error(`${name}: resolveKey is not wired`);
  const secret = shape.productKey?.(input);
  const productKey = secret === undefined ? undefined : await resolveKey(service as never, secret, inFlight);
  if (productKey === undefined) throw new AppError('unauthenticated');
  inFlight.accountId = productKey.accountId;
  return { ...NOBODY, accountId: productKey.accountId, productKey };
}

/** The caller's account that a call is for, or the account or customer that an operator's backend makes it for. */
function servedNameOf(
  route: Route,
  caller: Caller,
  { headers }: Pick<CallRequest, 'headers'>,
): AccountId | ServedName {
  const { 'x-account-id': asked, 'x-customer-id': customer } = headers;
  if (customer !== undefined) {
    if (asked !== undefined || typeof customer !== 'string')
      throw new AppError('validation_failed', {
        message: 'Send either X-Customer-Id or X-Account-Id, once.',
      });
    // For its sender's own account it would be made in vain, and charged there.
    assertServes(route, caller);
    return { customer: assertExternalId(customer, 'header.X-Customer-Id') };
  }
  if (asked === undefined) return caller.accountId;
  if (typeof asked !== 'string' || !isUuid(asked)) throw new AppError('not_found', { message: NO_ACCOUNT });
  const account = asked.toLowerCase() as AccountId;
  if (account === caller.accountId || caller.keyId === undefined) return account;
  // A key is bound to its account; another one does not exist for it.
  if (route.shape.onBehalf === undefined || caller.platformRole !== 'admin')
    throw new AppError('not_found', { message: NO_ACCOUNT });
  // Permits were there before customers: keys that take them for accounts have no scope of these.
  if (route.shape.scope?.startsWith('permits:') !== true) assertServes(route, caller);
  return { account };
}

function lacksScope(scope: string): AppError {
  if (scope === 'session')
    return new AppError('forbidden', { message: 'People make this call in their session: no API key may.' });
  return new AppError('forbidden', {
    message: `This API key is not allowed to make this call: it lacks the scope ${scope}.`,
    details: { scopes: [scope] },
  });
}

/** Throws `forbidden` unless the operator's backend calls, by a key that may act for customers, where calls are made for them. */
function assertServes({ method, shape }: Route, caller: Caller): void {
  const scope = method === 'GET' ? 'customers:read' : 'customers:write';
  const isBackend = caller.platformRole === 'admin' && caller.keyId !== undefined;
  if (shape.onBehalf === undefined || !isBackend || !allowsScope(caller, scope))
    throw new AppError('forbidden', {
      message:
        shape.onBehalf === undefined
          ? 'This call is not made for a customer: leave X-Customer-Id out.'
          : `A call for a customer needs an API key of a platform admin with the scope ${scope}.`,
    });
}

async function contextOnBehalf(
  { shape }: Route,
  call: { readonly caller: Caller; readonly served: ServedName; readonly inFlight: InFlightRequest },
  parts: ServerParts,
): Promise<CallerContext> {
  const { caller, inFlight } = call;
  if (parts.servedAccount === undefined) throw new Error('servedAccount is not wired');
  const { accountId, userId, kind, isArchived } = await parts.servedAccount(call.served);
  if (isArchived && shape.onBehalf !== 'archived') throw new AppError('customer_archived');
  if (shape.holds !== undefined && shape.holds !== kind)
    throw new AppError('wrong_account_kind', { details: { needed: shape.holds } });
  inFlight.accountId = accountId;
  return { ...NOBODY, caller, accountId, role: 'owner', spender: { userId } };
}
