import type { Accounts } from '#platform/accounts';
import { actorOf, type Audit, type RequestOrigin } from '#platform/audit';
import type { Brands } from '#platform/brands';
import type { Billing, BillingAdmin, ReturnAddresses, Subscriptions, TopUps } from '#platform/billing';
import { commitPoint } from '#platform/db';
import { type Entitlements, isRunning } from '#platform/entitlements';
import { answer, atLeast, type Caller, type HtmlPage, type Spender } from '#platform/http';
import type { Idempotency } from '#platform/idempotency';
import { allowsScope, type Identity } from '#platform/identity';
import { type AccountId, AppError, type Ids, invalidInput, isUuid } from '#platform/kernel';
import type { Limits } from '#platform/limits';
import { type BrandPreviewRequest, previewBrand } from './brand-preview.ts';
import { changePage, readAgreed, withdrawalPage } from './change-page.ts';
import { goToPage, plansPage, portalPage } from './pages.ts';
import { createPortalSessions, PORTAL, type PortalSession, type SessionsParts } from './sessions.ts';
import { readTopUp } from './top-ups.ts';

const OPENED = commitPoint('portal.opened', 'the link of a portal was followed, and its line of the audit');
const [MOST_INVOICES, MOST_SHOWN] = [12, 100];

export interface PortalLinkRequest {
  readonly accountId: AccountId;
  readonly caller: Caller;
  readonly spender: Spender;
  readonly customer: string | undefined;
  readonly product: string | undefined;
  readonly returnUrl: string;
}

/** A form of the portal, as its page has written it. */
export interface PortalForm {
  readonly token: string;
  readonly action: 'pay' | 'plan' | 'top_up' | 'end_top_up' | 'revoke' | 'withdraw';
  readonly plan?: string | undefined;
  readonly cycle?: 'monthly' | 'yearly' | undefined;
  readonly quantity?: string | undefined;
  readonly agreed?: string | undefined;
  readonly add_on?: string | undefined;
  readonly threshold?: string | undefined;
  readonly packs?: string | undefined;
  readonly limit?: string | undefined;
  readonly key?: string | undefined;
}

interface PortalRequest {
  readonly cookies: string | undefined;
  readonly origin: RequestOrigin;
}

export type Portal = ReturnType<typeof createPortal>;

export interface PortalParts extends SessionsParts {
  readonly ids: Ids;
  readonly audit: Audit;
  readonly idempotency: Pick<Idempotency, 'once'>;
  readonly accounts: Pick<Accounts, 'customers' | 'members' | 'roleOf' | 'servedAccount'>;
  readonly identity: Pick<Identity, 'keys'>;
  readonly entitlements: Pick<Entitlements, 'catalogues'>;
  readonly limits: Pick<Limits, 'usage'>;
  readonly billing: Pick<Billing, 'entitlements' | 'priceList' | 'pricePage'>;
  readonly brands: Pick<Brands, 'draftOf'>;
  readonly subscriptions: Subscriptions;
  readonly topUps: Pick<TopUps, 'list' | 'set' | 'withdraw'>;
  readonly billingAdmin: Pick<BillingAdmin, 'withdraw' | 'withdrawalOffer'>;
  readonly returns: Pick<ReturnAddresses, 'assertCustomer'>;
}

/** A visit whose session holds: what it may do is done in the name of its user, and for its account. */
interface Visit extends PortalSession {
  readonly formToken: string;
  readonly visitor: Parameters<Subscriptions['portal']>[0];
  readonly kind: 'personal' | 'organization';
  readonly role: 'admin' | 'owner';
}

/** Pages for customers, which a link opens that their app makes for them. All of it is what other calls answer and do. */
export function createPortal(parts: PortalParts) {
  const { accounts } = parts;
  const sessions = createPortalSessions(parts);

  /** Throws where the customer is gone or archived, or the user does not act for the account any more. */
  async function admit(session: PortalSession, { origin }: Pick<PortalRequest, 'origin'>) {
    const { accountId, userId, customer } = session;
    const served = await accounts.servedAccount(customer === null ? { account: accountId } : { customer });
    const details = { product: session.product };
    if (served.isArchived) throw new AppError('customer_archived', { details });
    const role = await accounts.roleOf(userId, accountId);
    // An id that was erased may be another customer's by now.
    if (served.accountId !== accountId || role === undefined || !atLeast(role, 'admin'))
      throw new AppError('portal_closed', { details });
    const caller: Caller = { userId, accountId, platformRole: 'user', scopes: ['*'] };
    return { kind: served.kind, role: role as Visit['role'], visitor: { accountId, caller, origin } };
  }

  async function visit({ cookies, origin }: PortalRequest): Promise<Visit> {
    const { session, formToken } = sessions.read(cookies);
    return { ...session, formToken, ...(await admit(session, { origin })) };
  }

  return {
    /** Where the customer of the account is let in, once, within five minutes. */
    link(request: PortalLinkRequest) {
      const { accountId, caller, spender, customer = null, returnUrl } = request;
      // A visit sees and does more than billing: the account's own key must be one that may do so.
      if (spender === caller && !allowsScope(caller, '*')) throw new AppError('forbidden');
      parts.returns.assertCustomer({ return_url: returnUrl });
      const product = request.product ?? onlyProduct(parts);
      parts.billing.priceList(product);
      const id = parts.ids.next();
      return sessions.link({
        accountId,
        userId: spender.userId,
        customer,
        product,
        returnUrl,
        id,
      });
    },
    /** Follows a link; answers the cookie that keeps its session. */
    async open(token: string, origin: RequestOrigin): Promise<string> {
      const session = sessions.readLink(token);
      const { accountId, userId, id } = session;
      await admit(session, { origin });
      const call = { route: `GET ${PORTAL}/open`, by: { userId }, key: id, bodyHash: id };
      const followed = await parts.idempotency
        .once({ ...call, scope: { account: accountId }, private: false, secrets: [] }, OPENED, async (tx) => {
          const actor = actorOf({ userId });
          await parts.audit.recordIn(tx, { action: 'portal.entered', actor, accountId, origin });
          return answer(200, {});
        })
        .catch((error: unknown) => {
          if (error instanceof AppError && error.code === 'idempotency_in_progress') return undefined;
          throw error;
        });
      if (followed === undefined || followed.headers !== undefined)
        throw new AppError('portal_link_over', { details: { product: session.product } });
      return sessions.cookieFor(session);
    },
    /** Pages and mails in a brand that is not stored, for platform admins. */
    previewBrand: (product: string, request: BrandPreviewRequest) => previewBrand(parts, product, request),
    async show(request: PortalRequest): Promise<HtmlPage> {
      const at = await visit(request);
      return portalPage({ ...at, ...(await readHoldings(parts, at)) });
    },
    async showPlans(request: PortalRequest): Promise<HtmlPage> {
      const at = await visit(request);
      const held = await entitlementOf(parts, at);
      const { subscription } = await subscriptionsOf(parts, at);
      return plansPage({ ...at, held, subscription, prices: parts.billing.priceList(at.product) });
    },
    /** Does what a form asks. Answers the page that it leads to; undefined: the portal itself. */
    async submit(request: PortalRequest & { readonly from: string | undefined }, form: PortalForm) {
      const at = await visit(request);
      sessions.assertOwnForm(request.from, [at.formToken, form.token]);
      if (form.action === 'pay') {
        const back = `${parts.reachedAt()}${PORTAL}`;
        return goToPage(at, await parts.subscriptions.portal(at.visitor, back));
      }
      if (form.action === 'plan') return choosePlan(parts, at, form);
      if (form.action === 'top_up') return agreeToTopUp(parts, at, form);
      if (form.action === 'end_top_up') {
        await parts.topUps.withdraw(at.visitor, { product: at.product, limit: form.limit ?? '' });
        return undefined;
      }
      if (form.action === 'withdraw') return withdraw(parts, at, form);
      const key = form.key ?? '';
      if (!isUuid(key)) throw new AppError('not_found');
      await parts.identity.keys.revoke({ ...at.visitor, role: at.role }, key, request.origin);
      return undefined;
    },
  };
}

function onlyProduct({ entitlements }: Pick<PortalParts, 'entitlements'>): string {
  const [only, ...others] = [...entitlements.catalogues.values()].filter(isRunning);
  if (only === undefined || others.length > 0)
    throw invalidInput('body.product', 'Several products run here: name one.');
  return only.product;
}

async function entitlementOf({ billing }: PortalParts, { accountId, product }: Visit) {
  const [held] = (await billing.entitlements(accountId)).filter((one) => one.product === product);
  if (held === undefined) throw new AppError('not_found', { message: 'There is no such product.' });
  return held;
}

async function subscriptionsOf(parts: PortalParts, { accountId, product }: Visit) {
  const page = { limit: MOST_SHOWN, before: undefined };
  const { data: subscriptions } = await parts.subscriptions.list(accountId, page);
  const subscription = subscriptions.find((one) => one.product === product && one.ended_at === null);
  return { subscriptions, subscription };
}

/** Asks once more, with what goes back; then it is done. */
async function withdraw(
  { billingAdmin }: PortalParts,
  at: Visit,
  form: PortalForm,
): Promise<HtmlPage | undefined> {
  if (form.agreed === undefined)
    return withdrawalPage({ ...at, offer: await billingAdmin.withdrawalOffer(at.accountId, at.product) });
  await billingAdmin.withdraw(at.visitor, at.product);
  return undefined;
}

/** undefined: it was not bought here, or the provider is away and the rest of the page is shown. */
async function offerOf(
  { billingAdmin }: PortalParts,
  { accountId, product }: Visit,
  store: string | undefined,
) {
  if (store !== 'stripe') return undefined;
  return billingAdmin.withdrawalOffer(accountId, product).catch((error: unknown) => {
    if (error instanceof AppError) return undefined;
    throw error;
  });
}

/** All that the portal shows of the account. */
async function readHoldings(parts: PortalParts, at: Visit) {
  const { accountId, product } = at;
  const held = await entitlementOf(parts, at);
  const limits = await parts.limits.usage(accountId);
  const { subscription, subscriptions } = await subscriptionsOf(parts, at);
  const { data: invoices } = await parts.subscriptions.invoices(accountId, {
    limit: MOST_SHOWN,
    before: undefined,
  });
  const isOfProduct = (one: { readonly product: string }) => one.product === product;
  return {
    held,
    limits: limits.filter(isOfProduct),
    prices: parts.billing.priceList(product),
    subscription,
    withdrawal: await offerOf(parts, at, subscription?.store),
    topUps: await parts.topUps.list(accountId),
    invoices: invoices.filter(({ lines }) => lines.some(isOfProduct)).slice(0, MOST_INVOICES),
    hasPaid: invoices.length > 0 || subscriptions.some(({ store }) => store === 'stripe'),
    members: await membersOf(parts, at),
    keys: await keysOf(parts, at),
  };
}

/** The owner that the backend's customer is made with is no person, and not among them. */
async function membersOf({ accounts }: PortalParts, at: Visit) {
  if (at.kind === 'personal') return [];
  const page = { after: undefined, limit: MOST_SHOWN };
  if (at.customer !== null) {
    const { data } = await accounts.customers.members.list(at.customer, page);
    return data.map(({ name, email, external_user_id: id, role }) => ({ name: name ?? email ?? id, role }));
  }
  const { data } = await accounts.members.list({ ...at.visitor, organization: at.accountId }, page);
  return data.map(({ full_name: name, email, role }) => ({ name: name ?? email ?? 'Member', role }));
}

async function keysOf({ identity }: PortalParts, at: Visit) {
  const { data } = await identity.keys.list(
    { ...at.visitor, role: at.role },
    { after: undefined, limit: MOST_SHOWN },
  );
  return data;
}

/** A checkout for who pays nothing yet; else the price of the change, and with that agreed, the change. */
async function choosePlan(parts: PortalParts, at: Visit, form: PortalForm): Promise<HtmlPage | undefined> {
  const { subscriptions, reachedAt, billing } = parts;
  const { visitor, product } = at;
  const { plan = '', cycle = 'monthly', quantity: seats, agreed } = form;
  const order = { product, plan, cycle, ...(seats === undefined ? {} : { quantity: seatsIn(seats) }) };
  if (agreed !== undefined) {
    const { confirmation } = await subscriptions.change(visitor, { ...order, ...readAgreed(agreed) });
    return confirmation === null ? undefined : goToPage(at, confirmation.confirm_url);
  }
  const sold = billing.priceList(product).data.find(({ id }) => id === plan);
  if (sold !== undefined) {
    const home = `${reachedAt()}${PORTAL}`;
    const pages = { success_url: home, cancel_url: `${home}?view=plans` };
    const bought = await subscriptions
      .checkout(visitor, { quantity: 1, ...order, ...pages })
      .catch(undefinedIfSubscribed);
    if (bought !== undefined) return goToPage(at, bought.url);
  }
  const preview = await subscriptions.preview(at.accountId, order);
  const name = sold?.name ?? (await entitlementOf(parts, at)).plan_name ?? plan;
  return changePage({ ...at, ...order, name, preview });
}

function undefinedIfSubscribed(error: unknown): undefined {
  if (!(error instanceof AppError) || error.code !== 'already_subscribed') throw error;
}

async function agreeToTopUp({ topUps }: PortalParts, at: Visit, form: PortalForm): Promise<undefined> {
  try {
    await topUps.set(at.visitor, readTopUp(at.product, form));
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'card_missing') throw error;
    const message =
      'No card is saved for your account. Add one under “Manage payment or cancel”, then agree again.';
    throw new AppError('card_missing', { message, details: { product: at.product } });
  }
}

const MOST_SEATS = 10_000;

function seatsIn(text: string): number {
  const seats = Number(text);
  if (Number.isInteger(seats) && seats >= 1 && seats <= MOST_SEATS) return seats;
  throw invalidInput('body.quantity', `Seats are a whole number from 1 to ${MOST_SEATS}.`);
}
