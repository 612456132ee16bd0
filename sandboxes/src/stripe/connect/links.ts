import { invalidRequest, type Operation, type Operations } from '../operation.ts';
import { html, page as document } from '../pages/html.ts';
import { go, type Page, type PageAnswer, show } from '../pages/page.ts';
import { submitDetails } from '../world/connect/accounts.ts';
import { Form } from '../world/form.ts';
import { accountAt, type World } from '../world/index.ts';

/** A link to the page on which an account says what Stripe wants to know. */
export interface OnboardingLink {
  readonly account: string;
  readonly expiresAt: number;
  readonly returnUrl: string;
  readonly refreshUrl: string;
  isUsed: boolean;
}

/** Stripe's links are good for some minutes, and once. Seconds. */
const GOOD_FOR = 300;
/** So long it is still known where an old one leads. Seconds. */
const REMEMBERED = 86_400;

/** Links to onboarding, and their page: one click says everything. */
export class OnboardingLinks {
  readonly #world: World;
  readonly #links: Map<string, OnboardingLink>;

  constructor(world: World, links: readonly (readonly [string, OnboardingLink])[] = []) {
    this.#world = world;
    this.#links = new Map(links);
  }

  /** What is to be kept over a restart. */
  state(): readonly (readonly [string, OnboardingLink])[] {
    return [...this.#links];
  }

  readonly #create: Operation = ({ world, params }) => {
    const form = new Form(params);
    const account = accountAt(world, form.required('account'));
    form.required('type');
    if (form.choice('type', ['account_onboarding', 'account_update']) === 'account_update')
      throw invalidRequest('You cannot create `account_update` type Account Links for this account.', {
        param: 'type',
      });
    const [returnUrl, refreshUrl] = [urlOf(form, 'return_url'), urlOf(form, 'refresh_url')];
    form.part('collection_options')?.ignore('fields', 'future_requirements');
    form.choice('collect', ['currently_due', 'eventually_due']);
    form.done();
    for (const [old, { expiresAt }] of this.#links)
      if (expiresAt + REMEMBERED < world.now()) this.#links.delete(old);
    const token = world.token('link').slice('link_'.length);
    const expiresAt = world.now() + GOOD_FOR;
    this.#links.set(token, { account: account.id, expiresAt, returnUrl, refreshUrl, isUsed: false });
    return {
      object: 'account_link',
      created: world.now(),
      expires_at: expiresAt,
      url: `${world.pages}/setup/e/${account.id}/${token}`,
    };
  };

  readonly calls: Operations = { 'POST /v1/account_links': this.#create };

  readonly page: Page = ({ method, path, form }) => {
    const [, id, token] = /^\/setup\/e\/(\w+)\/(\w+)$/.exec(path) ?? [];
    if (id === undefined || token === undefined) return undefined;
    const link = this.#links.get(token);
    const account = this.#world.table('account').find(id);
    if (account === undefined || link?.account !== id)
      return show(document('Onboarding', html`<h1>No such page</h1>`), 404);
    if (link.isUsed || link.expiresAt <= this.#world.now()) return go(link.refreshUrl);
    if (method !== 'POST') return show(this.#shown(link));
    return this.#submitted(link, form.get('step') ?? '');
  };

  #submitted(link: OnboardingLink, step: string): PageAnswer {
    link.isUsed = true;
    const account = accountAt(this.#world, link.account);
    if (step === 'complete' || step === 'verify')
      submitDetails(this.#world, account, { later: step === 'verify' });
    return go(link.returnUrl);
  }

  #shown({ account: id }: OnboardingLink): string {
    const { email, country } = accountAt(this.#world, id);
    const { merchant } = this.#world.settings;
    return document(
      'Get paid',
      html`<h1>Get paid by ${merchant}</h1>
<p class="soft">${email ?? id}, ${country}</p>
<p>Here Stripe asks who you are and for your bank account.</p>
<form method="post" class="fields">
<button name="step" value="complete">Complete with test data</button>
<button name="step" value="verify" class="other">Complete, and let Stripe verify it later</button>
<button name="step" value="leave" class="other">Return without completing</button>
</form>`,
    );
  }
}

function urlOf(form: Form, name: string): string {
  const url = form.required(name);
  if (/^https?:/.test(url) && URL.canParse(url)) return url;
  throw invalidRequest('Not a valid URL', { code: 'url_invalid', param: name });
}
